/** H11: TensorRT-LLM's tables of static batches. They say how well the cost model fits, nothing of scheduling. */

import type { HeadlineRow, Side } from '../entry.ts';
import { metric, ratio, timesLower } from '../measure.ts';
import { outputTokensPerS, requestsPerS, ttftMedianMs } from '../metrics.ts';
import { published } from '../scenarios.ts';

interface Batch {
  readonly model: string;
  readonly device: string;
  readonly fp8: boolean;
  readonly ranks?: number;
  readonly size: number;
  readonly prompt: number;
  readonly output: number;
}

const side = ({ model, device, fp8, ranks = 1, size, prompt, output }: Batch): Side => ({
  name: {
    en: `${device === 'h100' ? 'H100' : 'A100'}, ${fp8 ? 'FP8' : 'FP16'}`,
    zh: `${device === 'h100' ? 'H100' : 'A100'}，${fp8 ? 'FP8' : 'FP16'}`,
  },
  knobs: published('static', {
    workload: 'lengths',
    lengths: 'fixed',
    'prompt-tokens': prompt,
    'output-tokens': output,
    rate: 0,
    requests: size,
    'batch-size': size,
    'max-num-seqs': size,
    'batch-timeout-ms': 0,
    memory: 'contiguous-oracle',
    'max-model-len': prompt + output,
    'gpu-memory-utilization': 0.95,
    model,
    device,
    'tensor-parallel-size': ranks,
    ...(fp8 ? { 'weight-precision': 'fp8', 'kv-precision': 'fp8' } : {}),
  }),
});

const gptj = { model: 'gpt-j-6b', prompt: 128, output: 128 } as const;
const onH100 = (size: number) => side({ ...gptj, device: 'h100', fp8: true, size });
const onA100 = (size: number) => side({ ...gptj, device: 'a100-80', fp8: false, size });

const blog = 'TensorRT-LLM blog, H100 against A100';
const page = 'TensorRT-LLM v0.5.0, performance page';
const assumptions = {
  en: 'One static batch, all requests at once, no time of the host. Both devices are fitted to published operator tables; FP8 products run at the ratio of the datasheets, which was not measured on an H100. FP8 also for keys and values.',
  zh: '一个静态批，所有请求同时到达，主机不占时间。两种设备按公开算子表拟合；FP8 乘法按数据手册的比例，未在 H100 上实测。键和值也用 FP8。',
};

/** An absolute number of the performance page, H100 and FP8. */
function point(batch: Omit<Batch, 'device' | 'fp8' | 'size'>, name: string, tokensPerS: number): HeadlineRow {
  const gpus = batch.ranks === undefined ? '' : `, ${batch.ranks} GPUs`;
  return {
    id: `H11b-${batch.ranks === undefined ? '7b' : '70b'}-${batch.prompt}-${batch.output}`,
    claim: {
      en: `${name}${gpus}, batch 64, ${batch.prompt} tokens in and ${batch.output} out`,
      zh: `${name}${gpus}，批 64，输入 ${batch.prompt}、输出 ${batch.output} 个 token`,
    },
    published: { low: tokensPerS, high: tokensPerS, mark: 'V', source: page },
    unit: 'tokens/s',
    sideUnit: 'tokens/s',
    sides: [side({ ...batch, device: 'h100', fp8: true, size: 64 })],
    measure: ratio(metric(outputTokensPerS)),
    assumptions,
    remark: { en: '', zh: '' },
  };
}

/** Batches of one size, formed anew when a seat falls free or when the whole batch is done. */
const inFlight = (policy: string): Side => ({
  name:
    policy === 'STATIC_BATCH' ? { en: 'Static batches', zh: '静态批' } : { en: 'In-flight batching', zh: '在途批处理' },
  knobs: published('tensorrt-llm', {
    workload: 'lengths',
    lengths: 'sharegpt',
    rate: 0,
    requests: 2000,
    model: 'llama-2-7b',
    device: 'h100',
    'max-model-len': 2048,
    max_batch_size: 64,
    capacity_scheduler_policy: policy,
  }),
});

