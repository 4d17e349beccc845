/** H12: TGI v3's announcement (December 2024), against vLLM of that month; and the two capacities. */

import type { Simulated } from '../../simulate.ts';
import type { HeadlineRow, Side } from '../entry.ts';
import { linkOf, type Measure, metric, timesLower } from '../measure.ts';
import { builtOf } from '../probe.ts';
import { published } from '../scenarios.ts';

const twice = {
  workload: 'sessions',
  turns: 1,
  rounds: 2,
  'prefix-tokens': 0,
  rate: 0,
  lengths: 'fixed',
  'output-tokens': 200,
} as const;

/** Prefix caching was off by default, and prompts of models with long contexts were cut to 512 tokens a step. */
const vllmOf2024 = {
  'enable-prefix-caching': false,
  'async-scheduling': false,
  'max-num-batched-tokens': 512,
  'max-num-seqs': 256,
  'gpu-memory-utilization': 0.9,
} as const;

const small = { requests: 200, 'prompt-tokens': 40 } as const;
const setups = {
  'l4-small': { hardware: { model: 'llama-3.1-8b', device: 'l4' }, size: small, tgi: 17.5, vllm: 19.9 },
  'l4x4-small': {
    hardware: { model: 'llama-3.1-8b', device: 'l4', 'tensor-parallel-size': 4 },
    size: small,
    tgi: 4.8,
    vllm: 6,
  },
  'h100x8-small': {
    hardware: { model: 'llama-3.1-70b', device: 'h100', 'tensor-parallel-size': 8 },
    size: small,
    tgi: 6.2,
    vllm: 7.4,
  },
  'l4-long': {
    hardware: { model: 'llama-3.1-8b', device: 'l4' },
    size: { requests: 10, 'prompt-tokens': 20_000, 'max-model-len': 0 },
    tgi: 53,
    vllm: 57,
  },
  'l4x4-long': {
    hardware: { model: 'llama-3.1-8b', device: 'l4', 'tensor-parallel-size': 4 },
    size: { requests: 20, 'prompt-tokens': 10_000 },
    tgi: 3.2,
    vllm: 12.5,
  },
  'h100x8-long': {
    hardware: { model: 'llama-3.1-70b', device: 'h100', 'tensor-parallel-size': 8 },
    size: { requests: 20, 'prompt-tokens': 10_000 },
    tgi: 2,
    vllm: 27.5,
  },
} as const;
type Setup = keyof typeof setups;

const tgiSide = (values: Readonly<Record<string, string | number>>): Side => ({
  name: { en: 'TGI v3', zh: 'TGI v3' },
  knobs: published('tgi', { ...twice, ...values, 'max-concurrent-requests': 256 }),
});
const vllmSide = (values: Readonly<Record<string, string | number>>): Side => ({
  name: { en: 'vLLM of December 2024', zh: '2024 年 12 月的 vLLM' },
  knobs: published('vllm', { ...twice, ...vllmOf2024, ...values }),
});

/** Duration of the second round, seconds. */
function secondRoundS({ account }: Simulated): number {
  const { outcomes, summary } = account;
  return (summary.durationUs - outcomes.arrivalUs[outcomes.count / 2]) / 1e6;
}

const names: Readonly<Record<Setup, HeadlineRow['claim']>> = {
  'l4-small': { en: '200 short prompts, one L4', zh: '200 个短提示，一块 L4' },
  'l4x4-small': { en: '200 short prompts, four L4', zh: '200 个短提示，四块 L4' },
  'h100x8-small': { en: '200 short prompts, 70B on eight H100', zh: '200 个短提示，八块 H100 上的 70B' },
  'l4-long': { en: 'ten prompts of 20,000 tokens, one L4', zh: '十个 20,000 token 的提示，一块 L4' },
  'l4x4-long': { en: 'twenty prompts of 10,000 tokens, four L4', zh: '二十个 10,000 token 的提示，四块 L4' },
  'h100x8-long': {
    en: 'twenty prompts of 10,000 tokens, 70B on eight H100',
    zh: '二十个 10,000 token 的提示，八块 H100 上的 70B',
  },
};

