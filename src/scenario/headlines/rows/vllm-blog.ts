/** H2: vLLM's announcement of June 2023, against Hugging Face Transformers and Text Generation Inference. */

import type { HeadlineRow, Side } from '../entry.ts';
import { type Measure, metric, ratio } from '../measure.ts';
import { requestsPerMinute } from '../metrics.ts';
import { launchUs, published } from '../scenarios.ts';
import { bestBatch } from '../static-batch.ts';

const all = { workload: 'lengths', lengths: 'sharegpt', rate: 0, requests: 1000, 'max-model-len': 2048 } as const;

const setups = {
  '7b': { model: 'llama-7b', device: 'a10g' },
  '13b': { model: 'llama-13b', device: 'a100-40' },
} as const;
type Setup = keyof typeof setups;

const vllm = (setup: Setup): Side => ({
  name: { en: 'vLLM of 2023', zh: '2023 年的 vLLM' },
  knobs: published('vllm-2023', {
    ...all,
    ...setups[setup],
    'gpu-memory-utilization': 0.9,
    'launch-us-per-layer': launchUs.vllm2023,
  }),
});

/** Rows of 2,048 tokens each, so that no batch runs out of memory; the largest batch that fits is searched for. */
const transformers = (setup: Setup): Side => ({
  name: { en: 'Transformers, best static batch', zh: 'Transformers，最佳静态批' },
  knobs: published('static', {
    ...all,
    ...setups[setup],
    memory: 'contiguous',
    'batch-timeout-ms': 0,
    'gpu-memory-utilization': 0.97,
    'launch-us-per-layer': launchUs.transformers,
    'kv-concatenation': true,
    'flash-attention': false,
  }),
});

/** Its server runs the modules of Transformers on padded rows. All requests are taken, as many as there are. */
const tgi = (setup: Setup): Side => ({
  name: { en: 'TGI of mid-2023', zh: '2023 年中的 TGI' },
  knobs: published('tgi-2023', {
    ...all,
    ...setups[setup],
    'tgi-2023-max-concurrent-requests': 1000,
    'launch-us-per-layer': launchUs.transformers,
    'kv-concatenation': true,
    'flash-attention': false,
  }),
});

/** The same rules with rows that are not padded and a cache that is not copied: models with flash attention, as LLaMA was. */
const tgiWithFlash = (setup: Setup): Side => ({
  name: { en: 'TGI of mid-2023, unpadded', zh: '2023 年中的 TGI，无填充' },
  knobs: published('tgi', {
    ...all,
    ...setups[setup],
    'prefill-chunking': false,
    'prefix-caching': false,
    'max-batch-prefill-tokens': 4096,
    'waiting-served-ratio': 1.2,
    'max-total-tokens': 2048,
    'max-concurrent-requests': 1000,
    'launch-us-per-layer': launchUs.vllm2023,
  }),
});

const overTransformers: Measure = (probe, [subject, baseline]) => {
  const ours = metric(requestsPerMinute)(probe, subject.knobs);
  const theirs = bestBatch(probe, baseline);
  return { ours: ours.value / theirs.value, sides: [ours, theirs] };
};

const hardware = {
  '7b': { en: 'LLaMA-7B on one A10G 24 GB', zh: '一块 A10G 24 GB 上的 LLaMA-7B' },
  '13b': { en: 'LLaMA-13B on one A100 40 GB', zh: '一块 A100 40 GB 上的 LLaMA-13B' },
} as const;

const throughput = (setup: Setup): HeadlineRow => ({
  id: `H2-${setup}-transformers`,
  claim: {
    en: `Throughput of vLLM over Transformers, ${hardware[setup].en}`,
    zh: `vLLM 对 Transformers 的吞吐量，${hardware[setup].zh}`,
  },
  published: { low: 14, high: 24, mark: 'V', source: 'vLLM blog, 2023-06-20' },
  unit: 'x',
  sideUnit: 'requests/min',
  sides: [vllm(setup), transformers(setup)],
  measure: overTransformers,
  assumptions: {
    en: `${hardware[setup].en} (its operators are estimated from the datasheet), 1,000 requests of ShareGPT lengths at once, one completion each. Transformers: padded static batches, the best of the sizes that fit with 2,048 tokens a row; 0.78 ms to launch a layer, its cache copied in every step, attention with the scores in memory. vLLM: 0.55 ms, share 0.9 of the memory. Seed 7.`,
    zh: `${hardware[setup].zh}（算子按数据手册估计），1,000 个 ShareGPT 长度的请求同时到达，各一个回答。Transformers：带填充的静态批，取每行 2,048 个 token 能放下的最佳批大小；每层启动 0.78 毫秒，每步复制缓存，注意力得分写入显存。vLLM：0.55 毫秒，显存比例 0.9。种子 7。`,
  },
  remark: {
    en: 'Ours is lower because our Transformers is faster than the one of the blog, whose batch size and step time were not published: of its costs we have launches, padding, the copied cache and unfused attention, but not its softmax in float32, its sampling and its tokens turned into text.',
    zh: '我们的倍数较低，因为我们的 Transformers 比博客中的快；博客未公布批大小和步时。我们计入了启动、填充、缓存复制和未融合的注意力，没有计入 float32 的 softmax、采样和文本解码。',
  },
});

