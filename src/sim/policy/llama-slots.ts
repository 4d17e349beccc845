import type { LlamaMemory } from '../memory/llama-cells.ts';
import { commonTokens, type TokenSpan } from '../memory/token-span.ts';

/** A slot for a request that waits. */
export interface SlotChoice {
  /** -1 = all are busy. */
  readonly slot: number;
  /** Whether its tokens are to be saved first, and better ones to be looked for: most of them would be lost. */
  readonly mayReplace: boolean;
}

/** Share of its tokens that a slot must keep not to be saved first. */
const WELL_KEPT = 0.5;

/**
 * The idle slot for a prompt: the one that holds most of its beginning, if that is more than `similarity` of the prompt;
 * else the one that was used longest ago, and of unused ones the last.
 * Source: `get_available_slot` in llama.cpp's tools/server/server-context.cpp (master of 2026-05-01).
 * @param lastUsed when each slot was released last, in any increasing unit; -1 = never
 */
export function chooseSlot(
  memory: LlamaMemory,
  lastUsed: readonly number[],
  prompt: TokenSpan,
  similarity: number,
): SlotChoice {
  let best = -1;
  let bestCommon = 0;
  let oldest = -1;
  for (let slot = 0; slot < lastUsed.length; slot++) {
    if (memory.requestOf(slot) >= 0) continue;
    if (oldest < 0 || lastUsed[slot] <= lastUsed[oldest]) oldest = slot;
    if (similarity === 0) continue;
    const common = commonTokens(memory.cachedOf(slot), prompt);
    if (common <= bestCommon || common / prompt.length <= similarity) continue;
    best = slot;
    bestCommon = common;
  }
  if (best < 0) return { slot: oldest, mayReplace: oldest >= 0 };
  return { slot: best, mayReplace: bestCommon / memory.cachedOf(best).length < WELL_KEPT };
}
