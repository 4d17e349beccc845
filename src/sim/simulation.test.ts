import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Because, DecisionKind } from './decision.ts';
import { defaultEngineConfig } from './engine-config.ts';
import { expectGoesOn } from './goes-on-testing.ts';
import type { KvMemory } from './memory/memory.ts';
import { PagedMemory } from './memory/paged.ts';
import { TensorRtMemory } from './memory/tensorrt-llm.ts';
import { fingerprint } from './metrics/fingerprint.ts';
import { type RequestSpec, Status } from './request.ts';
import { Run } from './run.ts';
import { Simulation } from './simulation.ts';
import {
  assert,
  cases,
  checkEnd,
  checkInvariants,
  disturb,
  disturbancesArb,
  openSource,
  runArb,
  toyCost,
  watchOwnership,
} from './testing.ts';

describe('any run', () => {
  it('conserves blocks and loses nobody, after every step', () => {
    fc.assert(
      fc.property(runArb, disturbancesArb, ({ requests, config }, disturbances) => {
        const simulation = new Simulation(config, openSource(requests), toyCost);
        const ownership = watchOwnership(simulation);
        do {
          disturb(simulation, disturbances);
          checkInvariants(simulation, ownership);
        } while (simulation.next());
        checkEnd(simulation, ownership);
      }),
      { numRuns: cases },
    );
  });

  it('is the same when it is run again', () => {
    fc.assert(
      fc.property(runArb, ({ requests, config }) => {
        const prints = [0, 1].map(() => {
          const run = new Run(config, openSource(requests), toyCost, 1e12);
          while (!run.advance(1000));
          return run.account().fingerprint;
        });
        expect(prints[0]).toBe(prints[1]);
      }),
      { numRuns: Math.ceil(cases / 5) },
    );
  });

  it('goes on from a saved state as if nothing had happened', () => {
    expectGoesOn(runArb, cases, stateOf);
  });

  it('does not depend on whether a request is known to share nothing', () => {
    fc.assert(
      fc.property(runArb, ({ requests, config }) => {
        const spelled = requests.map(
          (spec, i): RequestSpec =>
            spec.segments === undefined
              ? {
                  ...spec,
                  segments: [{ segment: 5000 + i, offset: 0, length: spec.promptTokens }],
                  outputSegment: 9000 + i,
                }
              : spec,
        );
        const fast = new Simulation(config, openSource(requests), toyCost);
        const slow = new Simulation(config, openSource(spelled), toyCost);
        for (;;) {
          const more = fast.next();
          assert(slow.next() === more, 'one of them ends earlier');
          expect(stateOf(slow)).toEqual(stateOf(fast));
          if (!more) break;
        }
      }),
      { numRuns: cases },
    );
  });

  it('has an account whose parts agree', () => {
    fc.assert(
      fc.property(runArb, ({ requests, config }) => {
        const run = new Run(config, openSource(requests), toyCost, 1e12);
        while (!run.advance(7));
        const { summary, outcomes, distributions, series } = run.account();
        const sum = (column: Float64Array): number => column.reduce((a, b) => a + b, 0);
        expect(summary.finished + summary.rejected + summary.aborted).toBe(summary.requests);
        // Only llama.cpp ends requests with an error.
        if (config.policy !== 'llama-cpp') expect(summary.aborted).toBe(0);
        expect(sum(series.prefillTokens) + sum(series.decodeTokens)).toBe(summary.computedTokens);
        expect(sum(series.paddingTokens)).toBe(summary.paddingTokens);
        expect(sum(series.preemptions)).toBe(summary.preemptions);
        expect(Math.round(sum(series.busyUs))).toBe(summary.busyUs);
        expect(summary.busyUs).toBeLessThanOrEqual(summary.durationUs);
        expect(summary.stepsByBound.reduce((a, b) => a + b, 0)).toBe(summary.steps);
        // Every token but the first of a request is one gap.
        const answered = outcomes.outputTokens.filter((tokens) => tokens > 0).length;
        expect(distributions.itl.count).toBe(summary.outputTokens - answered);
        expect(answered).toBeGreaterThanOrEqual(summary.finished);
        expect(distributions.ttft.count).toBe(summary.finished);
        let gapsUs = 0;
        for (let r = 0; r < outcomes.count; r++) {
          if (outcomes.status[r] === Status.finished) gapsUs += outcomes.finishUs[r] - outcomes.firstTokenUs[r];
        }
        if (summary.aborted === 0)
          expect(distributions.itl.count * (distributions.itl.meanUs || 0)).toBeCloseTo(gapsUs, 3);
        expect(fingerprint(outcomes, summary)).toMatch(/^[0-9a-z]+$/);
      }),
      { numRuns: cases },
    );
  });
});

