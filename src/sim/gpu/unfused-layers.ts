import { type BatchShape, type CostModel, createBatchShape, type OperatorTime } from './cost.ts';
import type { DeviceProfile } from './device.ts';
import { padToInterval } from './graph-padding.ts';
import { attentionFlopsPerPair, kvBytesPerToken, type ModelSpec } from './model.ts';
import { chunkThroughputUs } from './operators.ts';

/** How continuous batching of Hugging Face transformers runs a model. */
export interface UnfusedLayers {
  /** Whether steps with prompts, and decode steps, are captured as CUDA graphs (`use_cuda_graph`); else kernels are launched one by one. */
  readonly capturesMixed: boolean;
  readonly capturesDecode: boolean;
  /** `kv_padding_interval_size`: entries of the cache to which captured steps with prompts round up what they read. */
  readonly kvPadding: number;
  /** Longest context of the decode path, which reads blocks where they are; 0 = there is no such path. */
  readonly decodePathTokens: number;
  /** Entries of the whole cache, as many as a step reads at most. */
  readonly kvTokens: number;
  /** Whether the host prepares a step while the device computes the one before (`use_async_batching`). */
  readonly overlapsHost: boolean;
  /** Whether requests arrive while it runs, from a thread of the same interpreter. Left out: they do not. */
  readonly besideClient?: boolean;
}

/**
 * What transformers 5.17 adds to a step of fused layers: more kernels a layer, activations that pass through memory for
 * each of them, the cache gathered for steps with prompts, and a host that prepares every step in Python. Fitted by
 * `node tools/fit-transformers.mjs` to the iterations of `all_at_once` (`fixtures/recorded/transformers`), one H200 and a
 * virtual machine whose host launches kernels slowly; all other recorded runs are predictions, but for `eagerLayerUs` and
 * `hostUsBesideClient`.
 */
export const transformersStack = {
  /** Kernels of a layer beyond the fused ones, in a captured decode step: their time without any row. About 37 nodes of 1.9 us. */
  decodeLayerUs: 70.3,
  /** More of it with rows, half of it at four, in a layer 4,096 wide; in others in proportion to the width. */
  decodeRowsUs: 45,
  /** The same kernels and those that gather the cache, in a step with prompts. */
  mixedLayerUs: 131,
  /** More of it for each prompt and for each decode: blocks of the attention kernel that have little or nothing to do. */
  mixedUsPerPrompt: 4.18,
  mixedUsPerDecode: 0.44,
  /** Times that an activation is read or written beyond the fused kernels: norms in float32, rotation, activation in pieces. */
  passes: 4.79,
  /** The host, every step: the loop, the scheduler, the launch of a graph, outputs. */
  hostUs: 256,
  /** For each sequence: its block table, its token. */
  hostUsPerSequence: 37.2,
  /** More of it while a client's thread wants the interpreter's lock too. From `poisson_50pct`, the only run with such a client. */
  hostUsBesideClient: 193,
  /** A step with prompts: lists of token ids and of places in the cache. */
  hostMixedUs: 399,
  hostUsPerPromptToken: 0.614,
  hostUsPerCachedToken: 0.0116,
  /** Launches of one layer without graphs, about 49 kernels. From `all_at_once_eager`, the only run that shows it. */
  eagerLayerUs: 963,
} as const;

export type StackConstants = Readonly<Record<keyof typeof transformersStack, number>>;

/** Rows of queries of a block of FlashAttention-2; a decode in a step with prompts fills one of them. */
const TILE_ROWS = 128;
const HALF_ROWS = 4;

/**
 * Time of a step of `inner`, whose layers are fused, with unfused ones. Decode attention splits contexts by the rows of the
 * captured graph, padding included. Decodes beside prompts are computed by the kernel of the prompts, each as a whole tile of
 * queries over its context.
 */
