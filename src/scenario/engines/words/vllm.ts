import type { KnobText } from '../../knob-entry.ts';

/** Names and sentences of the engine's own knobs. */
export const words: Readonly<Record<string, KnobText>> = {
  'enforce-eager': {
    label: { en: 'No CUDA graphs', zh: '关闭 CUDA 图' },
    help: {
      en: 'Steps are not padded to the size of a captured graph, and each kernel is launched by itself; where launches take longer than kernels, that is not counted.',
      zh: '各步不再填充到已捕获图的大小，每个内核单独启动；启动比内核更久的部分不计。',
    },
  },
  'max-cudagraph-capture-size': {
    label: { en: 'Largest captured step', zh: '最大捕获步' },
    zero: { en: 'twice the seats, at most 512', zh: '席位数的两倍，至多 512' },
    help: {
      en: 'Steps of up to so many tokens are padded to the next captured size; larger ones run as they are.',
      zh: '不超过此 token 数的步填充到下一个已捕获的大小；更大的按原样运行。',
    },
  },
};
