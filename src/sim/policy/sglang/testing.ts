import fc from 'fast-check';
import { type EngineConfig, plainEngine } from '../../engine-config.ts';
import { type SglangSettings, sglangDefaults } from './settings.ts';

/** Settings of SGLang with which every rule gets its turn in small runs. Chunks are in pages. */
export const sglangArb = fc.record({
  schedulePolicy: fc.constantFrom<SglangSettings['schedulePolicy'][]>(
    'fcfs',
    'fcfs',
    'lpm',
    'dfs-weight',
    'lof',
    'random',
    'routing-key',
  ),
  scheduleConservativeness: fc.constantFrom(0.05, 0.3, 1, 1.3),
  chunkPages: fc.option(fc.integer({ min: 1, max: 40 })),
  maxPrefillTokens: fc.integer({ min: 16, max: 300 }),
  prefillMaxRequests: fc.constantFrom(0, 0, 1, 3),
  enableMixedChunk: fc.boolean(),
  radixEvictionPolicy: fc.constantFrom<SglangSettings['radixEvictionPolicy'][]>(
    'lru',
    'lru',
    'lfu',
    'fifo',
    'mru',
    'filo',
    'priority',
  ),
  enablePriorityScheduling: fc.boolean(),
  scheduleLowPriorityValuesFirst: fc.boolean(),
  prioritySchedulingPreemptionThreshold: fc.constantFrom(0, 1),
  ignoreEos: fc.boolean(),
  cudaGraphMaxBs: fc.constantFrom(0, 4, 256),
  speculativeEagleTopk: fc.constantFrom(1, 1, 2, 4),
  speculativeNumDraftTokens: fc.integer({ min: 2, max: 9 }),
  seed: fc.integer({ min: 0, max: 9 }),
});
export type SglangSample = typeof sglangArb extends fc.Arbitrary<infer T> ? T : never;

/** What SGLang has otherwise than the configuration of a small run. */
export function sglangConfig(
  { chunkPages, ...settings }: SglangSample,
  { blockSize, asyncScheduling }: Pick<EngineConfig, 'blockSize' | 'asyncScheduling'>,
  { speculation, encoder }: Pick<EngineConfig, 'speculation' | 'encoder'>,
): Partial<EngineConfig> {
  const overlaps = asyncScheduling && speculation === null;
  // Priorities go with these two orders only.
  const hasPriorities = settings.schedulePolicy === 'fcfs' || settings.schedulePolicy === 'lof';
  return {
    ...plainEngine,
    memory: 'own',
    settings: {
      ...sglangDefaults,
      ...settings,
      chunkedPrefillSize: chunkPages === null ? -1 : chunkPages * blockSize,
      enablePriorityScheduling: settings.enablePriorityScheduling && hasPriorities,
    },
    asyncScheduling: overlaps,
    batchesInFlight: overlaps ? 2 : 1,
    speculation,
    encoder,
    // What the pool holds is the limit.
    maxModelLen: 1000,
  };
}
