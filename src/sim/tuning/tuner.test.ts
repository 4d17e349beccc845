import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultEngineConfig, type EngineConfig } from '../engine-config.ts';
import { type RequestSpec, Status } from '../request.ts';
import { Simulation } from '../simulation.ts';
import { cases, openSource, runArb, toyCost } from '../testing.ts';
import type { TuningConfig } from './tuner.ts';

const tuning: TuningConfig = {
  what: 'token-budget',
  arms: [64, 16],
  rule: { kind: 'fixed', arm: 0 },
  windowUs: 20_000,
  loadLevels: [1],
  ttftUs: 30_000,
  tpotUs: 3000,
  seed: 1,
};

const config: EngineConfig = {
  ...defaultEngineConfig(200),
  maxNumBatchedTokens: 64,
  maxNumScheduledTokens: 64,
  maxNumSeqs: 4,
};

const specs: RequestSpec[] = Array.from({ length: 40 }, (_, i) => ({
  arrivalUs: i * 3000,
  promptTokens: 40,
  outputTokens: 5 + (i % 3) * 10,
}));

function windowsOf(changed: Partial<TuningConfig>, requests = specs) {
  const source = openSource(requests);
  const simulation = new Simulation(
    { ...config, tuning: { ...tuning, ...changed } as TuningConfig },
    source,
    toyCost,
    null,
    true,
  );
  while (simulation.next());
  const { tuner } = simulation.engine;
  if (tuner === null) throw new Error('no tuner');
  return { simulation, windows: tuner.windows() };
}

describe('the tuner', () => {
  it('counts every request that ends, once, and those that keep the limits', () => {
    fc.assert(
      fc.property(runArb, ({ requests, config: any }) => {
        fc.pre(any.tuning !== null);
        const simulation = new Simulation(any, openSource(requests), toyCost, null, true);
        while (simulation.next());
        const { sequences, tuner } = simulation.engine;
        const windows = tuner?.windows();
        if (windows === undefined || any.tuning === null) return;
        let kept = 0;
        for (let r = 0; r < simulation.arrived; r++) {
          if (sequences.status[r] !== Status.finished) continue;
          const first = sequences.firstTokenUs[r];
          const tpot = (sequences.finishUs[r] - first) / Math.max(1, sequences.generated[r] - 1);
          if (first - sequences.requests.arrivalUs[r] <= any.tuning.ttftUs && tpot <= any.tuning.tpotUs) kept++;
        }
        expect(windows.ended.reduce((a, b) => a + b, 0)).toBe(simulation.finished);
        expect(windows.kept.reduce((a, b) => a + b, 0)).toBe(kept);
        for (let w = 1; w < windows.count; w++) {
          const slot = (at: number) => Math.floor(windows.startUs[at] / (any.tuning?.windowUs ?? 1));
          expect(slot(w)).toBeGreaterThan(slot(w - 1));
        }
      }),
      { numRuns: cases },
    );
  });

  it('changes the budget of a running engine: steps obey the arm of their window', () => {
    const simulation = new Simulation(
      { ...config, tuning: { ...tuning, rule: { kind: 'epsilon-greedy', epsilon: 1 } } },
      openSource(specs),
      toyCost,
    );
    const largest = [0, 0];
    while (simulation.next()) {
      const { tuner, limits } = simulation.engine;
      const windows = tuner?.windows();
      if (windows === undefined) throw new Error('no tuner');
      const arm = windows.arm[windows.count - 1];
      expect(limits.maxNumBatchedTokens).toBe([64, 16][arm]);
      const { tokens } = simulation.lastBatch.shape;
      expect(tokens).toBeLessThanOrEqual([64, 16][arm]);
      largest[arm] = Math.max(largest[arm], tokens);
    }
    expect(largest).toEqual([64, 16]);
  });

  it('with one fixed arm gives the run of an engine that has that limit', () => {
    for (const arm of [0, 1]) {
      const { simulation } = windowsOf({ rule: { kind: 'fixed', arm } });
      const tokens = [64, 16][arm];
      const plain = new Simulation(
        { ...config, maxNumBatchedTokens: tokens, maxNumScheduledTokens: tokens },
        openSource(specs),
        toyCost,
        null,
        true,
      );
      while (plain.next());
      expect(simulation.nowUs).toBe(plain.nowUs);
      expect(simulation.steps).toBe(plain.steps);
    }
  });

  it('begins a window in the situation that the queue shows', () => {
    const { windows } = windowsOf({ loadLevels: [1, 6] });
    const contexts = new Set(windows.context);
    expect(contexts.has(0) && contexts.size >= 2).toBe(true);
    expect(windows.context[0]).toBe(1);
  });

  it('refuses arms that cannot be', () => {
    const source = openSource(specs);
    const create = (changed: Partial<TuningConfig>) => () =>
      new Simulation({ ...config, tuning: { ...tuning, ...changed } as TuningConfig }, source, toyCost);
    expect(create({ arms: [65, 16] })).toThrow('may not be raised');
    expect(create({ rule: { kind: 'fixed', arm: 2 } })).toThrow('no arm 2');
    expect(create({ arms: [] })).toThrow('1 to 255');
  });
});
