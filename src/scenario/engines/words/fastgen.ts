import type { KnobText } from '../../knob-entry.ts';

/** Names and sentences of the engine's own knobs. */
export const words: Readonly<Record<string, KnobText>> = {
  'max-ragged-batch-size': {
    label: { en: 'Ragged batch size', zh: '不规则批大小' },
    help: {
      en: 'Tokens of one forward: one for each sequence that generates, prompts in the rest.',
      zh: '一次前向的 token 数：每个正在生成的序列一个，其余给提示。',
    },
  },
  'max-ragged-sequence-count': {
    label: { en: 'Sequences a forward', zh: '每次前向的序列数' },
    help: {
      en: 'Sequences of one forward; those beyond it come first in the next.',
      zh: '一次前向的序列数上限；多出的序列在下一次优先。',
    },
  },
  'max-tracked-sequences': {
    label: { en: 'Tracked sequences', zh: '跟踪的序列数' },
    help: {
      en: 'Sequences whose KV is in the engine at once, those included that have ended and are not flushed yet.',
      zh: '引擎中同时保有 KV 的序列数，包括已结束但尚未清除的序列。',
    },
  },
  'max-context': {
    label: { en: 'Longest context', zh: '最长上下文' },
    help: {
      en: 'Tokens of one sequence, prompt and answer together; never more than the model knows.',
      zh: '一个序列的 token 数，提示与回答合计；不超过模型上限。',
    },
  },
  'memory-config-reserve': {
    label: { en: 'Left free', zh: '预留显存' },
    zero: { en: 'nothing', zh: '不预留' },
    help: {
      en: 'Device memory that is left when the KV pool has been allocated; activations must find room in it.',
      zh: '分配 KV 池之后剩余的显存；激活值须放在其中。',
    },
  },
  'memory-config-allocate': {
    label: { en: 'KV blocks', zh: 'KV 块数' },
    zero: { en: 'from memory', zh: '由显存决定' },
    help: { en: 'Blocks of the KV pool, by number.', zh: '直接指定 KV 池的块数。' },
  },
};
