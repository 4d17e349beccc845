/** Batch shapes for tests, from who is in the batch. */

import { type BatchShape, createBatchShape } from './cost.ts';

/** A step as a person would write it down. */
export interface StepSketch {
  /** Context of each decode, its new token included. */
  readonly contexts: readonly number[];
  /** New and cached tokens of each prefill chunk. */
  readonly chunks: readonly (readonly [fresh: number, cached: number])[];
}

/** The shape of a step in which every decode and every chunk samples one row. */
export function shapeOf({ contexts, chunks }: StepSketch): BatchShape {
  const shape = createBatchShape(chunks.length);
  shape.decodes = contexts.length;
  shape.tokens = contexts.length;
  shape.samples = contexts.length + chunks.length;
  for (const context of contexts) {
    shape.decodeContextSum += context;
    shape.decodeContextMax = Math.max(shape.decodeContextMax, context);
  }
  for (const [fresh, cached] of chunks) {
    shape.chunkNew[shape.chunkCount] = fresh;
    shape.chunkCached[shape.chunkCount] = cached;
    shape.chunkCount++;
    shape.tokens += fresh;
  }
  return shape;
}

export function decodesOf(contexts: readonly number[]): BatchShape {
  return shapeOf({ contexts, chunks: [] });
}

export function prefillOf(chunks: StepSketch['chunks']): BatchShape {
  return shapeOf({ contexts: [], chunks });
}
