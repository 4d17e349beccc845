/** H10b: the DeepSpeed inference kernels of 2021. Static batches: what differs is launches and the cache. */

import type { HeadlineRow, Side } from '../entry.ts';
import { type Measure, metric, timesLower } from '../measure.ts';
import { meanGapMs } from '../metrics.ts';
import { launchUs, published } from '../scenarios.ts';
import { bestBatch } from '../static-batch.ts';

const turing = {
  workload: 'lengths',
  lengths: 'fixed',
  'prompt-tokens': 128,
  'output-tokens': 100,
  clients: 1,
  requests: 4,
  'batch-size': 1,
  'batch-timeout-ms': 0,
  memory: 'contiguous',
  'max-model-len': 1024,
  'gpu-memory-utilization': 0.95,
  model: 'turing-nlg-17b',
  device: 'v100',
  'tensor-parallel-size': 4,
} as const;

const llama = {
  workload: 'lengths',
  lengths: 'sharegpt',
  rate: 0,
  requests: 1000,
  'batch-timeout-ms': 0,
  memory: 'contiguous',
  'max-model-len': 2048,
  'gpu-memory-utilization': 0.95,
  model: 'llama-2-7b',
  device: 'a100-80',
} as const;

const deepSpeed = (values: Readonly<Record<string, string | number>>): Side => ({
  name: { en: 'DeepSpeed kernels', zh: 'DeepSpeed 内核' },
  knobs: published('deepspeed', {
    ...values,
    'max-out-tokens': values['max-model-len'],
    'launch-us-per-layer': launchUs.deepSpeed,
  }),
});
const transformers = (values: Readonly<Record<string, string | number>>): Side => ({
  name: { en: 'PyTorch', zh: 'PyTorch' },
  knobs: published('static', {
    ...values,
    'launch-us-per-layer': launchUs.transformers,
    'kv-concatenation': true,
    'flash-attention': false,
  }),
});

const bestOfBoth: Measure = (probe, sides) => {
  const [ours, theirs] = sides.map((side) => bestBatch(probe, side));
  return { ours: ours.value / theirs.value, sides: [ours, theirs] };
};

const assumptions = {
  en: 'Static batches on both sides. PyTorch: 0.78 ms to launch a layer, cache copied in every step, attention with the scores in memory. DeepSpeed: 5 kernels a layer instead of 17.5, so 0.22 ms, a cache allocated once, and weights read at 80 % of the bandwidth, as its entry assumes.',
  zh: '双方均为静态批。PyTorch：每层启动 0.78 毫秒，每步复制缓存，注意力得分写入显存。DeepSpeed：每层 5 个内核而非 17.5 个，即 0.22 毫秒，缓存一次分配，读权重达到带宽的 80 %（其条目中的假设）。',
} as const;

export const deepSpeedRows: readonly HeadlineRow[] = [
  {
    id: 'H10b',
    claim: {
      en: 'Time of a token of Turing-NLG 17B on four V100, how many times lower with DeepSpeed’s kernels',
      zh: '四块 V100 上 Turing-NLG 17B 每 token 的时间，用 DeepSpeed 内核低多少倍',
    },
    published: { low: 2.3, high: 2.3, mark: 'V', source: 'DeepSpeed post, 2021' },
    unit: 'x',
    sideUnit: 'ms',
    sides: [deepSpeed(turing), transformers(turing)],
    measure: timesLower(metric(meanGapMs)),
    assumptions: {
      en: `${assumptions.en} Batch 1, 128 tokens in, 100 out, tensor parallelism of four on both sides (the post does not say what its baseline had); the V100 is estimated from its datasheet.`,
      zh: `${assumptions.zh} 批 1，输入 128、输出 100 个 token，双方均为四路张量并行（原文未说明基线的设置）；V100 按数据手册估计。`,
    },
    remark: {
      en: 'With launches alone. The ratio cannot exceed that of the kernels (3.5) and falls as the time of the GPU itself counts.',
      zh: '仅计启动时间。倍数不会超过内核数之比（3.5），GPU 自身时间占比越大则越低。',
    },
  },
  {
    id: 'S-deepspeed',
    claim: {
      en: 'Throughput of DeepSpeed-Inference over plain static batches, Llama-2-7B on one A100',
      zh: 'DeepSpeed-Inference 对普通静态批的吞吐量，一块 A100 上的 Llama-2-7B',
    },
    published: { low: 1.5, high: 3, mark: 'S', source: 'commonly quoted: 1.5-3x' },
    unit: 'x',
    sideUnit: 'requests/min',
    sides: [deepSpeed(llama), transformers(llama)],
    measure: bestOfBoth,
    assumptions: {
      en: `${assumptions.en} 1,000 requests of ShareGPT lengths at once; each side its best batch size among those that fit. Seed 7.`,
      zh: `${assumptions.zh} 1,000 个 ShareGPT 长度的请求同时到达；双方各取能放下的最佳批大小。种子 7。`,
    },
    remark: {
      en: 'Both wait for the longest answer of a batch; what is gained is the copied cache and the launches.',
      zh: '双方都要等批中最长的回答；收益来自不复制缓存和更少的启动。',
    },
  },
];
