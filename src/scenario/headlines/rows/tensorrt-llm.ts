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

const remarks: Readonly<Record<string, HeadlineRow['remark']>> = {
  '128-128': {
    en: 'No host, no gaps between kernels: ours should be a little faster, and is.',
    zh: '没有主机时间，内核之间没有空隙：我们的应略快，也确实如此。',
  },
  '128-2048': {
    en: 'With long answers nearly all steps are decodes. The published 70B slows down from 3,317 to 2,616 although its grouped heads leave few keys and values to read; why, the page does not say, and ours does not.',
    zh: '回答较长时几乎全是解码步。发表的 70B 从 3,317 降到 2,616，而分组注意力头需要读取的键值很少；页面没有说明原因，我们的没有下降。',
  },
  '2048-128': {
    en: 'With long prompts nearly all time is arithmetic of the prefill.',
    zh: '提示较长时几乎全是预填充的运算。',
  },
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
    remark: remarks[`${batch.prompt}-${batch.output}`],
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
    remark: {
      en: 'Both sides come out near the published 10,907 and 3,679 by themselves.',
      zh: '双方各自也接近发表的 10,907 与 3,679。',
    },
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
    remark: {
      en: 'One step of 8,192 prompt tokens: arithmetic alone.',
      zh: '一步 8,192 个提示 token：只取决于算力。',
    },
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
    remark: {
      en: 'The A100 agrees (113 and 111). A step of the published H100 takes 5.4 ms, of ours 4.0: reading the weights takes 2 ms, so both are mostly start times of kernels, of which FP8 has more than our profile knows.',
      zh: 'A100 一致（113 与 111）。发表的 H100 一步为 5.4 毫秒，我们的为 4.0：读权重只需 2 毫秒，其余主要是内核启动时间，而 FP8 的启动比我们的档案所知的更多。',
    },
  },
  point({ model: 'llama-2-7b', prompt: 128, output: 128 }, 'Llama-7B', 9193),
  point({ model: 'llama-2-7b', prompt: 128, output: 2048 }, 'Llama-7B', 5367),
  point({ model: 'llama-2-7b', prompt: 2048, output: 128 }, 'Llama-7B', 2058),
  point({ model: 'llama-2-70b', prompt: 128, output: 128, ranks: 4 }, 'Llama-70B', 3317),
  point({ model: 'llama-2-70b', prompt: 128, output: 2048, ranks: 4 }, 'Llama-70B', 2616),
  point({ model: 'llama-2-70b', prompt: 2048, output: 128, ranks: 4 }, 'Llama-70B', 843),
];
