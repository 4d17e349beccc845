import type { MissingRow } from './entry.ts';

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
    id: 'H4-llama',
    claim: {
      en: 'Serving capacity of Sarathi-Serve over vLLM, LLaMA2-70B on eight A40',
      zh: 'Sarathi-Serve 对 vLLM 的服务容量，八块 A40 上的 LLaMA2-70B',
    },
    published: 'a figure; not in the abstract',
    mark: 'M',
    source: 'OSDI 2024',
    because: {
      en: 'There is no profile of an A40, and no number to compare with.',
      zh: '没有 A40 的设备档案，也没有可比较的数字。',
    },
  },
  {
    id: 'H5',
    claim: { en: 'DistServe over vLLM: requests or objective', zh: 'DistServe 对 vLLM：请求数或目标' },
    published: '7.4x or 12.6x',
    mark: 'A',
    source: 'OSDI 2024',
    because: {
      en: 'The largest of all its models and workloads, with a layout of its own on each side: here both sides have one, so that only rows H5-13b and H5-66b come near.',
      zh: '取自其全部模型与负载中的最大值，两侧各有布局；这里两侧共用一种布局，只有 H5-13b 和 H5-66b 两行与之接近。',
    },
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