export function withUnfusedLayers(
  inner: CostModel,
  model: ModelSpec,
  device: DeviceProfile,
  how: UnfusedLayers,
  stack: StackConstants = transformersStack,
): CostModel {
  const { layers, hidden, heads, kvHeads, headDim, intermediate } = model;
  const { elementwise, prefillAttention } = device.operators;
  const memoryBytesPerUs = elementwise.memoryBytesPerS * 1e-6;
  const width = 2 * hidden + (heads + kvHeads) * headDim + intermediate;
  const passUsPerRow = (layers * stack.passes * width * model.weightElementBytes) / memoryBytesPerUs;
  const kvUsPerToken = kvBytesPerToken(model) / memoryBytesPerUs;
  const launchUs = layers * stack.eagerLayerUs;

  // Reused, so that a step allocates nothing.
  const part = createBatchShape(0);
  const tiles = { pairs: 0, queries: 0 };

  function promptsOf(shape: BatchShape): BatchShape {
    Object.assign(part, shape);
    part.decodes = 0;
    part.decodeContextSum = 0;
    part.decodeContextMax = 0;
    return part;
  }

  function paddedDecodesOf(shape: BatchShape): BatchShape {
    Object.assign(part, shape);
    part.decodes = shape.tokens - shape.chunkCount;
    return part;
  }

  function tileUs(shape: BatchShape): number {
    tiles.pairs = TILE_ROWS * shape.decodeContextSum;
    tiles.queries = TILE_ROWS * shape.decodes;
    return layers * chunkThroughputUs(prefillAttention, tiles, heads, headDim);
  }

  /** Reads what is cached and writes as much as a graph was captured for. */
  function gatherUs(cached: number): number {
    const written = how.capturesMixed ? padToInterval(cached, how.kvPadding, how.kvTokens) : cached;
    return (cached + written) * kvUsPerToken;
  }

  function kernelsUs(shape: BatchShape, isDecode: boolean): number {
    if (!isDecode) {
      const sequencesUs = stack.mixedUsPerPrompt * shape.chunkCount + stack.mixedUsPerDecode * shape.decodes;
      return layers * (stack.mixedLayerUs + sequencesUs) + shape.tokens * passUsPerRow;
    }
    const rowsUs = stack.decodeRowsUs * (hidden / 4096);
    return layers * (stack.decodeLayerUs + (rowsUs * shape.tokens) / (shape.tokens + HALF_ROWS));
  }

  function deviceUs(shape: BatchShape): number {
    const isDecode = isDecodeStep(shape, how.decodePathTokens);
    const us = isDecode
      ? inner.stepUs(paddedDecodesOf(shape))
      : inner.stepUs(promptsOf(shape)) + tileUs(shape) + gatherUs(cachedTokens(shape));
    const allUs = us + kernelsUs(shape, isDecode);
    return (isDecode ? how.capturesDecode : how.capturesMixed) ? allUs : Math.max(allUs, launchUs);
  }

  function hostUs(shape: BatchShape): number {
    const loopUs = stack.hostUs + (how.besideClient === true ? stack.hostUsBesideClient : 0);
    const us = loopUs + stack.hostUsPerSequence * (shape.decodes + shape.chunkCount);
    if (isDecodeStep(shape, how.decodePathTokens)) return us;
    let promptTokens = 0;
    for (let i = 0; i < shape.chunkCount; i++) promptTokens += shape.chunkNew[i];
    const cachedUs = stack.hostUsPerCachedToken * cachedTokens(shape);
    return us + stack.hostMixedUs + stack.hostUsPerPromptToken * promptTokens + cachedUs;
  }

  return {
    ...inner,
    stepUs(shape) {
      const onDeviceUs = deviceUs(shape);
      const onHostUs = hostUs(shape);
      return Math.max(1, Math.round(how.overlapsHost ? Math.max(onDeviceUs, onHostUs) : onDeviceUs + onHostUs));
    },
    explain(shape) {
      const isDecode = isDecodeStep(shape, how.decodePathTokens);
      const parts: OperatorTime[] = inner.explain(isDecode ? paddedDecodesOf(shape) : promptsOf(shape)).map((part) => {
        // Most of the kernels that a fused layer has not are norms and rotation.
        if (part.operator === 'norm-rope') return { ...part, us: part.us + kernelsUs(shape, isDecode) };
        return part;
      });
      if (!isDecode && shape.decodes > 0)
        parts.push({
          operator: 'attention-decode',
          us: tileUs(shape),
          limit: 'compute',
          flops: shape.decodeContextSum * attentionFlopsPerPair(model),
          bytes: shape.decodeContextSum * kvBytesPerToken(model),
        });
      if (!isDecode) {
        const us = gatherUs(cachedTokens(shape));
        parts.push({ operator: 'kv-copy', us, limit: 'bandwidth', flops: 0, bytes: us * memoryBytesPerUs });
      }
      const sum = parts.reduce((us, part) => us + part.us, 0);
      const waits = Math.max(0, this.stepUs(shape) - sum);
      return [
        ...parts.filter((part) => part.operator !== 'overhead'),
        { operator: 'overhead', us: waits, limit: 'host', flops: 0, bytes: 0 },
      ];
    },
  };
}

/** Whether every sequence computes one token and none is too long for the decode path. */
function isDecodeStep(shape: BatchShape, most: number): boolean {
  if (shape.decodeContextMax > most) return false;
  for (let i = 0; i < shape.chunkCount; i++) if (shape.chunkNew[i] > 1 || shape.chunkCached[i] >= most) return false;
  return most > 0;
}

/** Tokens of all sequences whose keys and values a step finds in the cache. */
function cachedTokens(shape: BatchShape): number {
  let cached = shape.decodeContextSum - shape.decodes;
  for (let i = 0; i < shape.chunkCount; i++) cached += shape.chunkCached[i];
  return cached;
}
