import type { MissingRow } from './entry.ts';

const manyGpus = {
  en: 'Several replicas or a pipeline over hosts: one replica with plain tensor parallelism is simulated so far.',
  zh: '需要多个副本或跨主机流水线：目前只模拟一个使用张量并行的副本。',
} as const;

/** Published numbers that are not simulated. */
export const missingRows: readonly MissingRow[] = [
  {
    id: 'H2-three',
    claim: {
      en: 'Three completions a request: vLLM over Transformers, over TGI',
      zh: '每个请求三个回答：vLLM 对 Transformers、对 TGI',
    },
    published: '8.5–15x, 3.3–3.5x',
    mark: 'V',
    source: 'vLLM blog, 2023-06-20',
    because: {
      en: 'Parallel sampling with copied-on-write blocks is not modelled.',
      zh: '未模拟写时复制块的并行采样。',
    },
  },
  {
    id: 'H3',
    claim: { en: 'Orca over FasterTransformer, GPT-3 175B', zh: 'Orca 对 FasterTransformer，GPT-3 175B' },
    published: '36.9x',
    mark: 'A',
    source: 'OSDI 2022',
    because: {
      en: 'A pipeline of two over sixteen GPUs: simulated since, not set up as a row yet.',
      zh: '十六块 GPU 组成两级流水线：现已可模拟，尚未列为一行。',
    },
  },
  {
    id: 'H4-falcon',
    claim: {
      en: 'Serving capacity of Sarathi-Serve over vLLM, Falcon-180B',
      zh: 'Sarathi-Serve 对 vLLM 的服务容量，Falcon-180B',
    },
    published: 'up to 5.6x',
    mark: 'A',
    source: 'OSDI 2024, abstract',
    because: {
      en: 'A pipeline over two hosts: simulated since, not set up as a row yet.',
      zh: '跨两台主机的流水线：现已可模拟，尚未列为一行。',
    },
  },
  {
    id: 'H4b',
    claim: {
      en: 'Tensor parallelism over 100 Gb Ethernet against a pipeline',
      zh: '跨 100 Gb 以太网的张量并行与流水线对比',
    },
    published: 'more than 2x slower',
    mark: 'M',
    source: 'OSDI 2024, figure 8',
    because: manyGpus,
  },
  {
    id: 'H5',
    claim: { en: 'DistServe over vLLM: requests or objective', zh: 'DistServe 对 vLLM：请求数或目标' },
    published: '7.4x or 12.6x',
    mark: 'A',
    source: 'OSDI 2024',
    because: {
      en: 'Prefill and decode on different GPUs are not simulated so far.',
      zh: '目前不模拟预填充与解码分布在不同 GPU 上。',
    },
  },
  {
    id: 'H6',
    claim: { en: 'Splitwise over homogeneous clusters', zh: 'Splitwise 对同构集群' },
    published: '1.4x at 20 % less cost, 2.35x at equal power',
    mark: 'A',
    source: 'ISCA 2024',
    because: manyGpus,
  },
  {
    id: 'H7',
    claim: { en: 'Mooncake over vLLM: requests within the objective', zh: 'Mooncake 对 vLLM：达标请求数' },
    published: '+59 to +498 %',
    mark: 'V',
    source: 'FAST 2025',
    because: manyGpus,
  },
  {
    id: 'H8c',
    claim: {
      en: 'SGLang v0.2 over vLLM and TensorRT-LLM, 70B and 405B',
      zh: 'SGLang v0.2 对 vLLM 与 TensorRT-LLM，70B 与 405B',
    },
    published: 'up to 3.8x, up to 2.1x',
    mark: 'V',
    source: 'SGLang blog, 2024-07-25',
    because: {
      en: 'With prefix caches off the difference was host overhead of the versions of that month, which nobody published.',
      zh: '关闭前缀缓存后，差异来自当月各版本的主机开销，没有公开数据。',
    },
  },
  {
    id: 'H9d',
    claim: { en: 'Sixteen replicas of FastGen over one', zh: 'FastGen 十六个副本对一个' },
    published: '1.46 to 23.7 requests/s',
    mark: 'V',
    source: 'FastGen blog',
    because: manyGpus,
  },
  {
    id: 'H10',
    claim: {
      en: 'DeepSpeed-Inference over the state of the art of 2022: latency, throughput',
      zh: 'DeepSpeed-Inference 对 2022 年最佳方案：延迟、吞吐量',
    },
    published: 'up to 7.3x, over 1.5x',
    mark: 'A',
    source: 'SC 2022',
    because: {
      en: 'Its kernels against those of FasterTransformer: no constants of either were published that a cost model could be given.',
      zh: '比较的是其内核与 FasterTransformer 的内核：双方都没有公布可供代价模型使用的常数。',
    },
  },
];
