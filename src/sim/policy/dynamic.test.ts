import { describe, expect, it } from 'vitest';
import { Because, DecisionKind } from '../decision.ts';
import { defaultEngineConfig, type EngineConfig } from '../engine-config.ts';
import type { RequestSpec } from '../request.ts';
import { Simulation } from '../simulation.ts';
import { openSource, toyCost } from '../testing.ts';
import { type DynamicSettings, dynamic } from './dynamic.ts';

function batcher(settings: Partial<DynamicSettings>, config: Partial<EngineConfig> = {}): EngineConfig {
  return {
    ...defaultEngineConfig(1001),
    policy: 'dynamic',
    settings,
    asyncScheduling: false,
    batchesInFlight: 1,
    ...config,
  };
}

const at = (...arrivals: number[]): RequestSpec[] =>
  arrivals.map((arrivalUs) => ({ arrivalUs, promptTokens: 8, outputTokens: 2 }));

/** The batches of a run: when each began, and how many requests were in it. */
function batches(config: EngineConfig, specs: readonly RequestSpec[]): [startUs: number, requests: number][] {
  const simulation = new Simulation(config, openSource(specs), toyCost);
  const found: [number, number][] = [];
  while (simulation.next()) {
    const { lastBatch: batch } = simulation;
    if (batch.prefillTokens > 0) found.push([batch.startUs, batch.count]);
  }
  return found;
}

/** A prompt step of two takes 1160 us, a decode step of two 1020 us. */
const pairUs = 1160 + 1020;

describe('a dynamic batcher', () => {
  it('takes whoever is there at once, by default', () => {
    expect(batches(batcher({}), at(0, 1, 2))).toEqual([
      [0, 1],
      [1080 + 1010, 2],
    ]);
  });

  it('waits for its delay, counted from the first request, and then takes all', () => {
    const settings = { maxQueueDelayUs: 500, maxBatchSize: 8 };
    expect(batches(batcher(settings), at(100, 300, 599))).toEqual([[600, 3]]);
  });

  it('does not wait when the largest batch is there, which leaves the others for the next one', () => {
    const settings = { maxQueueDelayUs: 5000, maxBatchSize: 2 };
    expect(batches(batcher(settings), at(100, 300, 400))).toEqual([
      [300, 2],
      [5400, 1],
    ]);
  });

  it('forms the largest preferred size that can be formed, without delay', () => {
    const settings = { maxQueueDelayUs: 9000, maxBatchSize: 8, preferredBatchSizes: [2, 4] };
    // Five wait when the first pair is done: four of them go, the fifth waits for its delay.
    expect(batches(batcher(settings), at(0, 0, 10, 11, 12, 13, 14))).toEqual([
      [0, 2],
      [pairUs, 4],
      [9014, 1],
    ]);
  });

  it('prefers a preferred size to the largest one', () => {
    const settings = { maxBatchSize: 4, preferredBatchSizes: [3] };
    expect(batches(batcher(settings), at(0, 0, 0, 0)).map(([, count]) => count)).toEqual([3, 1]);
  });

  it('never forms a preferred size beyond the largest batch or the seats', () => {
    const settings = { maxBatchSize: 2, preferredBatchSizes: [3] };
    expect(batches(batcher(settings), at(0, 0, 0, 0)).map(([, count]) => count)).toEqual([2, 2]);
    const seats = batcher({ maxBatchSize: 4 }, { maxNumSeqs: 3 });
    expect(batches(seats, at(0, 0, 0, 0)).map(([, count]) => count)).toEqual([3, 1]);
  });

  it('says what it waits for: the next size that would do', () => {
    const settings = { maxQueueDelayUs: 500, maxBatchSize: 8, preferredBatchSizes: [4, 6] };
    const simulation = new Simulation(batcher(settings), openSource(at(0)), toyCost);
    simulation.next();
    const { decisions } = simulation.engine;
    expect([decisions.kind[0], decisions.because[0], decisions.need[0], decisions.have[0]]).toEqual([
      DecisionKind.hold,
      Because.batchNotFull,
      4,
      1,
    ]);
  });

  it('runs one batch at a time, to the end of its longest row', () => {
    const specs = [
      { arrivalUs: 0, promptTokens: 8, outputTokens: 2 },
      { arrivalUs: 0, promptTokens: 8, outputTokens: 50 },
      { arrivalUs: 1, promptTokens: 8, outputTokens: 2 },
    ];
    const found = batches(batcher({ maxBatchSize: 8 }), specs);
    expect(found.map(([, count]) => count)).toEqual([2, 1]);
    // The second batch begins after all 49 decode steps of the first.
    expect(found[1][0]).toBeGreaterThan(1160 + 49 * 1020);
  });
});

it('has the defaults of a model configuration without preferred sizes', () => {
  expect(dynamic.defaults).toEqual({ maxBatchSize: 8, preferredBatchSizes: [], maxQueueDelayUs: 0 });
});
