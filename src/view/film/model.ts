/** One step at a glance, small enough to stand beside others: the KV pool and what the step computes. */

import { BlockState, type Frame } from '../../protocol/frame.ts';
import { type KvModel, kvModel } from '../kv/model.ts';

export interface FilmModel {
  readonly pool: KvModel;
  readonly usedBlocks: number;
  readonly prefillTokens: number;
  readonly decodeTokens: number;
  readonly running: number;
  readonly waiting: number;
  /** Tokens that a full bar stands for: the largest step of the strip, or the budget. */
  readonly fullTokens: number;
  readonly budget: number;
}

/** The frames of a strip on one scale. Frames that are not there yet are null. */
export function filmModels(frames: readonly (Frame | null)[], budget: number): readonly (FilmModel | null)[] {
  const totals = frames.map((frame) => (frame === null ? 0 : tokensOf(frame).prefill + tokensOf(frame).decode));
  const largest = Math.max(1, ...totals);
  // The budget is the scale unless it is far out of reach.
  const fullTokens = budget > 0 && budget <= largest * 8 ? Math.max(budget, largest) : largest;
  return frames.map((frame) => {
    if (frame === null) return null;
    const pool = kvModel(frame, { selected: -1, hovered: -1, bytesPerToken: 0 });
    const { prefill, decode } = tokensOf(frame);
    return {
      pool,
      usedBlocks: pool.count - pool.stateCounts[BlockState.free] - pool.stateCounts[BlockState.cached],
      prefillTokens: prefill,
      decodeTokens: decode,
      running: frame.running.count,
      waiting: frame.queue.count,
      fullTokens,
      budget,
    };
  });
}

function tokensOf({ window }: Frame) {
  const last = window.count - 1;
  return last < 0
    ? { prefill: 0, decode: 0 }
    : { prefill: window.prefillTokens[last], decode: window.decodeTokens[last] };
}