const remarks: Readonly<Record<Setup, HeadlineRow['remark']>> = {
  'l4-small': {
    en: 'The pool holds about half of the requests at their full length, and TGI, which sets places aside for whole answers, takes fewer at a time. How long the answers were is our assumption, and decides this row.',
    zh: '池中约能放下一半的完整长度请求；TGI 为整个回答预留位置，同时运行的更少。回答的长度是我们的假设，决定了这一行的结果。',
  },
  'l4x4-small': {
    en: 'With room for everybody the two differ by how they mix prompts and decodes only.',
    zh: '空间足够所有请求时，两者只在如何混合提示与解码上有差异。',
  },
  'h100x8-small': {
    en: 'With room for everybody the two differ by how they mix prompts and decodes only.',
    zh: '空间足够所有请求时，两者只在如何混合提示与解码上有差异。',
  },
  'l4-long': {
    en: 'The prompts of a run do not fit into the cache of one L4, so nothing is found again and both compute everything. One request alone fills the pool, so answers come one after the other, 11 s for 200 tokens each: the published 53 s leave no room for that, so its answers were shorter. The ratio hardly depends on it.',
    zh: '一遍的提示放不进一块 L4 的缓存，因此无法复用，双方都要全部计算。一个请求就占满池，回答只能逐个生成，每个 200 token 需 11 秒：发表的 53 秒容不下这些，可见其回答更短。倍数几乎不受影响。',
  },
  'l4x4-long': {
    en: 'Four L4 hold all prompts, and TGI computes only the last token of each.',
    zh: '四块 L4 放得下所有提示，TGI 只需计算每个提示的最后一个 token。',
  },
  'h100x8-long': {
    en: 'TGI’s time is its 200 decode steps. vLLM’s is 200,000 prompt tokens, for which our H100, fitted to kernels of 2025, needs 13 s; vLLM of 2024 took twice that.',
    zh: 'TGI 的时间是 200 个解码步；vLLM 的时间是 200,000 个提示 token，我们的 H100（按 2025 年的内核拟合）需 13 秒，2024 年的 vLLM 用了两倍。',
  },
};

function row(setup: Setup): HeadlineRow {
  const { hardware, size, tgi, vllm } = setups[setup];
  const factor = Number((vllm / tgi).toPrecision(3));
  return {
    id: `H12-${setup}`,
    claim: {
      en: `Second run of the same requests, how many times faster than vLLM: ${names[setup].en}`,
      zh: `相同请求的第二遍，比 vLLM 快多少倍：${names[setup].zh}`,
    },
    published: { low: factor, high: factor, mark: 'V', source: `TGI documentation: ${tgi} and ${vllm} s` },
    unit: 'x',
    sideUnit: 's',
    sides: [tgiSide({ ...hardware, ...size }), vllmSide({ ...hardware, ...size })],
    measure: timesLower(metric(secondRoundS)),
    assumptions: {
      en: 'All requests at once, twice; 200 tokens of answer each (assumed: not published). vLLM without prefix caching and with 512 tokens a step, as it set itself then. L4: operators estimated from the datasheet, messages over PCI Express. Seed 7.',
      zh: '所有请求同时到达，共两遍；每个回答 200 个 token（假设：未公布）。vLLM 不用前缀缓存，每步 512 个 token，如其当时的默认。L4：算子按数据手册估计，消息经 PCI Express。种子 7。',
    },
    remark: remarks[setup],
  };
}

/** Tokens of the KV pool; nothing is run but for the fingerprint of the link. */
const poolTokens: Measure = (probe, sides) => {
  const results = sides.map(({ knobs }) => {
    const { facts } = builtOf(knobs);
    const simulated = probe.run(knobs);
    return {
      value: facts.blocks * facts.blockSize,
      link: linkOf(knobs, simulated),
      fingerprint: simulated.account.fingerprint,
    };
  });
  return { ours: results[0].value / results[1].value, sides: results };
};

export const tgiRows: readonly HeadlineRow[] = [
  ...(Object.keys(setups) as Setup[]).map(row),
  {
    id: 'H12b',
    claim: {
      en: 'Tokens of KV that fit beside Llama-3.1-8B on one L4, TGI over vLLM',
      zh: '一块 L4 上 Llama-3.1-8B 之外可容纳的 KV token 数，TGI 对 vLLM',
    },
    published: { low: 3, high: 3, mark: 'V', source: 'TGI documentation: 30,000 and about 10,000' },
    unit: 'x',
    sideUnit: 'tokens',
    sides: [
      tgiSide({ ...setups['l4-small'].hardware, ...small, rounds: 1 }),
      vllmSide({ ...setups['l4-small'].hardware, ...small, rounds: 1 }),
    ],
    measure: poolTokens,
    assumptions: {
      en: 'Defaults of both; vLLM with share 0.9, 512 tokens a step and 256 seats.',
      zh: '双方均用默认值；vLLM 显存比例 0.9，每步 512 个 token，256 个席位。',
    },
    remark: {
      en: 'TGI has 26,100 here and 30,000 published. vLLM’s published 10,000 do not follow from its default share: 0.9 of the card less 16 GB of weights is 5 GB, or 35,000 tokens. What it set aside beyond that was not published.',
      zh: '这里 TGI 为 26,100，发表的是 30,000。vLLM 发表的 10,000 无法由默认显存比例得出：显存的 0.9 减去 16 GB 权重为 5 GB，即 35,000 个 token。它另外预留了什么没有公布。',
    },
  },
];
