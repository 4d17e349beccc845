/** Stages of a pipeline in a run: when a batch is in each of them, and what that leaves idle. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Batch, EntryFlag } from './batch.ts';
import { defaultEngineConfig, type EngineConfig } from './engine-config.ts';
import type { BatchShape, CostModel } from './gpu/cost.ts';
import { pipelineCost } from './gpu/pipeline.ts';
import { Recorder } from './metrics/recorder.ts';
import { Run } from './run.ts';
import { type Observer, Simulation } from './simulation.ts';
import { cases, openSource, toyCost } from './testing.ts';

/** Stages that take so many times what the toy model takes, and messages of so many microseconds between them. */
function stagesOf(factors: readonly number[], sendUs: number): CostModel {
  const stages = factors.map((factor) => ({
    ...toyCost,
    stepUs: (shape: BatchShape) => factor * toyCost.stepUs(shape),
  }));
  return pipelineCost(stages, () => sendUs);
}

const sync = (stages: number): EngineConfig => ({
  ...defaultEngineConfig(4000),
  maxModelLen: 4096,
  batchesInFlight: stages,
  asyncScheduling: false,
  maxNumBatchedTokens: 100,
  maxNumScheduledTokens: 100,
  maxNumSeqs: 64,
  enablePrefixCaching: false,
});

const async = (stages: number): EngineConfig => ({
  ...sync(stages),
  batchesInFlight: stages + 1,
  asyncScheduling: true,
  decodeCadence: stages,
});

/** Prompts that fill a step each, and nothing after them. */
const prompts = (count: number) =>
  openSource(Array.from({ length: count }, () => ({ arrivalUs: 0, promptTokens: 100, outputTokens: 1 })));

const mixed = (seed: number) =>
  openSource(
    Array.from({ length: 12 }, (_, i) => ({
      arrivalUs: ((seed + i * 7919) % 13) * 1500,
      promptTokens: 1 + ((seed * 31 + i * 104_729) % 250),
      outputTokens: 1 + ((seed * 17 + i * 7) % 9),
    })),
  );

function runOf(config: EngineConfig, source: ReturnType<typeof openSource>, cost: CostModel) {
  const run = new Run(config, source, cost, 1e12);
  run.advance(100_000);
  return run.account();
}

/** All batches of a run as they were launched, and when they were scheduled. */
function launchesOf(config: EngineConfig, source: ReturnType<typeof openSource>, cost: CostModel) {
  const launched: { readonly batch: Batch; readonly nowUs: number }[] = [];
  const observer: Observer = {
    launched({ nowUs }, batch) {
      const copy = new Batch(batch.stageStartUs.length);
      copy.copyFrom(batch);
      launched.push({ batch: copy, nowUs });
    },
    idle() {},
    rejected() {},
  };
  const simulation = new Simulation(config, source, cost, observer);
  while (simulation.next());
  return launched;
}

const factors = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 5 });

describe('bubbles', () => {
  it('are (p - 1) / (m + p - 1) of the time for m equal batches on p equal stages, exactly', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 8 }), fc.integer({ min: 1, max: 40 }), (p, m) => {
        const { stages, summary } = runOf(sync(p), prompts(m), stagesOf(Array(p).fill(1), 0));
        expect(summary.steps).toBe(m);
        expect(stages.bubbleShare).toBeCloseTo((p - 1) / (m + p - 1), 12);
        expect(summary.busyUs).toBe((m + p - 1) * 2000);
        for (const us of stages.busyUs) expect(us).toBe(m * 2000);
      }),
      { numRuns: cases / 3 },
    );
  });

  it('of a slow stage are what the others wait for it', () => {
    const { stages, summary } = runOf(sync(3), prompts(30), stagesOf([1, 3, 1], 0));
    expect([...stages.busyUs]).toEqual([60_000, 180_000, 60_000]);
    // The slow stage never waits, but for the first and the last batch.
    expect(summary.busyUs).toBe(30 * 6000 + 2000 + 2000);
  });

  it('are none, and communication is counted, with one stage', () => {
    const cost: CostModel = { ...toyCost, communicationUs: (shape) => shape.tokens };
    const { stages, summary } = runOf(sync(1), prompts(5), cost);
    expect(stages.bubbleShare).toBe(0);
    expect([...stages.busyUs]).toEqual([summary.busyUs]);
    expect(stages.communicationUs).toBe(500);
  });
});

