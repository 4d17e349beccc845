/** What the engines around vLLM have in common. */

import type { Knobs, MemoryId, SharedName } from '../knobs.ts';
import { prefixCacheOf } from '../phases/prefix-cache.ts';
import type { WantedLimits } from './entry.ts';

/** Every manager that hands out the same blocks, so that the memory can be changed and nothing else. */
export const anyMemory: readonly MemoryId[] = ['paged', 'contiguous', 'contiguous-pow2', 'contiguous-oracle'];

/** The knobs that decide how many KV blocks there are. */
export const poolKnobs = [
  'memory',
  'max-model-len',
  'block-size',
  'gpu-memory-utilization',
  'num-gpu-blocks-override',
] as const satisfies readonly SharedName[];

/** Limits as vLLM sets them: a share of the whole device memory holds weights, activations and KV. */
export function vllmLimits(knobs: Knobs): WantedLimits {
  return {
    tokenBudget: knobs['max-num-batched-tokens'],
    seats: knobs['max-num-seqs'],
    wholePrompts: false,
    blockSize: knobs['block-size'],
    kvShare: { of: 'total', share: knobs['gpu-memory-utilization'] },
    shareKnob: 'gpu-memory-utilization',
    blocks: { count: knobs['num-gpu-blocks-override'], knob: 'num-gpu-blocks-override' },
    maxModelLen: knobs['max-model-len'],
  };
}

/** The same for an engine that may be given another prefix cache, which can set the size of a block. */
export function cachedLimits(knobs: Knobs): WantedLimits {
  return { ...vllmLimits(knobs), blockSize: prefixCacheOf(knobs, false).blockSize };
}
