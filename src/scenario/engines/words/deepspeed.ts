import type { KnobText } from '../../knob-entry.ts';

/** Names and sentences of the engine's own knobs. */
export const words: Readonly<Record<string, KnobText>> = {
  'max-out-tokens': {
    label: { en: 'Workspace a row', zh: '每行工作区' },
    help: {
      en: 'Places for keys and values of one row, prompt and answer together, allocated once for the whole batch; longer requests fail.',
      zh: '每行键值的位置数（提示与回答合计），为整个批一次性分配；更长的请求会失败。',
    },
  },
  'replace-with-kernel-inject': {
    label: { en: 'Kernel injection', zh: '内核注入' },
    help: {
      en: 'Fused kernels: about 5 launches a layer instead of 17, and weights that stream at 80 % of the bandwidth instead of 55 %.',
      zh: '融合内核：每层约 5 次启动而不是 17 次，读取权重达到带宽的 80% 而不是 55%。',
    },
  },
  'deepspeed-enable-cuda-graph': {
    label: { en: 'CUDA graph', zh: 'CUDA 图' },
    help: {
      en: 'Captures a step, so that its kernels are launched at once; it helps where a step is shorter than its launches.',
      zh: '捕获一步的计算图，一次启动全部内核；只在一步短于其启动时间时有用。',
    },
  },
};
