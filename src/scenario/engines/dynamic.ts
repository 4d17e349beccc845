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
  words: () => import('./words/dynamic.ts').then((m) => m.words),
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
