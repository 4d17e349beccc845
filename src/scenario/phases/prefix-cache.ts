/**
 * Which prefix cache an engine on paged blocks is given. vLLM has one that finds whole blocks by a chain of hashes; the
 * schedulers before it had none, so there it is a what-if. A radix tree finds prefixes to the token: so do blocks of one token
 * under the hash chain, which is how it is simulated. What a real tree does otherwise is the order of eviction: by node, not by block.
 */

import type { PhaseKnob } from '../knob-entry.ts';
import type { Knobs } from '../knobs.ts';

const kinds = ['engine', 'off', 'hash', 'radix'] as const;

export const prefixCacheKnobs: readonly PhaseKnob[] = [
  {
    name: 'prefix-cache',
    group: 'memory',
    readBy: 'all',
    phase: 'prefix-cache',
    memories: ['paged'],
    change: 'start',
    since: 1,
    type: 'choice',
    unit: 'none',
    default: 'engine',
    choices: kinds,
    text: {
      label: { en: 'Prefix cache (what if)', zh: '前缀缓存（假设）' },
      help: {
        en: 'The engine’s own cache, none, whole blocks found by hash, or prefixes found to the token as in a radix tree, which makes every block one token.',
        zh: '引擎自己的缓存、无缓存、按哈希查找整块，或像基数树那样精确到 token 的前缀（此时每块一个 token）。',
      },
      choices: {
        engine: { en: 'The engine’s own', zh: '引擎自带' },
        off: { en: 'None', zh: '无' },
        hash: { en: 'Blocks by hash', zh: '按哈希查找块' },
        radix: { en: 'To the token, as a radix tree', zh: '精确到 token（基数树）' },
      },
    },
  },
];

/** The cache of a scenario whose engine may be given one: whether there is one, and tokens of a block. `own`: the engine has one by itself. */
export function prefixCacheOf(knobs: Knobs, own: boolean): { readonly isOn: boolean; readonly blockSize: number } {
  const blockSize = knobs['block-size'];
  if (knobs.memory !== 'paged') return { isOn: false, blockSize };
  switch (knobs['prefix-cache'] ?? 'engine') {
    case 'off':
      return { isOn: false, blockSize };
    case 'hash':
      return { isOn: true, blockSize };
    case 'radix':
      return { isOn: true, blockSize: 1 };
    default:
      return { isOn: own, blockSize };
  }
}
