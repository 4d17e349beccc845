import { Bound } from '../../sim/decision.ts';
import type { DynamicSettings } from '../../sim/policy/dynamic.ts';
import type { EngineKnob } from '../knob-entry.ts';
import { anyMemory, poolKnobs, vllmLimits } from './common.ts';
import type { EngineEntry } from './entry.ts';
import { ownKnobReader } from './own-knobs.ts';

const own = { group: 'engine', readBy: 'engines', type: 'integer', step: 1, scale: 'log', since: 1 } as const;

const knobs: readonly EngineKnob[] = [
  {
    ...own,
    name: 'max-batch-size',
    flag: 'max_batch_size',
    unit: 'requests',
    change: 'fork',
    binds: Bound.batch,
    default: 8,
    min: 1,
    max: 1024,
    zero: false,
    text: {
      label: { en: 'Largest batch', zh: '最大批' },
      help: {
        en: 'Most requests of a batch; when that many wait, nobody waits any longer.',
        zh: '一个批的请求上限；等待者达到此数时立即执行。',
      },
    },
  },
  {
    ...own,
    name: 'max-queue-delay-microseconds',
    flag: 'max_queue_delay_microseconds',
    unit: 'us',
    change: 'fork',
    default: 0,
    min: 1,
    max: 60_000_000,
    zero: true,
    text: {
      label: { en: 'Queue delay', zh: '排队延迟' },
      help: {
        en: 'How long the first waiting request waits for a larger batch while the GPU is free.',
        zh: 'GPU 空闲时，第一个等待的请求为凑成更大的批最多等多久。',
      },
      zero: { en: 'none', zh: '不等待' },
    },
  },
  {
    ...own,
    name: 'preferred-batch-size',
    flag: 'preferred_batch_size',
    unit: 'requests',
    change: 'fork',
    default: 0,
    min: 1,
    max: 1024,
    zero: true,
    text: {
      label: { en: 'Preferred batch', zh: '首选批大小' },
      help: {
        en: 'A batch of this size is formed as soon as it can be, without delay.',
        zh: '一旦凑够这一大小，就立即组批，不再等待。',
      },
      zero: { en: 'none', zh: '无' },
    },
  },
];

/** A dynamic batcher in front of static batches. */
export const dynamicBatching: EngineEntry = {
  id: 'dynamic',
  name: { en: 'Dynamic batcher', zh: '动态批处理器' },
  sentence: {
    en: 'Whenever the GPU is free, whoever waits becomes a batch, at once or after a short delay; the batch runs until its longest answer is done.',
    zh: 'GPU 一空闲，等待者立即或稍候组成一个批；批运行到最长的回答完成。',
  },
  about: () => import('./about/dynamic.ts').then((m) => m.about),
  memories: anyMemory,
  reads: poolKnobs,
  phases: ['speculation', 'multimodal'],
  knobs,
  limits: (given) => ({
    ...vllmLimits(given),
    staticBatch: ownKnobReader(knobs, given).number('max-batch-size'),
  }),
  configure(given) {
    const read = ownKnobReader(knobs, given);
    const preferred = read.number('preferred-batch-size');
    const settings: DynamicSettings = {
      maxBatchSize: read.number('max-batch-size'),
      preferredBatchSizes: preferred > 0 ? [preferred] : [],
      maxQueueDelayUs: read.number('max-queue-delay-microseconds'),
    };
    return { policy: 'dynamic', settings };
  },
};
