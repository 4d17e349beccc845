/** M's size: how many KV blocks fit beside the weights, as vLLM works it out when it starts. */

import type { DeviceProfile } from './device.ts';
import { expertLayers, upProjections } from './layer-products.ts';
import { kvBytesPerToken, type ModelSpec, weightBytes } from './model.ts';

/** What the engine is told, under vLLM's names in camel case. */
export interface MemorySettings {
  /** Tokens of a block. */
  readonly blockSize: number;
  readonly kvShare: KvShare;
  /** `max-num-batched-tokens`: the profiling run computes that many. */
  readonly maxTokens: number;
  /** `max-num-seqs`: the profiling run samples that many rows. */
  readonly maxSequences: number;
  /** What else takes device memory: a drafter, encoders, a second copy of the weights, a score matrix. Left out: 0. */
  readonly besideBytes?: number;
  /** Keys and values of a token that a drafter keeps in the same blocks. Left out: 0. */
  readonly besideKvBytesPerToken?: number;
  /** Logits of a row; left out: the model's vocabulary. A rank of several holds its part of the matrix, and whole rows of logits. */
  readonly logits?: number;
}

/** What KV may take: a share (0 to 1) of the whole memory less weights and reserve, or of what those leave, less spare bytes. */
export interface KvShare {
  readonly of: 'total' | 'free';
  readonly share: number;
  readonly spareBytes?: number;
  /** The share leaves room for activations beside it: they are no part of the reserve. */
  readonly besideActivations?: boolean;
  /** The share leaves room for so much of what stands beside the model. Left out: 0. */
  readonly besideShareBytes?: number;
}

export interface KvCapacity {
  /** Whole blocks that fit; 0 if nothing is left. vLLM keeps one of them (the null block) for itself. */
  readonly blocks: number;
  readonly blockBytes: number;
  /** Bytes for keys and values before rounding to blocks; negative by what is missing if the weights do not fit. */
  readonly poolBytes: number;
  readonly weightBytes: number;
  /** What weights and all else may take together. */
  readonly allowedBytes: number;
  /** Set aside for the runtime, activations and sampling, and taken by what stands beside the model. */
  readonly reservedBytes: number;
}

/**
 * Device memory outside the allocator of tensors: driver context, libraries, captured graphs.
 *
 * Chosen so that Llama-3.1-8B on a 24 GB RTX 4090 gets the 2,588 blocks that vLLM 0.19.0 reports at utilisation 0.9,
 * 2,048 tokens and 256 sequences (run published with LLMServingSim, commit 5daddb2). One run, so other set-ups may
 * differ by some hundred megabytes.
 */
const RUNTIME_BYTES = 400_000_000;

/**
 * Bytes of a logit at the height of sampling: the bfloat16 logit (2), its float32 copy (4), sorted values (4) and
 * their 64-bit places (8) for top-p, which vLLM's profiling run uses.
 */
const SAMPLING_BYTES_PER_LOGIT = 18;

/** Highest use of memory by activations and sampling, in a step of `maxTokens` tokens with `maxSequences` samples. */
export function activationBytes(
  model: ModelSpec,
  maxTokens: number,
  maxSequences: number,
  logits = model.vocabulary,
): number {
  const row = Math.max(feedForwardElements(model), latentElements(model)) * model.weightElementBytes;
  const samples = Math.min(maxSequences, maxTokens);
  return maxTokens * row + samples * logits * SAMPLING_BYTES_PER_LOGIT;
}

/** Elements of a token that are alive together in the feed-forward layer: residual, input, output and one norm, and what is between. */
function feedForwardElements(model: ModelSpec): number {
  const { layers, hidden, intermediate, experts } = model;
  const sparse = expertLayers(model);
  // Gate and up, and their product.
  const dense = sparse === layers ? 0 : (upProjections(model) + 1) * intermediate;
  if (experts === undefined) return dense + 4 * hidden;
  // Of each expert that a token meets; the experts' outputs take the place of gate and up (vLLM, `fused_experts_impl`).
  const { perToken, intermediate: width } = experts;
  const routed = perToken * (Math.max(upProjections(model) * width, hidden) + width);
  return Math.max(dense, sparse > 0 ? routed : 0) + 4 * hidden;
}

/** Elements of a token that attention makes out of latents: query, key, value and output of every head, beside residual and input. */
function latentElements({ hidden, heads, latent }: ModelSpec): number {
  if (latent === undefined) return 0;
  const { nopeDim, ropeDim, valueDim } = latent;
  return heads * (2 * (nopeDim + ropeDim) + 2 * valueDim) + 2 * hidden;
}

/**
 * The pool of a pipeline: of the stage with the fewest blocks, since all have as many (`get_kv_cache_configs` in vLLM's
 * `v1/core/kv_cache_utils.py`). `settingsOf` one stage.
 */
export function leastCapacity(
  stages: readonly ModelSpec[],
  device: DeviceProfile,
  settingsOf: (stage: ModelSpec) => MemorySettings,
): KvCapacity & { readonly stage: ModelSpec } {
  const [first, ...others] = stages.map((stage) => ({ ...kvCapacity(stage, device, settingsOf(stage)), stage }));
  return others.reduce(
    (least, other) => (other.poolBytes / other.blockBytes < least.poolBytes / least.blockBytes ? other : least),
    first,
  );
}

/** Memory that is left for keys and values: `memory * share - weights - reserve`, or `(memory - weights - reserve) * share`. */
export function kvCapacity(model: ModelSpec, device: DeviceProfile, settings: MemorySettings): KvCapacity {
  const { of, share, spareBytes = 0, besideActivations = false, besideShareBytes = 0 } = settings.kvShare;
  const { besideBytes = 0, besideKvBytesPerToken = 0 } = settings;
  const weights = weightBytes(model);
  const activations = activationBytes(model, settings.maxTokens, settings.maxSequences, settings.logits);
  const beside = Math.max(0, besideBytes - besideShareBytes);
  const reservedBytes = RUNTIME_BYTES + (besideActivations ? 0 : activations) + beside;
  const allowedBytes = of === 'total' ? Math.floor(device.memoryBytes * share) : device.memoryBytes;
  const leftBytes = allowedBytes - weights - reservedBytes;
  const poolBytes = (of === 'total' ? leftBytes : Math.floor(leftBytes * share)) - spareBytes;
  const blockBytes = settings.blockSize * (kvBytesPerToken(model) + besideKvBytesPerToken);
  const blocks = Math.max(0, Math.floor(poolBytes / blockBytes));
  return { blocks, blockBytes, poolBytes, weightBytes: weights, allowedBytes, reservedBytes };
}
