import type { KnobText } from '../../knob-entry.ts';

/** Not imported from the knobs: the page waits for these words before it starts, and so they must not wait for the page. */
const margins = ['0', '0.05', '0.1', '0.15', '0.2', '0.3', '0.5'];

/** Names and sentences of the engine's own knobs. */
export const words: Readonly<Record<string, KnobText>> = {
  'scheduler-type': {
    label: { en: 'Scheduler', zh: '调度器' },
    help: {
      en: 'Who comes first in a step: those that decode, or prompts that were begun.',
      zh: '一步中谁优先：正在解码的请求，或已开始的提示。',
    },
    choices: {
      fifo: { en: 'Decodes first', zh: '解码优先' },
      prefill_first: { en: 'Begun prompts first', zh: '已开始的提示优先' },
    },
  },
  'max-batch-tokens': {
    label: { en: 'Batch tokens', zh: '每批 token 数' },
    help: { en: 'Tokens of one step, decodes and prompts together.', zh: '一步的 token 数，解码与提示合计。' },
  },
  'max-requests-per-batch': {
    label: { en: 'Requests a batch', zh: '每批请求数' },
    help: { en: 'Requests of one step.', zh: '一步的请求数。' },
  },
  'safety-margin': {
    label: { en: 'Safety margin', zh: '安全余量' },
    help: {
      en: 'While less than this share of the blocks is free, no prompt joins a step that has work.',
      zh: '空闲块少于该比例时，已有任务的一步不再加入提示。',
    },
    choices: {
      auto: { en: '0.15; 0 with prompts first', zh: '0.15；提示优先时为 0' },
      ...Object.fromEntries(margins.map((share) => [share, { en: share, zh: share }])),
    },
  },
  'use-async-batching': {
    label: { en: 'Asynchronous', zh: '异步批处理' },
    help: {
      en: 'The next step is prepared while one is computed; who has ended computes one token for nothing.',
      zh: '计算一步时准备下一步；已结束的请求会多算一个 token。',
    },
  },
  'use-cuda-graph': {
    label: { en: 'CUDA graphs', zh: 'CUDA 图' },
    help: {
      en: 'Steps are captured and padded; else every kernel is launched by itself.',
      zh: '步被捕获并填充；否则逐个启动内核。',
    },
  },
  'q-padding-interval-size': {
    label: { en: 'Query padding', zh: '查询填充' },
    help: {
      en: 'Steps with prompts are padded to a multiple of so many tokens.',
      zh: '含提示的步填充到该 token 数的倍数。',
    },
  },
  'kv-padding-interval-size': {
    label: { en: 'KV padding', zh: 'KV 填充' },
    help: {
      en: 'What steps with prompts gather from the cache is padded to a multiple of so many tokens.',
      zh: '含提示的步从缓存收集的内容填充到该 token 数的倍数。',
    },
  },
  'max-blocks-per-request': {
    label: { en: 'Decode path, blocks', zh: '解码路径块数' },
    help: {
      en: 'Steps of single tokens read blocks where they are, up to this length of a request.',
      zh: '单 token 步直接读取块，请求长度不超过该块数。',
    },
    zero: { en: 'no decode path', zh: '无解码路径' },
  },
  'cb-block-size': {
    label: { en: 'Block size', zh: '块大小' },
    help: { en: 'Tokens of a KV block.', zh: '一个 KV 块的 token 数。' },
  },
  'cb-num-blocks': {
    label: { en: 'KV blocks', zh: 'KV 块数' },
    help: { en: 'Blocks of the KV cache.', zh: 'KV 缓存的块数。' },
    zero: { en: 'from memory', zh: '由显存决定' },
  },
  'max-memory-percent': {
    label: { en: 'Memory share', zh: '显存占比' },
    help: { en: 'Share for the cache of what the weights leave.', zh: '权重之外的显存中用于缓存的比例。' },
  },
  'max-length': {
    label: { en: 'Longest sequence', zh: '最长序列' },
    help: { en: 'Tokens of a request, prompt and answer together.', zh: '一个请求的 token 数，提示与回答合计。' },
    zero: { en: 'from model and memory', zh: '由模型和显存决定' },
  },
  'allow-block-sharing': {
    label: { en: 'Block sharing', zh: '块共享' },
    help: {
      en: 'Full blocks stay findable for prompts that begin alike.',
      zh: '写满的块可被开头相同的提示复用。',
    },
  },
  'cpu-offload-space': {
    label: { en: 'Host memory for KV', zh: 'KV 主机内存' },
    help: {
      en: 'Evicted requests keep their KV there; beyond it they compute everything again.',
      zh: '被驱逐的请求在此保留 KV；放不下则全部重新计算。',
    },
    zero: { en: 'computed again', zh: '重新计算' },
  },
};