const overTgi = (setup: Setup): HeadlineRow => ({
  id: `H2-${setup}-tgi`,
  claim: {
    en: `Throughput of vLLM over TGI of mid-2023, ${hardware[setup].en}`,
    zh: `vLLM 对 2023 年中的 TGI 的吞吐量，${hardware[setup].zh}`,
  },
  published: { low: 2.2, high: 2.5, mark: 'V', source: 'vLLM blog, 2023-06-20' },
  unit: 'x',
  sideUnit: 'requests/min',
  sides: [vllm(setup), tgi(setup)],
  measure: ratio(metric(requestsPerMinute)),
  assumptions: {
    en: `${hardware[setup].en} (its operators are estimated from the datasheet), 1,000 requests of ShareGPT lengths at once. TGI: its defaults (16,000 tokens of a batch, 4,096 of prompts, ratio 1.2), rows padded as without flash attention, 0.78 ms to launch a layer, cache copied in every step, scores in memory. vLLM: 0.55 ms, share 0.9 of the memory. Seed 7.`,
    zh: `${hardware[setup].zh}（算子按数据手册估计），1,000 个 ShareGPT 长度的请求同时到达。TGI：默认值（批 16,000 个 token，提示 4,096，比例 1.2），按无 flash attention 填充，每层启动 0.78 毫秒，每步复制缓存，注意力得分写入显存。vLLM：0.55 毫秒，显存比例 0.9。种子 7。`,
  },
  remark: {
    en: 'Padded rows and a copied cache cost more than the blog shows; the row below has neither and costs less. The published number lies between: the blog does not say which of TGI’s two servers it ran, and LLaMA had the unpadded one.',
    zh: '填充的行和缓存复制的代价高于博客所示；下一行两者皆无，代价较低。已发表的数字介于两者之间：博客没有说明用的是 TGI 的哪种服务器，而 LLaMA 有无填充的版本。',
  },
});

const overFlash = (setup: Setup): HeadlineRow => ({
  ...overTgi(setup),
  id: `H2-${setup}-tgi-flash`,
  claim: {
    en: `The same over TGI with flash attention, ${hardware[setup].en}`,
    zh: `同上，对使用 flash attention 的 TGI，${hardware[setup].zh}`,
  },
  sides: [vllm(setup), tgiWithFlash(setup)],
  assumptions: {
    en: `As the row above, but TGI’s rows are not padded and its cache is not copied: the rules of TGI v3 without chunks and prefix cache, with the knobs of mid-2023, and places reserved for whole answers; 0.55 ms to launch a layer for both.`,
    zh: `同上一行，但 TGI 的行不填充、缓存不复制：TGI v3 的规则，不分块、无前缀缓存，使用 2023 年中的参数，为整个回答预留位置；双方每层启动 0.55 毫秒。`,
  },
  remark: {
    en: 'What is left of the difference when TGI neither pads nor copies: it reserves places for whole answers, pages do not.',
    zh: 'TGI 既不填充也不复制时所剩的差异：它为整个回答预留位置，分页则不必。',
  },
});

/** TGI by the best static batch: what continuous batching alone gives. */
const tgiOverTransformers: Measure = (probe, [subject, baseline]) => {
  const ours = metric(requestsPerMinute)(probe, subject.knobs);
  const theirs = bestBatch(probe, baseline);
  return { ours: ours.value / theirs.value, sides: [ours, theirs] };
};

export const vllmBlogRows: readonly HeadlineRow[] = [
  throughput('7b'),
  throughput('13b'),
  overTgi('7b'),
  overFlash('7b'),
  overTgi('13b'),
  overFlash('13b'),
  {
    ...throughput('13b'),
    id: 'S-static',
    claim: {
      en: 'Throughput of vLLM over static batches, LLaMA-13B on one A100 40 GB',
      zh: 'vLLM 对静态批的吞吐量，一块 A100 40 GB 上的 LLaMA-13B',
    },
    published: { low: 2, high: 24, mark: 'S', source: 'commonly quoted: 2-24x over static batches' },
    remark: {
      en: 'The lower end is a static batch on the same kernels (S-trt), the upper one Transformers’ own loop (H2).',
      zh: '下限是相同内核上的静态批（S-trt），上限是 Transformers 自己的循环（H2）。',
    },
  },
  {
    ...overTgi('7b'),
    id: 'S-tgi',
    claim: {
      en: 'Throughput of TGI over static batches, LLaMA-7B on one A10G',
      zh: 'TGI 对静态批的吞吐量，一块 A10G 上的 LLaMA-7B',
    },
    published: { low: 2, high: 3, mark: 'S', source: 'commonly quoted' },
    sides: [tgi('7b'), transformers('7b')],
    measure: tgiOverTransformers,
    remark: {
      en: 'Of the padded TGI. What continuous batching gives without better memory: both pad, both copy their cache.',
      zh: '指带填充的 TGI。这是仅靠连续批处理、没有更好显存管理时的收益：双方都填充，都复制缓存。',
    },
  },
];