describe('refusal', () => {
  const config = { ...defaultEngineConfig(11), maxModelLen: 160, maxNumBatchedTokens: 64, maxNumScheduledTokens: 64 };
  const small: RequestSpec = { arrivalUs: 0, promptTokens: 10, outputTokens: 5 };

  it('names the rule and its numbers when a prompt is too long, and serves the others', () => {
    const simulation = new Simulation(config, openSource([{ ...small, promptTokens: 160 }, small]), toyCost);
    simulation.next();
    const { decisions } = simulation.engine;
    expect(decisions.kind[0]).toBe(DecisionKind.reject);
    expect([decisions.because[0], decisions.need[0], decisions.have[0]]).toEqual([Because.tooLong, 161, 160]);
    while (simulation.next());
    expect([simulation.rejected, simulation.finished]).toEqual([1, 1]);
  });

  it('refuses a request larger than the whole pool instead of letting it wait for ever', () => {
    const tight = { ...config, maxModelLen: 1000 };
    const simulation = new Simulation(tight, openSource([{ ...small, promptTokens: 200 }, small]), toyCost);
    simulation.next();
    const { decisions } = simulation.engine;
    expect([decisions.because[0], decisions.need[0], decisions.have[0]]).toEqual([Because.largerThanPool, 13, 10]);
    while (simulation.next());
    expect([simulation.rejected, simulation.finished]).toEqual([1, 1]);
  });
});

describe('static batching', () => {
  const config = {
    ...defaultEngineConfig(1001),
    policy: 'static' as const,
    asyncScheduling: false,
    batchesInFlight: 1,
    staticBatchSize: 2,
    staticTimeoutUs: 10_000,
  };

  it('runs every row to the longest output: 10 and 1000 tokens keep two rows busy for 999 decode steps', () => {
    const specs = [10, 1000].map((outputTokens) => ({ arrivalUs: 0, promptTokens: 8, outputTokens }));
    const run = new Run(config, openSource(specs), toyCost, 1e12);
    while (!run.advance(1000));
    const { summary } = run.account();
    expect(summary.steps).toBe(1000);
    expect(summary.paddingTokens).toBe(990);
  });

  it('waits for a full batch until the time-out', () => {
    const run = new Run(config, openSource([{ arrivalUs: 5000, promptTokens: 8, outputTokens: 2 }]), toyCost, 1e12);
    while (!run.advance(1000));
    expect(run.account().outcomes.firstScheduledUs[0]).toBe(15_000);
  });
});

/** Free blocks in the order in which they are taken, of managers that have one. */
function freeList(memory: KvMemory): readonly number[] | number {
  if (memory instanceof PagedMemory) return memory.pool.freeList();
  return memory instanceof TensorRtMemory ? memory.freeList().concat(memory.hostList()) : memory.freeBlocks;
}

/** Everything that may not differ between two simulations of the same run. */
function stateOf(simulation: Simulation) {
  const { sequences, memory, orders, tuner, policy } = simulation.engine;
  const columns = [sequences.status, sequences.computed, sequences.generated, sequences.tableLength];
  return {
    nowUs: simulation.nowUs,
    steps: simulation.steps,
    policy: policy.save(),
    orders: orders.save(),
    tuner: tuner?.save() ?? null,
    finished: simulation.finished,
    preemptions: simulation.preemptions,
    running: policy.running.slice(),
    waiting: policy.waiting(),
    live: policy.running.map((r) => columns.map((column) => column[r])),
    tables: policy.running.map((r) => Array.from(sequences.tables[r].subarray(0, sequences.tableLength[r]))),
    free: freeList(memory),
    keys: 'cachedKeys' in memory ? memory.cachedKeys : 0,
  };
}

it('lets a request that gave up its own blocks come back, although nothing else runs', () => {
  const specs = [
    { arrivalUs: 0, promptTokens: 12, outputTokens: 17, priority: 1 },
    { arrivalUs: 0, promptTokens: 41, outputTokens: 7, priority: 0 },
    { arrivalUs: 7641, promptTokens: 29, outputTokens: 10, priority: 0 },
  ];
  const config = {
    ...defaultEngineConfig(65),
    blockSize: 1,
    maxModelLen: 64,
    maxNumSeqs: 2,
    maxNumBatchedTokens: 64,
    maxNumScheduledTokens: 64,
    enableChunkedPrefill: false,
    enablePrefixCaching: false,
    reserveFullPrompt: false,
    queue: 'priority' as const,
    batchesInFlight: 1,
    asyncScheduling: false,
  };
  const simulation = new Simulation(config, openSource(specs), toyCost);
  const ownership = watchOwnership(simulation);
  while (simulation.next()) checkInvariants(simulation, ownership);
  checkEnd(simulation, ownership);
});
