import type { KnobText } from '../../knob-entry.ts';

/** Names and sentences of the engine's own knobs. */
export const words: Readonly<Record<string, KnobText>> = {
  'max-batch-size': {
    label: { en: 'Largest batch', zh: '最大批' },
    help: {
      en: 'Most requests of a batch; when that many wait, nobody waits any longer.',
      zh: '一个批的请求上限；等待者达到此数时立即执行。',
    },
  },
  'max-queue-delay-microseconds': {
    label: { en: 'Queue delay', zh: '排队延迟' },
    help: {
      en: 'How long the first waiting request waits for a larger batch while the GPU is free.',
      zh: 'GPU 空闲时，第一个等待的请求为凑成更大的批最多等多久。',
    },
    zero: { en: 'none', zh: '不等待' },
  },
  'preferred-batch-size': {
    label: { en: 'Preferred batch', zh: '首选批大小' },
    help: {
      en: 'A batch of this size is formed as soon as it can be, without delay.',
      zh: '一旦凑够这一大小，就立即组批，不再等待。',
    },
    zero: { en: 'none', zh: '无' },
  },
};
