/** H1: the evaluation of the vLLM paper (arXiv 2309.06180): OPT on A100s of 40 GB, against Orca and FasterTransformer. */

import { byTokenUs } from '../../criterion.ts';
import type { HeadlineRow, Published, Side } from '../entry.ts';
import { atRate, capacity, capacityRun, linkOf, type Measure, metric, type RateSearch, ratio } from '../measure.ts';
import { runningMean } from '../metrics.ts';
import { launchUs, published } from '../scenarios.ts';

const paper = { source: 'SOSP 2023, section 6.2' } as const;

const shared = {
  workload: 'lengths',
  lengths: 'sharegpt',
  device: 'a100-40',
  'max-model-len': 2048,
  'gpu-memory-utilization': 0.95,
  'launch-us-per-layer': launchUs.vllm2023,
} as const;

/** 12 GB of keys and values are 15,700 tokens, as the paper has it; all engines are given the same. */
const opt13 = { ...shared, model: 'opt-13b', 'kv-tokens': 15_728 } as const;
/** 21 GB on four GPUs. */
const opt66 = { ...shared, model: 'opt-66b', 'tensor-parallel-size': 4, 'kv-tokens': 9700 } as const;

/** Latency by output token at which a rate counts as sustained, and the hour of traffic that the paper ran. */
const sustained: RateSearch = { criterion: { kind: 'normalised', us: 200_000 }, spanS: 3600, tolerance: 0.02 };

type Values = typeof opt13 | typeof opt66;
const vllm = (values: Values, rate: number): Side => ({
  name: { en: 'vLLM of 2023', zh: '2023 年的 vLLM' },
  knobs: published('vllm-2023', { ...values, rate }),
});
const orca = (values: Values, memory: 'max' | 'pow2' | 'oracle', rate: number): Side => ({
  name: { en: `Orca (${memory})`, zh: `Orca（${{ max: '最大长度', pow2: '二的幂', oracle: '真实长度' }[memory]}）` },
  knobs: published('orca', { ...values, memory: memory === 'max' ? 'contiguous' : `contiguous-${memory}`, rate }),
});
const fasterTransformer: Side = {
  name: { en: 'FasterTransformer', zh: 'FasterTransformer' },
  // A runtime in C++: its launches are no limit.
  knobs: published('faster-transformer', { ...opt13, 'launch-us-per-layer': 0, rate: 0.3 }),
};

const setting = {
  en: 'OPT-13B on one A100 40 GB, ShareGPT lengths, Poisson arrivals for an hour, 15,700 tokens of KV for every engine; a rate is sustained while the mean latency by output token is at most 0.2 s (our threshold: the paper shows curves). 0.55 ms to launch a layer. Seed 7.',
  zh: '一块 A100 40 GB 上的 OPT-13B，ShareGPT 长度，一小时泊松到达，各引擎均为 15,700 个 KV token；平均每输出 token 延迟不超过 0.2 秒即视为可持续（我们的阈值：论文给出的是曲线）。每层启动 0.55 毫秒。种子 7。',
};
const setting66 = {
  en: 'OPT-66B on four A100 40 GB with tensor parallelism, 9,700 tokens of KV; otherwise as the rows of OPT-13B. The band is the one that the paper states over its models.',
  zh: '四块 A100 40 GB 张量并行的 OPT-66B，9,700 个 KV token；其余与 OPT-13B 各行相同。区间是论文对所有模型给出的。',
};

function sustainedRow(
  id: string,
  values: Values,
  against: Side,
  rate: number,
  to: Published,
  remark: HeadlineRow['remark'],
): HeadlineRow {
  return {
    id,
    claim: {
      en: `Sustained rate, vLLM over ${against.name.en}, ${values.model === 'opt-13b' ? 'OPT-13B' : 'OPT-66B'}`,
      zh: `可持续速率，vLLM 对 ${against.name.zh}，${values.model === 'opt-13b' ? 'OPT-13B' : 'OPT-66B'}`,
    },
    published: to,
    unit: 'x',
    sideUnit: 'requests/s',
    sides: [vllm(values, rate), against],
    measure: ratio(capacity(sustained)),
    assumptions: values === opt66 ? setting66 : setting,
    remark,
  };
}

/** Mean of requests that run at once, at two requests a second for an hour. */
const concurrent: Measure = ratio((probe, knobs) => metric(runningMean)(probe, atRate(probe, knobs, 2, 3600)));

/** 99th percentile of end-to-end latency by output token, both at the highest rate that the second side sustains. */
const p99AtTheirRate: Measure = (probe, [subject, baseline]) => {
  const theirs = capacityRun(probe, baseline.knobs, sustained);
  const atSame = atRate(probe, subject.knobs, theirs.ratePerS, 3600);
  const ours = probe.run(atSame);
  const p99 = ({ account }: typeof ours) => byTokenUs(account.outcomes).p99Us / 1e6;
  const [low, high] = [p99(ours), p99(theirs.simulated)];
  return {
    ours: high / low,
    sides: [
      { value: low, link: linkOf(atSame, ours), fingerprint: ours.account.fingerprint },
      { value: high, link: linkOf(theirs.knobs, theirs.simulated), fingerprint: theirs.simulated.account.fingerprint },
    ],
  };
};

const max = orca(opt13, 'max', 0.7);
const oracle = orca(opt13, 'oracle', 1.4);

