/**
 * G: context parallelism (vLLM, `--prefill-context-parallel-size`): ranks that hold the same layers divide the tokens of
 * every prompt, and keys and values of all sequences, among them.
 *
 * Prompts are cut so that all ranks have as many query-key pairs (each gets a piece from the front and one from the back).
 * A layer gathers the keys and values of a prompt from all ranks before it attends. Decodes are computed by all, each over
 * its part of the context; what they find is put together.
 */

import { collectiveUs, messageTime } from './collectives.ts';
import { type BatchShape, type CostModel, clearShape, createBatchShape } from './cost.ts';
import { contextRanksPerHost, type ParallelLayout } from './layout.ts';
import { kvBytesPerToken, type ModelSpec } from './model.ts';
import type { Topology } from './topology.ts';

/** Puts what one of `ranks` has of a step into `into`. */
export function contextPart(shape: BatchShape, ranks: number, into: BatchShape): void {
  clearShape(into);
  if (into.chunkNew.length < shape.chunkCount) {
    into.chunkNew = new Int32Array(2 * shape.chunkCount);
    into.chunkCached = new Int32Array(2 * shape.chunkCount);
  }
  let left = shape.tokens;
  let own = 0;
  for (let i = 0; i < shape.chunkCount; i++) {
    const fresh = Math.ceil(shape.chunkNew[i] / ranks);
    left -= shape.chunkNew[i];
    own += fresh;
    into.chunkNew[i] = fresh;
    // A piece of its own in the middle of the prompt has as many pairs as one from the front and one from the back.
    into.chunkCached[i] = shape.chunkCached[i] + Math.floor((shape.chunkNew[i] - fresh) / 2);
  }
  into.chunkCount = shape.chunkCount;
  into.tokens = own + left;
  into.samples = shape.samples;
  into.decodes = shape.decodes;
  into.decodeContextSum = Math.ceil(shape.decodeContextSum / ranks);
  into.decodeContextMax = Math.ceil(shape.decodeContextMax / ranks);
  into.imageWindows = shape.imageWindows;
  into.audioWindows = shape.audioWindows;
  into.copy = shape.copy;
}

/**
 * `inner` on one of `layout.context` ranks, with the messages between them. `rank`: what one device holds. Operations and
 * bytes are those of its part.
 */
export function contextParallel(
  inner: CostModel,
  rank: ModelSpec,
  layout: ParallelLayout,
  topology: Topology | null,
): CostModel {
  const { tensor, context } = layout;
  if (context === 1) return inner;
  if (topology === null) throw new Error('several ranks need a link');
  const part = createBatchShape(64);
  const partOf = (shape: BatchShape): BatchShape => {
    contextPart(shape, context, part);
    return part;
  };
  const perHost = contextRanksPerHost(topology, layout);
  // As many such groups as there are tensor ranks gather at once.
  const gatherUs = (bytes: number): number =>
    rank.layers * collectiveUs(topology, 'all-gather', context, perHost, bytes, tensor);
  /** @param share of the bytes: 0 = when the first byte is there */
  const messageUs = (shape: BatchShape, share = 1): number => {
    let keys = 0;
    for (let i = 0; i < shape.chunkCount; i++) keys += shape.chunkNew[i] + shape.chunkCached[i];
    const kvBytes = (keys * kvBytesPerToken(rank)) / rank.layers;
    // Each rank's output of every head, to be weighted by all.
    const found = context * shape.decodes * rank.heads * rank.headDim * rank.weightElementBytes;
    return (kvBytes === 0 ? 0 : gatherUs(share * kvBytes)) + (found === 0 ? 0 : gatherUs(share * found));
  };
  return {
    ...inner,
    stepUs: (shape) => Math.max(1, Math.round(inner.stepUs(partOf(shape)) + messageUs(shape))),
    flops: (shape) => inner.flops(partOf(shape)),
    bytes: (shape) => inner.bytes?.(partOf(shape)) ?? 0,
    communicationUs: (shape) => (inner.communicationUs?.(partOf(shape)) ?? 0) + messageUs(shape),
    explain(shape) {
      const times = [...inner.explain(partOf(shape))];
      // Before the host's time, which comes last.
      times.splice(times.length - 1, 0, messageTime('all-gather', messageUs(shape), messageUs(shape, 0)));
      return times;
    },
  };
}
