import { type BatchShape, type CostModel, createBatchShape, type OperatorName, type OperatorTime } from './cost.ts';

/**
 * A cost model for an engine that computes a batch in micro-batches of at most `tokens` tokens, one after the other, as
 * llama.cpp does (`--ubatch-size`): each of them reads all weights. In a batch decodes come first, then chunks; one that
 * does not fit is divided. A batch that fits costs what it costs undivided. 0 = no batch is divided.
 */
export function microBatched(inner: CostModel, tokens: number): CostModel {
  if (tokens === 0) return inner;
  const part = createBatchShape(64);

  /** Calls `visit` with each micro-batch; the shape it gets is reused. */
  function forEach(shape: BatchShape, visit: (part: BatchShape) => void): void {
    if (shape.tokens <= tokens) {
      visit(shape);
      return;
    }
    let decodes = shape.decodes;
    let samples = shape.samples - shape.decodes;
    let chunk = 0;
    let done = 0;
    while (decodes > 0 || chunk < shape.chunkCount) {
      clear(part);
      part.decodes = Math.min(decodes, tokens);
      // Which contexts are in it is not known: equal shares.
      part.decodeContextSum = (shape.decodeContextSum * part.decodes) / Math.max(1, shape.decodes);
      part.decodeContextMax = part.decodes > 0 ? shape.decodeContextMax : 0;
      part.tokens = part.decodes;
      part.samples = part.decodes;
      decodes -= part.decodes;
      while (chunk < shape.chunkCount && part.tokens < tokens) {
        const fresh = Math.min(shape.chunkNew[chunk] - done, tokens - part.tokens);
        add(part, fresh, shape.chunkCached[chunk] + done);
        done += fresh;
        if (done < shape.chunkNew[chunk]) break;
        // All chunks but the last are the ends of their prompts.
        if (samples > 0) {
          part.samples++;
          samples--;
        }
        chunk++;
        done = 0;
      }
      // More rows than chunks: drafts, whose rows are all sampled.
      if (chunk === shape.chunkCount) part.samples += samples;
      visit(part);
    }
  }

  return {
    stepUs(shape) {
      let us = 0;
      forEach(shape, (each) => {
        us += inner.stepUs(each);
      });
      return us;
    },

    flops: (shape) => inner.flops(shape),

    ...(inner.bytes === undefined ? {} : { bytes: (shape) => sumOf(shape, (each) => inner.bytes?.(each) ?? 0) }),

    explain(shape) {
      const times = new Map<OperatorName, OperatorTime>();
      forEach(shape, (each) => {
        for (const time of inner.explain(each)) {
          const before = times.get(time.operator);
          times.set(time.operator, before === undefined ? time : { ...before, us: before.us + time.us });
        }
      });
      return [...times.values()];
    },
  };

  function sumOf(shape: BatchShape, value: (part: BatchShape) => number): number {
    let sum = 0;
    forEach(shape, (each) => {
      sum += value(each);
    });
    return sum;
  }
}

function clear(part: BatchShape): void {
  part.tokens = 0;
  part.samples = 0;
  part.decodes = 0;
  part.decodeContextSum = 0;
  part.decodeContextMax = 0;
  part.chunkCount = 0;
}

function add(part: BatchShape, newTokens: number, cachedTokens: number): void {
  if (part.chunkCount === part.chunkNew.length) {
    part.chunkNew = doubled(part.chunkNew);
    part.chunkCached = doubled(part.chunkCached);
  }
  part.chunkNew[part.chunkCount] = newTokens;
  part.chunkCached[part.chunkCount] = cachedTokens;
  part.chunkCount++;
  part.tokens += newTokens;
}

function doubled(column: Int32Array): Int32Array {
  const longer = new Int32Array(2 * column.length);
  longer.set(column);
  return longer;
}
