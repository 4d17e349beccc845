/** What text-generation-launcher works out for itself before TGI starts (`launcher/src/main.rs`, commit db931fcf). */

import { activationBytes } from '../../sim/gpu/kv-capacity.ts';
import { kvBytesPerToken, type ModelSpec, weightBytes } from '../../sim/gpu/model.ts';

/** Its table of half-precision rates, operations a second; by our names of devices. Others are unknown to it. */
const launcherFlops: Readonly<Record<string, number>> = {
  h200: 989e12,
  h100: 900e12,
  'a100-80': 312e12,
  'a100-40': 312e12,
  'rtx-4090': 82e12,
  a10g: 125e12,
  l4: 121e12,
};

/** Where neither the card nor the model helps. */
const FALLBACK_TOKENS = 4096;
/** An estimate below this is taken for an error. */
const LEAST_TOKENS = 100;

/** Operations for one token, by the launcher's formula: projections, as many again for attention, and the feed-forward layer. */
export function launcherFlopsPerToken({ layers, hidden, intermediate, heads, kvHeads, headDim }: ModelSpec): number {
  const attention = 2 * hidden * headDim * (3 * heads + 2 * kvHeads);
  const feedForward = 2 * 3 * hidden * intermediate;
  return layers * (attention + feedForward);
}

/**
 * `--max-batch-prefill-tokens` as the launcher sets it: as many tokens as the card computes in a second, but no more than
 * the model knows positions, nor than fit beside the weights. (How exactly it estimates the latter was not read; here a
 * token takes its keys and values and its widest activations.)
 * @param memoryBytes of one card, as far as it may be used
 */
export function defaultPrefillTokens(model: ModelSpec, device: string, ranks: number, memoryBytes: number): number {
  const flops = Object.hasOwn(launcherFlops, device) ? ranks * launcherFlops[device] : 0;
  const computed = Math.floor(flops / launcherFlopsPerToken(model));
  const wanted = computed > LEAST_TOKENS ? computed : FALLBACK_TOKENS;
  const tokenBytes = kvBytesPerToken(model) + activationBytes(model, 1, 0);
  const fitting = Math.floor((ranks * memoryBytes - weightBytes(model)) / tokenBytes);
  return Math.max(1, Math.min(wanted, model.maxPosition, fitting));
}

/** Kernels of attention, by the block size they need. */
export const attentionBlockSizes = { flashinfer: 1, flashdecoding: 256, paged: 16 } as const;
export type TgiAttention = keyof typeof attentionBlockSizes;

/** Cards before the Ampere generation run neither of the first two. */
const oldCards: readonly string[] = ['v100'];

/** The attention kernel that the launcher chooses, and whether it caches prefixes with it. */
export function resolveAttention(
  model: ModelSpec | undefined,
  device: string,
  asked: string,
): { readonly attention: TgiAttention; readonly caches: boolean } {
  const isOld = oldCards.includes(device);
  const isKnownHead = model === undefined || [64, 128, 256].includes(model.headDim);
  const usual = isOld ? 'paged' : isKnownHead ? 'flashinfer' : 'flashdecoding';
  const attention = isAttention(asked) ? asked : usual;
  return { attention, caches: isKnownHead && attention !== 'paged' };
}

function isAttention(name: string): name is TgiAttention {
  return Object.hasOwn(attentionBlockSizes, name);
}