export const vllmPaperRows: readonly HeadlineRow[] = [
  {
    ...sustainedRow(
      'H1',
      opt13,
      max,
      2.8,
      { low: 2, high: 4, mark: 'A', source: 'SOSP 2023, abstract' },
      {
        en: 'Against Orca as it could be deployed, which must reserve the longest length.',
        zh: '与可实际部署的 Orca 相比：它必须按最大长度预留。',
      },
    ),
    claim: {
      en: 'vLLM serves 2 to 4 times as many requests at the same latency as the systems before it',
      zh: '相同延迟下，vLLM 的请求数是此前系统的 2 到 4 倍',
    },
  },
  sustainedRow(
    'H1a-oracle',
    opt13,
    oracle,
    2.8,
    { low: 1.7, high: 2.7, mark: 'V', ...paper },
    {
      en: 'Pages need no contiguous piece: the oracle knows every length and still loses what fragmentation leaves unusable.',
      zh: '分页不需要连续空间：真实长度版知道每个长度，仍会损失碎片造成的不可用空间。',
    },
  ),
  sustainedRow(
    'H1a-max',
    opt13,
    max,
    2.8,
    { low: 2.7, high: 8, mark: 'V', ...paper },
    {
      en: 'Seven pieces of 2,048 tokens are all that fits, whatever the requests need.',
      zh: '无论请求需要多少，只放得下七段 2,048 个 token 的空间。',
    },
  ),
  sustainedRow(
    'H1a-oracle-66b',
    opt66,
    orca(opt66, 'oracle', 0.8),
    1.5,
    { low: 1.7, high: 2.7, mark: 'V', ...paper },
    {
      en: 'The same comparison with tensor parallelism and a smaller pool.',
      zh: '同样的对比，但使用张量并行和更小的池。',
    },
  ),
  sustainedRow(
    'H1a-max-66b',
    opt66,
    orca(opt66, 'max', 0.4),
    1.5,
    { low: 2.7, high: 8, mark: 'V', ...paper },
    { en: 'Four pieces of 2,048 tokens are all that fits.', zh: '只放得下四段 2,048 个 token 的空间。' },
  ),
  {
    id: 'H1a-batch-oracle',
    claim: {
      en: 'Requests that run at once, vLLM over Orca (oracle)',
      zh: '同时运行的请求数，vLLM 对 Orca（真实长度）',
    },
    published: { low: 2.2, high: 2.2, mark: 'V', ...paper },
    unit: 'x',
    sideUnit: 'requests',
    sides: [vllm(opt13, 2), oracle],
    measure: concurrent,
    assumptions: setting,
    remark: {
      en: 'At two requests a second, as in the paper, which has 30.4 and 13.6. Orca is full and holds about as many as in the paper; our vLLM takes steps a little shorter than the paper’s, has not reached its limit (2.8 a second) and so holds fewer.',
      zh: '与论文相同，每秒两个请求；论文为 30.4 与 13.6。Orca 已满，数量与论文相近；我们的 vLLM 每步比论文略短，尚未到极限（每秒 2.8 个），因此同时运行的较少。',
    },
  },
  {
    id: 'H1a-batch-max',
    claim: { en: 'Requests that run at once, vLLM over Orca (max)', zh: '同时运行的请求数，vLLM 对 Orca（最大长度）' },
    published: { low: 4.3, high: 4.3, mark: 'V', ...paper },
    unit: 'x',
    sideUnit: 'requests',
    sides: [vllm(opt13, 2), max],
    measure: concurrent,
    assumptions: setting,
    remark: {
      en: 'As above; the paper has 30.4 and 7.0, and our Orca (max) holds 7.0 too.',
      zh: '同上；论文为 30.4 与 7.0，我们的 Orca（最大长度）同样为 7.0。',
    },
  },
  sustainedRow(
    'H1b',
    opt13,
    fasterTransformer,
    2.8,
    { low: 0, high: 22, mark: 'V', ...paper },
    {
      en: 'The paper’s maximum is over all its models and both collections; this is one of them. Our FasterTransformer has no launches to wait for and drops rows that are done, as the re-implementation that it follows does; the original pads, which makes it slower.',
      zh: '论文的最大值取自全部模型和两个数据集；这里只是其中之一。我们的 FasterTransformer 无需等待启动，并移除已完成的行（所依据的重实现如此）；原版做填充，更慢。',
    },
  ),
  sustainedRow(
    'S-orca',
    opt13,
    orca(opt13, 'pow2', 1),
    2.8,
    { low: 2, high: 4, mark: 'S', source: 'commonly quoted: 2-4x over Orca at equal latency' },
    {
      en: 'Against the middle one of the three reservations; the other two are H1a.',
      zh: '与三种预留中居中的一种相比；另外两种见 H1a。',
    },
  ),
  {
    id: 'S-orca-p99',
    claim: {
      en: 'P99 latency by output token is halved at the rate that Orca (max) just sustains',
      zh: '在 Orca（最大长度）刚好可持续的速率下，每输出 token 的 P99 延迟减半',
    },
    published: { low: 2, high: 2, mark: 'S', source: 'commonly quoted beside “2-4x over Orca”' },
    unit: 'x',
    sideUnit: 's',
    sides: [vllm(opt13, 1), max],
    measure: p99AtTheirRate,
    assumptions: setting,
    remark: {
      en: 'At that rate Orca queues and vLLM does not, so the factor says how near to its limit Orca is, and is far above two.',
      zh: '在该速率下 Orca 在排队而 vLLM 没有，因此这一倍数反映的是 Orca 离极限有多近，远高于二。',
    },
  },
];