describe('a pipeline of one stage', () => {
  it('is no pipeline: the same run to the last bit', () => {
    for (const config of [sync(1), async(1)])
      for (let seed = 0; seed < 20; seed++) {
        const alone = runOf(config, mixed(seed), toyCost);
        const staged: CostModel = {
          ...toyCost,
          stages: { count: 1, stageUs: (_, shape) => toyCost.stepUs(shape), sendUs: () => 0, communicationUs: () => 0 },
        };
        const { fingerprint, summary, series, stages } = runOf(config, mixed(seed), staged);
        expect(fingerprint).toBe(alone.fingerprint);
        expect({ summary, series, stages }).toEqual({
          summary: alone.summary,
          series: alone.series,
          stages: alone.stages,
        });
      }
  });
});

describe('times of the stages', () => {
  it('are those of a plain loop over batches and stages', () => {
    fc.assert(
      fc.property(
        factors,
        fc.integer({ min: 0, max: 700 }),
        fc.nat(1000),
        fc.boolean(),
        (times, send, seed, isAsync) => {
          const stages = times.length;
          const config = isAsync ? async(stages) : sync(stages);
          const launched = launchesOf(config, mixed(seed), stagesOf(times, send));
          const free = new Array<number>(stages).fill(0);
          const tokenUs = new Map<number, number>();
          for (const { batch, nowUs } of launched) {
            const us = toyCost.stepUs(batch.shape);
            let ready = nowUs;
            for (const request of batch.request.subarray(0, batch.count))
              ready = Math.max(ready, tokenUs.get(request) ?? 0);
            for (let stage = 0; stage < stages; stage++) {
              const start = Math.max(ready, free[stage]);
              expect(batch.stageStartUs[stage]).toBe(start);
              expect(batch.stageEndUs[stage]).toBe(start + times[stage] * us);
              free[stage] = start + times[stage] * us;
              ready = free[stage] + send;
            }
            expect([batch.startUs, batch.endUs]).toEqual([batch.stageStartUs[0], free[stages - 1]]);
            for (let i = 0; i < batch.count; i++)
              if ((batch.flags[i] & EntryFlag.samples) !== 0) tokenUs.set(batch.request[i], batch.endUs);
          }
        },
      ),
      { numRuns: cases / 3 },
    );
  });

  it('never let a request decode before its token is there', () => {
    fc.assert(
      fc.property(factors, fc.integer({ min: 0, max: 700 }), fc.nat(1000), (times, send, seed) => {
        const tokenUs = new Map<number, number>();
        for (const { batch } of launchesOf(async(times.length), mixed(seed), stagesOf(times, send))) {
          for (let i = 0; i < batch.count; i++) {
            const request = batch.request[i];
            const isDecode = (batch.flags[i] & EntryFlag.prefill) === 0;
            if (isDecode) expect(batch.startUs).toBeGreaterThanOrEqual(tokenUs.get(request) ?? Number.NaN);
            if ((batch.flags[i] & EntryFlag.samples) !== 0) tokenUs.set(request, batch.endUs);
          }
        }
      }),
      { numRuns: cases / 3 },
    );
  });

  it('go on from a saved state as they went on without', () => {
    fc.assert(
      fc.property(factors, fc.nat(1000), fc.integer({ min: 1, max: 12 }), fc.boolean(), (times, seed, at, isAsync) => {
        const config = isAsync ? async(times.length) : sync(times.length);
        const cost = stagesOf(times, 300);
        const recorder = new Recorder(cost, 1e12);
        const simulation = new Simulation(config, mixed(seed), cost, recorder);
        for (let i = 0; i < at; i++) simulation.next();
        const saved = simulation.save();
        const rest = (): number[] => {
          const ends: number[] = [];
          while (simulation.next()) ends.push(...simulation.lastBatch.stageStartUs, ...simulation.lastBatch.stageEndUs);
          return [...ends, simulation.trail];
        };
        const first = rest();
        simulation.restore(saved);
        expect(rest()).toEqual(first);
      }),
      { numRuns: cases / 3 },
    );
  });
});
