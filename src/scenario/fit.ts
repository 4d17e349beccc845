/**
 * Which models fit on a device, in which precision, and what is missing where one does not. What stands beside the model (a
 * drafter, encoders, a second copy of the weights) is not counted: building the scenario counts it.
 */

import type { DeviceProfile } from '../sim/gpu/device.ts';
import { leastCapacity } from '../sim/gpu/kv-capacity.ts';
import { canLayOut, logitsOf, rankModels } from '../sim/gpu/layout.ts';
import { type ModelId, type ModelSpec, models, parameters } from '../sim/gpu/model.ts';
import { heldPrecision, type Precision, precisions, quantised } from '../sim/gpu/precision.ts';
import { engineOf } from './engines/engines.ts';
import type { Knobs } from './knobs.ts';
import { layoutOf } from './phases/layout.ts';
import { precisionOf } from './phases/precision.ts';
import { withValue } from './value.ts';

/** The shortest context that is of use: a question and its answer. A model for which not even one fits does not fit. */
export const LEAST_CONTEXT_TOKENS = 512;

export interface Fit {
  /** Of one of the scenario's devices. */
  readonly weightBytes: number;
  /** Left for keys and values: negative by what the weights and all else exceed the memory. */
  readonly poolBytes: number;
  /** Tokens whose keys and values fit. */
  readonly tokens: number;
  /** What is missing for the weights and one context; 0 = it fits. */
  readonly missingBytes: number;
}

/** How a model fits into the scenario on a device; null where it cannot be divided among as many devices as the scenario has. */
export function fitOf(knobs: Knobs, model: ModelSpec, device: DeviceProfile): Fit | null {
  const entry = engineOf(knobs.engine);
  if (entry === undefined) return null;
  const layout = layoutOf(knobs, entry);
  if (!canLayOut(model, layout)) return null;
  const { weights, kv } = precisionOf(knobs);
  const stages = rankModels(quantised(model, weights, kv), layout);
  const { name, memoryBytes } = device;
  const wanted = entry.limits(knobs, { name, memoryBytes, maxPosition: model.maxPosition });
  const maxTokens = wanted.wholePrompts ? Math.max(wanted.tokenBudget, LEAST_CONTEXT_TOKENS) : wanted.tokenBudget;
  const capacity = leastCapacity(stages, device, (rank) => ({
    blockSize: wanted.blockSize,
    kvShare: wanted.kvShare,
    maxTokens,
    maxSequences: Math.min(wanted.seats, maxTokens),
    logits: logitsOf(rank, model),
  }));
  // Block 0 is never handed out.
  const leastBlocks = 1 + Math.ceil(LEAST_CONTEXT_TOKENS / wanted.blockSize);
  return {
    weightBytes: capacity.weightBytes,
    poolBytes: capacity.poolBytes,
    tokens: Math.max(0, capacity.blocks - 1) * wanted.blockSize,
    missingBytes: Math.max(0, leastBlocks * capacity.blockBytes - capacity.poolBytes),
  };
}

/** How a model fits with its weights in one of the precisions. */
export function fitIn(knobs: Knobs, model: ModelSpec, device: DeviceProfile, weights: Precision): Fit | null {
  return fitOf(withValue(knobs, 'weight-precision', weights), model, device);
}

/** What to say of a model in a list: fits as the scenario has it, fits only in fewer bits, or how much is missing even so. */
export type Fitting =
  | { readonly kind: 'fits' }
  | { readonly kind: 'fits-in'; readonly weights: Precision }
  | { readonly kind: 'missing'; readonly bytes: number }
  | { readonly kind: 'cannot-be-split' };

export function fittingOf(knobs: Knobs, model: ModelSpec, device: DeviceProfile): Fitting {
  const now = fitOf(knobs, model, device);
  if (now === null) return { kind: 'cannot-be-split' };
  if (now.missingBytes === 0) return { kind: 'fits' };
  let least = now.missingBytes;
  for (const weights of precisions) {
    const fit = fitIn(knobs, model, device, weights);
    if (fit?.missingBytes === 0) return { kind: 'fits-in', weights };
    if (fit !== null) least = Math.min(least, fit.missingBytes);
  }
  return { kind: 'missing', bytes: least };
}

/**
 * The scenario on a device, with a model that fits there: its own if that fits, in fewer bits if only so, else the largest
 * built-in one that does, in as many bits as possible. Null where none does.
 */
export function withFittingModel(knobs: Knobs, model: ModelSpec, device: DeviceProfile): Knobs | null {
  const own = fittingOf(knobs, model, device);
  if (own.kind === 'fits') return knobs;
  if (own.kind === 'fits-in') return withValue(knobs, 'weight-precision', own.weights);
  const bySize = (Object.keys(models) as ModelId[]).sort((a, b) => parameters(models[b]) - parameters(models[a]));
  for (const weights of precisions) {
    const inBits = withValue(knobs, 'weight-precision', weights);
    for (const id of bySize) {
      // Weights that are published in fewer bits are found there.
      if (heldPrecision(models[id], weights) !== weights) continue;
      if (fitOf(inBits, models[id], device)?.missingBytes === 0) return withValue(inBits, 'model', id);
    }
  }
  return null;
}
