import {
  type BatchShape,
  type CostModel,
  clearShape,
  createBatchShape,
  type OperatorName,
  type OperatorTime,
} from './cost.ts';

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
    let { decodes, drafts } = shape;
    let ends = shape.samples - shape.decodes - shape.drafts;
    let chunk = 0;
    let done = 0;
    let isFirst = true;
    do {
      clearShape(part);
      part.copy = shape.copy;
      takeDecodes(part, shape, decodes, drafts, tokens);
      decodes -= part.decodes;
      drafts -= part.drafts;
      while (chunk < shape.chunkCount && part.tokens < tokens) {
        const fresh = Math.min(shape.chunkNew[chunk] - done, tokens - part.tokens);
        addChunk(part, fresh, shape.chunkCached[chunk] + done);
        done += fresh;
        if (done < shape.chunkNew[chunk]) break;
        // All chunks but the last are the ends of their prompts.
        if (ends > 0) {
          part.samples++;
          ends--;
        }
        chunk++;
        done = 0;
      }
      if (isFirst) {
        part.imageWindows = shape.imageWindows;
        part.audioWindows = shape.audioWindows;
        isFirst = false;
      }
      if (decodes === 0 && drafts === 0 && chunk === shape.chunkCount) takeDrafters(part, shape);
      visit(part);
    } while (decodes > 0 || drafts > 0 || chunk < shape.chunkCount);
  }

  return {
    stepUs: (shape) => sumOf(shape, (each) => inner.stepUs(each)),

    flops: (shape) => inner.flops(shape),

    ...(inner.bytes === undefined ? {} : { bytes: (shape) => sumOf(shape, (each) => inner.bytes?.(each) ?? 0) }),
    ...(inner.communicationUs === undefined
      ? {}
      : { communicationUs: (shape) => sumOf(shape, (each) => inner.communicationUs?.(each) ?? 0) }),

    explain(shape) {
      const times = new Map<OperatorName, OperatorTime>();
      forEach(shape, (each) => {
        for (const time of inner.explain(each)) {
          const before = times.get(time.operator);
          times.set(time.operator, before === undefined ? time : joined(before, time));
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

/** An operator in several micro-batches; the longest of them says what it waits for. */
function joined(before: OperatorTime, time: OperatorTime): OperatorTime {
  return {
    operator: time.operator,
    us: before.us + time.us,
    limit: time.us > before.us ? time.limit : before.limit,
    flops: before.flops + time.flops,
    bytes: before.bytes + time.bytes,
  };
}

/** Decodes and drafts of a micro-batch. Which contexts are in it is not known: each has its share of their sum. */
function takeDecodes(part: BatchShape, shape: BatchShape, decodes: number, drafts: number, most: number): void {
  if (decodes + drafts === 0) return;
  part.decodes = Math.min(decodes, most);
  part.drafts = Math.min(drafts, most - part.decodes);
  part.decodeContextSum = (shape.decodeContextSum * part.decodes) / shape.decodes;
  part.decodeContextMax = shape.decodeContextMax;
  if (part.drafts > 0) part.draftPairs = (shape.draftPairs * part.drafts) / shape.drafts;
  part.tokens = part.decodes + part.drafts;
  part.samples = part.tokens;
}

/** Drafts are made once, after the last micro-batch. */
function takeDrafters(part: BatchShape, shape: BatchShape): void {
  part.drafters = shape.drafters;
  part.drafterContextSum = shape.drafterContextSum;
  part.drafterContextMax = shape.drafterContextMax;
}

function addChunk(part: BatchShape, newTokens: number, cachedTokens: number): void {
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
