import type { EngineKnob } from '../knob-entry.ts';
import type { Knobs } from '../knobs.ts';

const own = { group: 'engine', readBy: 'engines', change: 'start', since: 1 } as const;

/** vLLM's knobs of captured graphs, with their words; those that others have too are common ones. */
export const vllmKnobs: readonly EngineKnob[] = [
  {
    ...own,
    name: 'enforce-eager',
    flag: '--enforce-eager',
    type: 'switch',
    unit: 'none',
    default: false,
    text: {
      label: { en: 'No CUDA graphs', zh: '关闭 CUDA 图' },
      help: {
        en: 'Steps are not padded to the size of a captured graph; what launches would cost then is not counted.',
        zh: '各步不再填充到已捕获图的大小；由此增加的启动开销不计。',
      },
    },
  },
  {
    ...own,
    name: 'max-cudagraph-capture-size',
    flag: '--max-cudagraph-capture-size',
    type: 'integer',
    unit: 'tokens',
    isUsed: (knobs: Knobs) => knobs['enforce-eager'] !== true,
    default: 0,
    min: 1,
    max: 8192,
    step: 1,
    scale: 'log',
    zero: true,
    text: {
      label: { en: 'Largest captured step', zh: '最大捕获步' },
      help: {
        en: 'Steps of up to so many tokens are padded to the next captured size; larger ones run as they are.',
        zh: '不超过此 token 数的步填充到下一个已捕获的大小；更大的按原样运行。',
      },
      zero: { en: 'twice the seats, at most 512', zh: '席位数的两倍，至多 512' },
    },
  },
];
