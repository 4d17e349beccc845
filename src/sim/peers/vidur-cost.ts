import type { BatchShape, CostModel } from '../gpu/cost.ts';

/** Times of one model on one device in the form in which Vidur's predictions are given: milliseconds a transformer layer. */
export interface VidurTimes {
  readonly layers: number;
  /** Everything but attention, for 8, 16, 24 ... tokens of the step. */
  readonly tokensMs: readonly number[];
  /** c0 + c1 * sequences + c2 * sequences * mean context. */
  readonly decode: readonly [number, number, number];
  /** c0 + c1 * S + c2 * S^2 + c3 * S * cached + c4 * cached, S = new tokens. */
  readonly prefill: readonly [number, number, number, number, number];
}

/**
 * The execution-time rules of Vidur (Agrawal et al., MLSys 2024; microsoft/vidur): tokens rounded up to 8, contexts to 64,
 * several prefills of a step merged into one of S = round(sqrt(sum of S^2)), no embedding, LM head, sampling or host time.
 * For comparing schedulers under one cost model; our own model is in `gpu/`.
 */
export function createVidurCost(times: VidurTimes): CostModel {
  const { layers, tokensMs, decode, prefill } = times;
  const roundUp = (value: number, to: number) => Math.ceil(value / to) * to;

  function attentionMs(shape: BatchShape): number {
    let ms = 0;
    if (shape.decodes > 0) {
      const context = roundUp(shape.decodeContextSum / shape.decodes, 64);
      ms += decode[0] + decode[1] * shape.decodes + decode[2] * shape.decodes * context;
    }
    if (shape.chunkCount > 0) {
      let squares = 0;
      let cached = 0;
      for (let i = 0; i < shape.chunkCount; i++) {
        squares += shape.chunkNew[i] * shape.chunkNew[i];
        cached += shape.chunkCached[i];
      }
      const size = Math.round(Math.sqrt(squares));
      cached = roundUp(cached, 64);
      ms +=
        prefill[0] + prefill[1] * size + prefill[2] * size * size + prefill[3] * size * cached + prefill[4] * cached;
    }
    return ms;
  }

  return {
    stepUs(shape) {
      const index = Math.ceil(shape.tokens / 8) - 1;
      if (index >= tokensMs.length) throw new Error(`no time for a step of ${shape.tokens} tokens`);
      return Math.max(1, Math.round(1000 * layers * (tokensMs[Math.max(0, index)] + attentionMs(shape))));
    },
    flops: () => 0,
    explain: () => [],
  };
}