/** Needs nothing but the engine; the rows of the tables need eight-bit weights. */
export const inFlightRow: HeadlineRow = {
  id: 'S-trt',
  claim: {
    en: 'Throughput of TensorRT-LLM’s in-flight batching over static batches of the same engine',
    zh: 'TensorRT-LLM 的在途批处理对同一引擎静态批的吞吐量',
  },
  published: { low: 3, high: 5, mark: 'S', source: 'commonly quoted: 3-5x' },
  unit: 'x',
  sideUnit: 'requests/s',
  sides: [inFlight('GUARANTEED_NO_EVICT'), inFlight('STATIC_BATCH')],
  measure: ratio(metric(requestsPerS)),
  assumptions: {
    en: 'Llama-2-7B in 16 bits on one H100, 2,000 requests of ShareGPT lengths at once, batches of up to 64, the same kernels on both sides and no time of the host. Seed 7.',
    zh: '一块 H100 上 16 位的 Llama-2-7B，2,000 个 ShareGPT 长度的请求同时到达，批最大 64，双方内核相同，主机不占时间。种子 7。',
  },
  remark: {
    en: 'A static batch of 64 lasts as long as its longest answer, about 2.6 times the mean answer here, and with equal seats and kernels nothing more can be won. Quoted factors also count better kernels and larger batches.',
    zh: '64 个请求的静态批持续到最长的回答，这里约为平均回答的 2.6 倍；席位和内核相同时收益至多如此。常被引用的倍数还包括更好的内核和更大的批。',
  },
};

export const tensorRtLlmRows: readonly HeadlineRow[] = [
  {
    id: 'H11',
    claim: {
      en: 'Tokens a second of GPT-J-6B at batch 64, H100 FP8 over A100 FP16',
      zh: 'GPT-J-6B 批 64 的每秒 token 数，H100 FP8 对 A100 FP16',
    },
    published: { low: 3, high: 3, mark: 'V', source: `${blog}: 10,907 and 3,679` },
    unit: 'x',
    sideUnit: 'tokens/s',
    sides: [onH100(64), onA100(64)],
    measure: ratio(metric(outputTokensPerS)),
    assumptions,
    remark: { en: '', zh: '' },
  },
  {
    id: 'H11-first-token',
    claim: {
      en: 'Time to first token of GPT-J-6B at batch 64, how many times lower on the H100',
      zh: 'GPT-J-6B 批 64 的首 token 时间，H100 低多少倍',
    },
    published: { low: 4.7, high: 4.7, mark: 'V', source: `${blog}: 102 and 481 ms` },
    unit: 'x',
    sideUnit: 'ms',
    sides: [onH100(64), onA100(64)],
    measure: timesLower(metric(ttftMedianMs)),
    assumptions,
    remark: { en: '', zh: '' },
  },
  {
    id: 'H11-batch-1',
    claim: {
      en: 'Tokens a second of GPT-J-6B at batch 1, H100 FP8 over A100 FP16',
      zh: 'GPT-J-6B 批 1 的每秒 token 数，H100 FP8 对 A100 FP16',
    },
    published: { low: 1.67, high: 1.67, mark: 'V', source: `${blog}: 185 and 111` },
    unit: 'x',
    sideUnit: 'tokens/s',
    sides: [onH100(1), onA100(1)],
    measure: ratio(metric(outputTokensPerS)),
    assumptions,
    remark: { en: '', zh: '' },
  },
  point({ model: 'llama-2-7b', prompt: 128, output: 128 }, 'Llama-7B', 9193),
  point({ model: 'llama-2-7b', prompt: 128, output: 2048 }, 'Llama-7B', 5367),
  point({ model: 'llama-2-7b', prompt: 2048, output: 128 }, 'Llama-7B', 2058),
  point({ model: 'llama-2-70b', prompt: 128, output: 128, ranks: 4 }, 'Llama-70B', 3317),
  point({ model: 'llama-2-70b', prompt: 128, output: 2048, ranks: 4 }, 'Llama-70B', 2616),
  point({ model: 'llama-2-70b', prompt: 2048, output: 128, ranks: 4 }, 'Llama-70B', 843),
];
