import type { KnobText } from '../../knob-entry.ts';

/** Names and sentences of the engine's own knobs. */
export const words: Readonly<Record<string, KnobText>> = {
  'tgi-2023-max-batch-prefill-tokens': {
    label: { en: 'Prefill tokens', zh: '预填充 token 上限' },
    help: {
      en: 'Most tokens of the prompts that are computed together, padding included.',
      zh: '一起计算的提示的 token 上限，包括填充。',
    },
  },
  'max-batch-total-tokens': {
    label: { en: 'Tokens of a batch', zh: '批 token 上限' },
    help: {
      en: 'Tokens that a batch may come to: padded prompts and all output still to come.',
      zh: '一个批可能达到的 token 数：填充后的提示加上尚未生成的全部输出。',
    },
  },
  'tgi-2023-waiting-served-ratio': {
    label: { en: 'Waiting to served', zh: '等待与运行之比' },
    zero: { en: 'anybody interrupts', zh: '任何等待者都可打断' },
    help: {
      en: 'How many must wait, for each that runs, before decodes are interrupted for new prompts.',
      zh: '每个运行中的请求对应多少个等待者，才值得打断解码来计算新提示。',
    },
  },
  'tgi-2023-max-waiting-tokens': {
    label: { en: 'Decodes before anybody', zh: '强制接纳前的解码步' },
    help: {
      en: 'Decode steps after which new prompts may interrupt, however few wait.',
      zh: '经过这么多解码步后，无论等待者多少，新提示都可以打断。',
    },
  },
  'tgi-2023-max-concurrent-requests': {
    label: { en: 'Concurrent requests', zh: '并发请求上限' },
    help: {
      en: 'Requests that the server takes at once, waiting or running; it refuses the others.',
      zh: '服务器同时接受的请求数（等待和运行合计），其余被拒绝。',
    },
  },
  'tgi-2023-max-total-tokens': {
    label: { en: 'Longest request', zh: '最长请求' },
    help: {
      en: 'Most tokens of a request, prompt and answer together.',
      zh: '一个请求的 token 上限，提示与回答合计。',
    },
  },
};
