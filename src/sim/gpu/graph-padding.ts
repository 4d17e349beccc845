/**
 * Steps captured as CUDA graphs. A graph is captured for some numbers of tokens; a step runs in the next larger one, and
 * what it has no tokens for is computed for nothing. Above the largest a step runs as it is.
 */

/** Numbers of tokens for which vLLM captures graphs, up to `most` (`_set_cudagraph_sizes` in `vllm/config/vllm.py`). */
export function captureSizes(most: number): number[] {
  const sizes = [1, 2, 4].filter((size) => size <= most);
  for (let size = 8; size < 256 && size <= most; size += 8) sizes.push(size);
  for (let size = 256; size <= most; size += 16) sizes.push(size);
  return sizes;
}

/** The largest that vLLM asks for unless it is told: twice the seats, at most 512 and at most the token budget. */
export function usualLargestGraph(seats: number, tokenBudget: number): number {
  return Math.min(2 * seats, 512, tokenBudget);
}

/** Tokens that a step runs with, by tokens that it has, up to the largest captured number. `sizes` ascend. */
export function graphTokens(sizes: readonly number[]): Int32Array {
  const tokens = new Int32Array(1 + (sizes.at(-1) ?? 0));
  let next = 0;
  for (let has = 1; has < tokens.length; has++) {
    if (has > sizes[next]) next++;
    tokens[has] = sizes[next];
  }
  return tokens;
}

/** Transformers' steps with prompts: the smallest multiple of `interval` that is no less than `size` and no less than one interval, `most` at most. */
export function padToInterval(size: number, interval: number, most: number): number {
  return Math.min(most, Math.max(1, Math.ceil(size / interval)) * interval);
}

/** Transformers' decode steps: the smallest power of two that is no less than `size`, `most` at most. */
export function padToPowerOfTwo(size: number, most: number): number {
  let padded = 1;
  while (padded < size) padded *= 2;
  return Math.min(padded, most);
}
