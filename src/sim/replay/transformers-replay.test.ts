import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { devices } from '../gpu/device.ts';
import { replayRun, replayTransformers, TransformersReplay } from './transformers-replay.ts';
import type { EngineRun, EngineRuns, RecordedIteration } from './transformers-runs.ts';
import { type SimulatedTimes, simulateEngineRun } from './transformers-simulation.ts';

const file = new URL('../../../fixtures/recorded/transformers/h200-engine.json', import.meta.url);
const recorded = JSON.parse(readFileSync(file, 'utf8')) as EngineRuns;
const names = Object.keys(recorded.cases);
const base = recorded.cases.all_at_once;

describe("recorded runs of transformers' continuous batching", () => {
  it('replay on the recorded clock without one difference, to the last iteration', () => {
    const reports = replayTransformers(recorded);
    expect(reports.filter(({ verdict }) => verdict !== 'identical')).toEqual([]);
    expect(reports.map((report) => 'steps' in report && report.steps)).toEqual([
      833, 833, 993, 859, 835, 833, 761, 4332,
    ]);
  });

  it('notice a changed number in any compared column', () => {
    for (let column = 4; column < 12; column++) {
      const iterations = [...base.iterations];
      const changed: unknown[] = [...iterations[3]];
      changed[column] = 12345;
      iterations[3] = changed as unknown as RecordedIteration;
      expect(replayRun('all_at_once', { ...base, iterations })).toMatchObject({
        verdict: 'different',
        first: { step: 3, recorded: '12345' },
      });
    }
  });

  it('notice a recording that ends too early', () => {
    const report = replayRun('all_at_once', { ...base, iterations: base.iterations.slice(0, -1) });
    expect(report).toMatchObject({ verdict: 'different', first: { step: 832, field: 'requests left' } });
  });
});

type Times = Pick<SimulatedTimes, 'arrivalS' | 'firstS' | 'finishS' | 'tokens'>;

const measuredTimes = (run: EngineRun): Times[] =>
  run.requests.map(([, , tokens, arrivalS, firstS, finishS]) => ({ arrivalS, firstS, finishS, tokens }));
const metrics = {
  ttft: (t: Times) => t.firstS - t.arrivalS,
  tpot: (t: Times) => (t.finishS - t.firstS) / (t.tokens - 1),
  e2e: (t: Times) => t.finishS - t.arrivalS,
};
const makespan = (times: readonly Times[]) =>
  Math.max(...times.map((t) => t.finishS)) - Math.min(...times.map((t) => t.arrivalS));

function quantile(times: readonly Times[], of: (t: Times) => number, share: number): number {
  const sorted = times.map(of).sort((a, b) => a - b);
  return sorted[Math.floor(share * (sorted.length - 1))];
}

/** Constants were fitted to `all_at_once` and, of launches without graphs, to `all_at_once_eager`; the others are predictions. */
describe('the simulation of those runs from arrivals and lengths alone', () => {
  const simulated = new Map(
    names.map((name) => [name, simulateEngineRun(name, recorded.cases[name], devices.h200)] as const),
  );

  it.each(names)('%s: makespan within 0.03, P50 and P95 of TTFT, TPOT and E2E within 0.08', (name) => {
    const ours = simulated.get(name)?.requests ?? [];
    const theirs = measuredTimes(recorded.cases[name]);
    expect(Math.abs(makespan(ours) / makespan(theirs) - 1)).toBeLessThan(0.03);
    for (const [metric, of] of Object.entries(metrics)) {
      for (const share of [0.5, 0.95]) {
        const error = quantile(ours, of, share) / quantile(theirs, of, share) - 1;
        expect(Math.abs(error), `${metric} at ${share}`).toBeLessThan(0.08);
      }
    }
  });

  it.each(names.filter((name) => !name.startsWith('poisson')))('%s: takes as many iterations', (name) => {
    expect(simulated.get(name)?.iterations).toBe(recorded.cases[name].iterations.length);
  });

  it('takes nearly as many where arrivals fall between iterations of other lengths', () => {
    const { iterations = 0 } = simulated.get('poisson_50pct') ?? {};
    expect(Math.abs(iterations / recorded.cases.poisson_50pct.iterations.length - 1)).toBeLessThan(0.02);
  });

  it.each(['memory_limited', 'prefill_first', 'async', 'eager'])('changes with %s as the measurement does', (other) => {
    const [from, to] = ['all_at_once', `all_at_once_${other}`].map((name) => ({
      ours: makespan(simulated.get(name)?.requests ?? []),
      theirs: makespan(measuredTimes(recorded.cases[name])),
    }));
    const [ours, theirs] = [to.ours / from.ours - 1, to.theirs / from.theirs - 1];
    expect(Math.sign(ours)).toBe(Math.sign(theirs));
    expect(Math.abs(ours - theirs)).toBeLessThan(0.03);
  });
});

describe('static batches', () => {
  /** Five requests of 64 tokens at once, in twos; outputs 3, 5, 2, 4, 6. */
  const outputs = [3, 5, 2, 4, 6];
  const run: EngineRun = {
    ...base,
    requests: outputs.map((output, r) => [r, 64, output, 0, 0.1, 0.2, output]),
    iterations: [],
  };

  it('run to the longest output of the batch, and the next one begins then', () => {
    const { iterations, requests } = simulateEngineRun('static_engine_bs2', run, devices.h200);
    // Longest of (3, 5), (2, 4) and (6).
    expect(iterations).toBe(5 + 4 + 6);
    expect(requests[0].finishS).toBe(requests[1].finishS);
    expect(requests[2].scheduledS).toBe(requests[1].finishS);
    expect(requests[2].arrivalS).toBe(0);
    expect(requests[4].scheduledS).toBe(requests[3].finishS);
  });

  it('count from their submission where the recording has them arrive then', () => {
    const later: EngineRun = {
      ...run,
      requests: outputs.map((output, r) => [r, 64, output, Math.floor(r / 2), 0, Math.floor(r / 2) + 0.5, output]),
    };
    const { requests } = simulateEngineRun('static_engine_bs2', later, devices.h200);
    expect(requests[2].arrivalS).toBe(requests[1].finishS);
    expect(requests[2].scheduledS).toBe(requests[1].finishS);
  });

  it('by model.generate have padded prompts and slow steps', () => {
    const { iterations, requests } = simulateEngineRun('static_generate_bs2', run, devices.h200);
    expect(iterations).toBe(5 + 4 + 6);
    const perStep = requests[4].finishS / iterations;
    expect(perStep).toBeGreaterThan(0.067);
    expect(perStep).toBeLessThan(0.082);
  });

  it('are replayed batch after batch', () => {
    const replay = new TransformersReplay('static_engine_bs2', run);
    const prompts: unknown[] = [];
    for (let i = 0; i < 5 + 4 + 6; i++) {
      const { batch } = replay.step(i);
      if (batch.prefillTokens > 0) prompts.push([i, ...batch.request.slice(0, batch.count)]);
    }
    expect(prompts).toEqual([
      [0, 0, 1],
      [5, 2, 3],
      [9, 4],
    ]);
    expect(replay.finish()).toBe(0);
  });
});
