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
    remark: { en: '', zh: '' },
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
    remark: { en: '', zh: '' },
  },
];
