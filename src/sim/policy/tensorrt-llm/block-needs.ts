/**
 * How many KV blocks a request will take: TensorRT-LLM's arithmetic (KVCacheManager in kvCacheManager.cpp, main of 2026),
 * for one beam and with full attention. A request that came back after a pause counts all that it computed then as its
 * prompt, and may get so many tokens less. Draft tokens count for the next step, not for what is set aside to the end.
 */

/** Blocks for all that a request may still become, less those that it holds and those that it will share. */
export function blocksToCompletion(
  blockSize: number,
  promptTokens: number,
  maxNewTokens: number,
  heldBlocks: number,
  sharedBlocks: number,
): number {
  return Math.ceil((promptTokens + maxNewTokens) / blockSize) - heldBlocks - sharedBlocks;
}

/** Blocks for a whole prompt and its drafts, however little of it the first chunk computes, less those that it will share. */
export function blocksForPrompt(
  blockSize: number,
  promptTokens: number,
  draftTokens: number,
  sharedBlocks: number,
): number {
  return Math.ceil((promptTokens + draftTokens) / blockSize) - sharedBlocks;
}

/**
 * Blocks that decoding takes in the next `steps` steps with so many drafts each: there are places for `tokens` tokens, and
 * at most `left` more will come.
 */
export function blocksForSteps(
  blockSize: number,
  tokens: number,
  steps: number,
  draftTokens: number,
  left: number,
): number {
  return Math.ceil((tokens + Math.min(steps * (draftTokens + 1), left)) / blockSize) - Math.ceil(tokens / blockSize);
}
