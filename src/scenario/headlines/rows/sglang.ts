/** H8: SGLang's paper and announcement, against vLLM without prefix caching, on one A10G. */

import type { HeadlineRow, Published, Side } from '../entry.ts';
import { metric, ratio } from '../measure.ts';
import { hitPercent, requestsPerS } from '../metrics.ts';
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
    remark: {
      en: 'Prefixes are found for 72 % of all prompt tokens; what is left is the questions, the first prompt of each subject and the launches of a step.',
      zh: '前缀命中占全部提示 token 的 72 %；剩下的是问题、每个学科的第一个提示和每步的启动。',
    },
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
    remark: {
      en: 'With one prefix for everybody and one token of answer next to nothing is left to compute, and nothing else is modelled: no client, no tokeniser, and not the four choices of each question, whose tokens neither side finds.',
      zh: '所有请求共用一个前缀且只回答一个 token，几乎没有剩余计算；而其他部分没有建模：客户端、分词器，以及每题的四个选项（双方都无法命中其 token）。',
    },
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
    remark: {
      en: 'Decodes are most of the work. They gain room from shared blocks, and nothing else.',
      zh: '解码占大部分工作，它们只从共享块中得到更多空间。',
    },
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
    remark: {
      en: 'Twenty conversations at once have twice as many tokens of history as the pool holds, so most of it is gone when the next question comes.',
      zh: '二十个对话同时进行，历史 token 是池容量的两倍多，下一个问题到来时大部分已被驱逐。',
    },
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
    remark: {
      en: 'The same, and answers are most of the work. SGLang waits with requests that its estimate of future tokens does not leave room for, which costs a little here. The paper too sees no gain for long answers.',
      zh: '同上，且回答占大部分工作。SGLang 会让其估计放不下的请求等待，这里略有损失。论文中长回答同样没有收益。',
    },
  },
];

const sidesOf = (knobs: Program['knobs']): readonly Side[] => [
  { name: { en: 'SGLang', zh: 'SGLang' }, knobs: published('sglang', { ...shared, ...knobs }) },
  {
    name: { en: 'vLLM of 2023', zh: '2023 年的 vLLM' },
    knobs: published('vllm-2023', { ...shared, ...knobs, 'gpu-memory-utilization': 0.9 }),
  },
];

const assumptionsOf = (about: HeadlineRow['claim']): HeadlineRow['assumptions'] => ({
  en: `Llama-2-7B on one A10G 24 GB (its operators are estimated from the datasheet), all sessions at once. ${about.en} 0.55 ms to launch a layer for both. Seed 7.`,
  zh: `一块 A10G 24 GB 上的 Llama-2-7B（算子按数据手册估计），所有会话同时开始。${about.zh} 双方每层启动 0.55 毫秒。种子 7。`,
});

/** The largest factor over the programs of the announcement, and over those of the paper. */
const most: Readonly<Record<'blog' | 'paper', Published>> = {
  blog: { low: 0, high: 5, mark: 'V', source: 'SGLang blog, January 2024 (the largest over its programs)' },
  paper: { low: 0, high: 6.4, mark: 'A', source: 'NeurIPS 2024, abstract (the largest over its programs)' },
};

const throughput = ({ id, name, about, knobs, remark }: Program): HeadlineRow => ({
  id: `H8-${id}`,
  claim: {
    en: `Throughput of SGLang over vLLM without a prefix cache: ${name.en}`,
    zh: `SGLang 对无前缀缓存的 vLLM 的吞吐量：${name.zh}`,
  },
  published: id === 'mmlu' || id === 'hellaswag' ? most.blog : most.paper,
  unit: 'x',
  sideUnit: 'requests/s',
  sides: sidesOf(knobs),
  measure: ratio(metric(requestsPerS)),
  assumptions: assumptionsOf(about),
  remark,
});

const hits = ({ id, name, about, knobs }: Program): HeadlineRow => ({
  id: `H8-hits-${id}`,
  claim: {
    en: `Prompt tokens that SGLang finds in its cache: ${name.en}`,
    zh: `SGLang 在缓存中命中的提示 token：${name.zh}`,
  },
  published: { low: 50, high: 99, mark: 'M', source: 'NeurIPS 2024 (range over its programs)' },
  unit: '%',
  sideUnit: '%',
  sides: sidesOf(knobs).slice(0, 1),
  measure: ratio(metric(hitPercent)),
  assumptions: assumptionsOf(about),
  remark: {
    en: 'The same run as in the row above.',
    zh: '与上一行为同一次运行。',
  },
});

const [mmlu] = programs;

export const sglangRows: readonly HeadlineRow[] = [
  ...programs.flatMap((program) => [throughput(program), hits(program)]),
  {
    ...throughput(mmlu),
    id: 'S-sglang',
    claim: {
      en: 'Throughput of SGLang over vLLM on shared prefixes',
      zh: '共享前缀时 SGLang 对 vLLM 的吞吐量',
    },
    published: { low: 2, high: 5, mark: 'S', source: 'commonly quoted: 2-5x on shared prefixes' },
    remark: {
      en: 'Of MMLU; the other programs are the rows H8.',
      zh: '取 MMLU；其他程序见 H8 各行。',
    },
  },
];
