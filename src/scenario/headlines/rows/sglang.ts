/** H8: SGLang's paper and announcement, against vLLM without prefix caching, on one A10G. */

import type { HeadlineRow } from '../entry.ts';
import { metric, ratio } from '../measure.ts';
import { requestsPerS } from '../metrics.ts';
import { launchUs, published } from '../scenarios.ts';

const shared = {
  workload: 'sessions',
  model: 'llama-2-7b',
  device: 'a10g',
  rate: 0,
  'launch-us-per-layer': launchUs.vllm2023,
} as const;

interface Program {
  readonly id: string;
  readonly name: HeadlineRow['claim'];
  readonly about: HeadlineRow['claim'];
  readonly knobs: Readonly<Record<string, string | number>>;
  readonly remark: HeadlineRow['remark'];
}

const programs: readonly Program[] = [
  {
    id: 'mmlu',
    name: { en: 'five examples in front of every question (MMLU)', zh: '每个问题前有五个示例（MMLU）' },
    about: {
      en: '57 subjects with a prefix of 700 tokens each (assumed), 20 questions of about 90 tokens, one token of answer.',
      zh: '57 个学科，各有 700 个 token 的前缀（假设），20 个约 90 token 的问题，回答一个 token。',
    },
    knobs: {
      requests: 1140,
      turns: 1,
      'prefix-groups': 57,
      'prefix-tokens': 700,
      lengths: 'normal',
      'prompt-tokens': 90,
      'prompt-spread': 0.4,
      'output-tokens': 1,
      'output-spread': 0,
    },
    remark: { en: '', zh: '' },
  },
  {
    id: 'hellaswag',
    name: { en: 'twenty examples in front of every question (HellaSwag)', zh: '每个问题前有二十个示例（HellaSwag）' },
    about: {
      en: 'One prefix of 1,700 tokens (assumed), 200 questions of about 90 tokens, one call and one token of answer each.',
      zh: '一个 1,700 token 的前缀（假设），200 个约 90 token 的问题，各一次调用、回答一个 token。',
    },
    knobs: {
      requests: 200,
      turns: 1,
      'prefix-tokens': 1700,
      lengths: 'normal',
      'prompt-tokens': 90,
      'prompt-spread': 0.4,
      'output-tokens': 1,
      'output-spread': 0,
    },
    remark: { en: '', zh: '' },
  },
  {
    id: 'tree',
    name: { en: 'tree of thoughts', zh: '思维树' },
    about: {
      en: '32 questions, each a tree of four levels with two branches: 15 calls; 200 tokens of instructions, about 60 a call, answers of 256 (the generator’s limit).',
      zh: '32 个问题，每个是四层、每层两分支的树：15 次调用；指令 200 token，每次调用约 60，回答 256（生成上限）。',
    },
    knobs: {
      requests: 480,
      turns: 4,
      branches: 2,
      'prefix-tokens': 200,
      lengths: 'normal',
      'prompt-tokens': 60,
      'prompt-spread': 0.3,
      'output-tokens': 256,
      'output-spread': 0,
    },
    remark: { en: '', zh: '' },
  },
  {
    id: 'chat-short',
    name: { en: 'conversations of four turns, short answers', zh: '四轮对话，短回答' },
    about: {
      en: '20 conversations of four turns, questions of 256 to 512 tokens, answers of 4 to 8.',
      zh: '20 个四轮对话，问题 256 到 512 token，回答 4 到 8。',
    },
    knobs: {
      requests: 80,
      turns: 4,
      'prefix-tokens': 0,
      lengths: 'uniform',
      'prompt-tokens': 384,
      'prompt-spread': 0.3333,
      'output-tokens': 6,
      'output-spread': 0.3333,
    },
    remark: { en: '', zh: '' },
  },
  {
    id: 'chat-long',
    name: { en: 'conversations of four turns, long answers', zh: '四轮对话，长回答' },
    about: {
      en: '20 conversations of four turns, questions and answers of 256 to 512 tokens.',
      zh: '20 个四轮对话，问题和回答均为 256 到 512 token。',
    },
    knobs: {
      requests: 80,
      turns: 4,
      'prefix-tokens': 0,
      lengths: 'uniform',
      'prompt-tokens': 384,
      'prompt-spread': 0.3333,
      'output-tokens': 384,
      'output-spread': 0.3333,
    },
    remark: { en: '', zh: '' },
  },
];

export const sglangRows: readonly HeadlineRow[] = programs.map(({ id, name, about, knobs, remark }) => ({
  id: `H8-${id}`,
  claim: {
    en: `Throughput of SGLang over vLLM without a prefix cache: ${name.en}`,
    zh: `SGLang 对无前缀缓存的 vLLM 的吞吐量：${name.zh}`,
  },
  published: {
    low: 0,
    high: id === 'mmlu' || id === 'hellaswag' ? 5 : 6.4,
    mark: id === 'mmlu' || id === 'hellaswag' ? 'V' : 'A',
    source:
      id === 'mmlu' || id === 'hellaswag'
        ? 'SGLang blog, January 2024 (the largest over its programs)'
        : 'NeurIPS 2024, abstract (the largest over its programs)',
  },
  unit: 'x',
  sideUnit: 'requests/s',
  sides: [
    { name: { en: 'SGLang', zh: 'SGLang' }, knobs: published('sglang', { ...shared, ...knobs }) },
    {
      name: { en: 'vLLM of 2023', zh: '2023 年的 vLLM' },
      knobs: published('vllm-2023', { ...shared, ...knobs, 'gpu-memory-utilization': 0.9 }),
    },
  ],
  measure: ratio(metric(requestsPerS)),
  assumptions: {
    en: `Llama-2-7B on one A10G 24 GB (its operators are estimated from the datasheet), all sessions at once. ${about.en} 0.55 ms to launch a layer for both. Seed 7.`,
    zh: `一块 A10G 24 GB 上的 Llama-2-7B（算子按数据手册估计），所有会话同时开始。${about.zh} 双方每层启动 0.55 毫秒。种子 7。`,
  },
  remark,
}));
