import type { KnobText } from '../../knob-entry.ts';

/** Names and sentences of the engine's own knobs. */
export const words: Readonly<Record<string, KnobText>> = {
  'ctx-size': {
    label: { en: 'Context', zh: '上下文' },
    zero: { en: 'from the model, as far as it fits', zh: '取自模型，以放得下为限' },
    help: {
      en: 'Cells of the KV cache, one a token, for all slots together.',
      zh: 'KV 缓存的单元数（每个 token 一个），所有槽位合计。',
    },
  },
  parallel: {
    label: { en: 'Slots', zh: '槽位' },
    zero: { en: 'auto: 4, unified', zh: '自动：4 个，统一缓存' },
    help: {
      en: 'Requests that are served at once; the others wait for a slot.',
      zh: '同时服务的请求数；其余等待槽位。',
    },
  },
  'kv-unified': {
    label: { en: 'Unified KV cache', zh: '统一 KV 缓存' },
    help: {
      en: 'All slots share all cells, and idle ones lose their tokens when cells run out; else each slot has the same part for itself.',
      zh: '所有槽位共用全部单元，不足时空闲槽位失去其内容；否则每个槽位各有相同的一份。',
    },
  },
  'llama-batch-size': {
    label: { en: 'Batch', zh: '批大小' },
    help: {
      en: 'Tokens of an iteration: one for each slot that generates, then prompts in the order of the slots. Everybody waits for all of it.',
      zh: '一次迭代的 token 数：每个正在生成的槽位一个，再按槽位顺序放提示；所有槽位都要等它结束。',
    },
  },
  'ubatch-size': {
    label: { en: 'Micro-batch', zh: '微批大小' },
    help: {
      en: 'Tokens that are computed at once: a batch is divided into such pieces, and each reads all weights.',
      zh: '一次计算的 token 数：批被切成这样的小块，每块都要读一遍权重。',
    },
  },
  'cont-batching': {
    label: { en: 'Continuous batching', zh: '连续批处理' },
    help: { en: 'Prompts are computed while other slots generate.', zh: '其他槽位生成时也计算提示。' },
  },
  'cache-prompt': {
    label: { en: 'Keep the beginning', zh: '保留相同开头' },
    help: {
      en: 'A prompt keeps what its slot still has of its beginning from the request before.',
      zh: '提示沿用其槽位中上一个请求留下的相同开头。',
    },
  },
  'cache-reuse': {
    label: { en: 'Reused chunks', zh: '复用片段' },
    zero: { en: 'off', zh: '关' },
    help: {
      en: 'Smallest later piece of a slot’s tokens that a new prompt takes over by shifting its keys.',
      zh: '新提示可通过移位键来沿用的后续片段的最小长度。',
    },
  },
  'cache-ram': {
    label: { en: 'Prompt cache in RAM', zh: '内存提示缓存' },
    zero: { en: 'off', zh: '关' },
    help: {
      en: 'Host memory for what slots held before they were given to others; the oldest goes first, but one stays.',
      zh: '存放槽位让出前内容的主机内存；先丢弃最旧的，但至少保留一个。',
    },
  },
  'slot-prompt-similarity': {
    label: { en: 'Slot similarity', zh: '槽位相似度' },
    zero: { en: 'off', zh: '关' },
    help: {
      en: 'Share of a prompt that an idle slot must hold to be chosen for it; else the slot that was used longest ago is.',
      zh: '空闲槽位须含有提示的这一比例才会被选中；否则选最久未用的槽位。',
    },
  },
  'context-shift': {
    label: { en: 'Context shift', zh: '上下文移位' },
    help: {
      en: 'A slot whose context is full drops half of it and goes on, instead of ending its request.',
      zh: '上下文已满的槽位丢弃一半后继续，而不是结束请求。',
    },
  },
  keep: {
    label: { en: 'Kept at the front', zh: '保留的开头' },
    zero: { en: 'none', zh: '不保留' },
    help: {
      en: 'Tokens at the beginning of the prompt that a context shift never drops.',
      zh: '上下文移位时始终保留的提示开头 token 数。',
    },
  },
  'draft-min': {
    label: { en: 'Fewest drafts', zh: '最少草稿数' },
    zero: { en: 'any number', zh: '不限' },
    help: { en: 'Fewer drafts than this are not verified.', zh: '草稿少于此数则不验证。' },
  },
};
