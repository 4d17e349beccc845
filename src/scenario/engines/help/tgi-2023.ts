/** What TGI of 2023's own knobs do, a sentence each. */

import type { Text } from '../../knob-entry.ts';

export const help: Readonly<Record<string, Text>> = {
  'tgi-2023-max-batch-prefill-tokens': {
    en: 'Most tokens of the prompts that are computed together, padding included.',
    zh: '一起计算的提示的 token 上限，包括填充。',
  },
  'max-batch-total-tokens': {
    en: 'Tokens that a batch may come to: padded prompts and all output still to come.',
    zh: '一个批可能达到的 token 数：填充后的提示加上尚未生成的全部输出。',
  },
  'tgi-2023-waiting-served-ratio': {
    en: 'How many must wait, for each that runs, before decodes are interrupted for new prompts.',
    zh: '每个运行中的请求对应多少个等待者，才值得打断解码来计算新提示。',
  },
  'tgi-2023-max-waiting-tokens': {
    en: 'Decode steps after which new prompts may interrupt, however few wait.',
    zh: '经过这么多解码步后，无论等待者多少，新提示都可以打断。',
  },
  'tgi-2023-max-concurrent-requests': {
    en: 'Requests that the server takes at once, waiting or running; it refuses the others.',
    zh: '服务器同时接受的请求数（等待和运行合计），其余被拒绝。',
  },
  'tgi-2023-max-total-tokens': {
    en: 'Most tokens of a request, prompt and answer together.',
    zh: '一个请求的 token 上限，提示与回答合计。',
  },
};
