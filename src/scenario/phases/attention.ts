/** FlashAttention as a switch. Every engine of today has it; without it is a what-if. */

import type { PhaseKnob } from '../knob-entry.ts';
import type { Knobs } from '../knobs.ts';

export const attentionKnobs: readonly PhaseKnob[] = [
  {
    name: 'flash-attention',
    type: 'switch',
    readBy: 'all',
    group: 'engine',
    unit: 'none',
    change: 'start',
    since: 1,
    default: true,
    text: {
      label: { en: 'FlashAttention', zh: 'FlashAttention' },
      help: {
        en: 'Off: the scores of every query with every key are written to memory and read again, which takes time, and room that the KV pool loses.',
        zh: '关闭：每个查询与每个键的得分都写入显存再读回，既费时间，也占去 KV 池的空间。',
      },
    },
  },
];

/** Whether attention is one fused kernel. */
export function hasFlashAttention(knobs: Knobs): boolean {
  return knobs['flash-attention'] !== false;
}
