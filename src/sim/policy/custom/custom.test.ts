import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import chunkedPrefill from '../../../sandbox/examples/chunked-prefill.ts';
import fcfs from '../../../sandbox/examples/fcfs.ts';
import shortSteps from '../../../sandbox/examples/short-steps.ts';
import shortestFirst from '../../../sandbox/examples/shortest-first.ts';
import { defaultEngineConfig, type EngineConfig } from '../../engine-config.ts';
import { Recorder, readOutcomes } from '../../metrics/recorder.ts';
import { Deadlock, Simulation } from '../../simulation.ts';
import { cases, checkEnd, checkInvariants, openSource, runArb, toyCost, watchOwnership } from '../../testing.ts';
import { registerPolicy } from '../kinds.ts';
import type { Decision, Entry, Policy, Request, View } from './contract.ts';
import { type IllegalRule, IllegalSchedule, PolicyThrew } from './illegal.ts';
import { customKind } from './kind.ts';

registerPolicy(customKind);

type Traffic = typeof runArb extends fc.Arbitrary<infer T> ? T : never;

/** The engine of a generated run with a policy of one's own. */
function configOf({ config }: Traffic, decide: (view: View) => unknown): EngineConfig {
  return {
    ...defaultEngineConfig(config.numBlocks),
    policy: 'custom',
    settings: { program: { decide, cost: toyCost, classes: ['request'] } },
    asyncScheduling: false,
    batchesInFlight: 1,
    maxNumSeqs: config.maxNumSeqs,
    maxNumBatchedTokens: config.maxNumBatchedTokens,
    maxNumScheduledTokens: config.maxNumBatchedTokens,
    maxModelLen: config.maxModelLen,
    blockSize: config.blockSize,
    enablePrefixCaching: config.enablePrefixCaching,
    reserveFullPrompt: false,
  };
}

const simulate = (traffic: Traffic, decide: (view: View) => unknown) =>
  new Simulation(configOf(traffic, decide), openSource(traffic.requests), toyCost);

function runToEnd(simulation: Simulation): void {
  const ownership = watchOwnership(simulation);
  while (simulation.next()) checkInvariants(simulation, ownership);
  checkEnd(simulation, ownership);
}

/** Answers that follow the rules and nothing else: who gets how much is chance, as `numbers` have it. In the end, order: chance may go round in circles. */
function anyLegal(numbers: readonly number[]): (view: View) => Decision {
  let drawn = 0;
  let preemptions = 0;
  let calls = 0;
  const orderly = (view: View): Decision => {
    const answer = fcfs(view);
    return Array.isArray(answer) ? { run: answer } : (answer as Decision);
  };
  const draw = (below: number) => numbers[drawn++ % numbers.length] % below;
  return (view) => {
    if (calls++ > 400) return orderly(view);
    const { running, queue, memory, gpu } = view;
    // Chance that preempts for ever would never come to an end.
    const preempt = running.length > 0 && preemptions < 30 && draw(4) === 0 ? [running[draw(running.length)]] : [];
    preemptions += preempt.length;
    let tokens = gpu.tokenBudget;
    let seats = gpu.freeSeats + preempt.length;
    let blocks = memory.freeBlocks + preempt.reduce((sum, request) => sum + request.blocksFreed, 0);
    const run: Entry[] = [];
    // In a step that preempts one that waits may find fewer hits free of charge than it was told.
    const others = [...running, ...(preempt.length > 0 ? [] : queue)].filter((request) => !preempt.includes(request));
    const from = draw(Math.max(1, others.length));
    for (const request of [...others.slice(from), ...others.slice(0, from)]) {
      if (tokens === 0 || draw(5) === 0 || (request.isWaiting && seats === 0)) continue;
      const share = Math.min(tokens, 1 + draw(request.left));
      const need = request.blocksFor(share);
      if (need > blocks) continue;
      run.push({ request: draw(2) === 0 ? request : request.id, tokens: share });
      tokens -= share;
      blocks -= need;
      if (request.isWaiting) seats--;
    }
    return run.length > 0 || preempt.length > 0 ? { run, preempt } : orderly(view);
  };
}

const numbersArb = fc.array(fc.nat(1_000_000), { minLength: 20, maxLength: 200 });

describe('a policy of one’s own', () => {
  it('may answer anything that follows the rules: memory stays whole and everybody is served', () => {
    fc.assert(
      fc.property(runArb, numbersArb, (traffic, numbers) => runToEnd(simulate(traffic, anyLegal(numbers)))),
      { numRuns: cases },
    );
  });

  it.each([
    ['fcfs', fcfs],
    ['shortest first', shortestFirst],
    ['chunked prefill', chunkedPrefill],
    ['short steps', shortSteps],
  ])('the example %s serves everybody, in tiny pools too', (_, example) => {
    fc.assert(
      fc.property(runArb, (traffic) => runToEnd(simulate(traffic, example))),
      { numRuns: cases },
    );
  });

  it('gives the same run every time, whatever a policy looks at', () => {
    const looking = (view: View) => {
      for (const request of [...view.queue, ...view.running]) void [request.computed, request.blocksFor(3)];
      return fcfs(view);
    };
    fc.assert(
      fc.property(runArb, (traffic) => {
        const [one, two] = [fcfs, looking].map((decide) => {
          const simulation = simulate(traffic, decide);
          while (simulation.next());
          return readOutcomes(simulation);
        });
        expect(two).toEqual(one);
      }),
      { numRuns: cases },
    );
  });
});

/** The same traffic on a pool in which nobody ever lacks a block. */
function roomy(traffic: Traffic, enablePrefixCaching: boolean, budget = traffic.config.maxNumBatchedTokens): Traffic {
  const { config } = traffic;
  const numBlocks = 1 + 25 * config.maxModelLen;
  const limits = { maxNumBatchedTokens: budget, maxNumScheduledTokens: budget };
  return { ...traffic, config: { ...config, numBlocks, enablePrefixCaching, ...limits } };
}

/** Outcomes and sums of a run. */
function accountOf(traffic: Traffic, config: EngineConfig) {
  const recorder = new Recorder(toyCost, 1e12);
  const simulation = new Simulation(config, openSource(traffic.requests), toyCost, recorder);
  while (simulation.next());
  const { summary, outcomes } = recorder.finish(simulation);
  return { outcomes, summary: { ...summary, stepsByBound: [] } };
}

describe('where an example is what a built-in engine does', () => {
  it.each([
    ['without a prefix cache', false, undefined],
    // With one the engine gives to others at once what an entry of the same step turns out not to need.
    ['with a prefix cache and tokens for all', true, 100_000],
  ])('first come, first served is vLLM without overlapping steps, %s', (_, isCaching, budget) => {
    fc.assert(
      fc.property(runArb, (generated) => {
        const traffic = roomy(generated, isCaching, budget);
        const mine = configOf(traffic, fcfs);
        const theirs = { ...mine, policy: 'vllm', settings: {} };
        expect(accountOf(traffic, mine)).toEqual(accountOf(traffic, theirs));
      }),
      { numRuns: cases },
    );
  });

  it('chunked prefill is Sarathi with that chunk size', () => {
    fc.assert(
      fc.property(runArb, (generated) => {
        const traffic = roomy(generated, false, 512);
        const mine = configOf(traffic, chunkedPrefill);
        const theirs = { ...mine, policy: 'sarathi', settings: {} };
        const [ours, engine] = [accountOf(traffic, mine), accountOf(traffic, theirs)];
        expect(ours.outcomes).toEqual(engine.outcomes);
        expect(ours.summary.computedTokens).toBe(engine.summary.computedTokens);
      }),
      { numRuns: cases },
    );
  });
});

/** One way to spoil a legal answer, and the rule that it breaks; null where the answer offers no way. */
type Spoil = (plan: Required<Pick<Decision, 'run' | 'preempt'>>, view: View) => unknown;

const spoils: readonly (readonly [IllegalRule, Spoil])[] = [
  ['no-plan', () => undefined],
  ['no-plan', () => 7],
  ['no-plan', () => ({})],
  ['no-plan', ({ run }) => ({ run: new Set(run) })],
  ['promise', ({ run }) => Promise.resolve(run)],
  ['no-entry', ({ run, preempt }) => ({ preempt, run: [...run, null] })],
  ['no-entry', ({ run, preempt }) => ({ preempt, run: [...run, { request: 'first', tokens: 1 }] })],
  ['no-entry', ({ run, preempt }) => ({ preempt, run: [...run, { tokens: 1 }] })],
  ['unknown-request', ({ run, preempt }) => ({ preempt, run: [...run, { request: 1_000_000, tokens: 1 }] })],
  ['bad-tokens', ({ run }) => (run.length > 0 ? [{ ...run[0], tokens: 0 }] : null)],
  ['bad-tokens', ({ run }) => (run.length > 0 ? [{ ...run[0], tokens: 1.5 }] : null)],
  ['bad-tokens', ({ run }) => (run.length > 0 ? [{ ...run[0], tokens: '1' }] : null)],
  ['bad-tokens', ({ run }) => (run.length > 0 ? [{ ...run[0], tokens: Number.NaN }] : null)],
  [
    'more-than-left',
    ({ run }, { queue, running }) => {
      const [entry] = run;
      const asked = [...queue, ...running].find((r) => r === entry?.request || r.id === entry?.request);
      return asked === undefined ? null : [{ ...entry, tokens: asked.left + 1 }];
    },
  ],
  ['twice', ({ run, preempt }) => (run.length > 0 ? { preempt, run: [...run, { ...run[0], tokens: 1 }] } : null)],
  [
    'over-budget',
    (_, { running, queue, gpu }) => {
      const all = [...running, ...queue.slice(0, gpu.freeSeats)];
      const total = all.reduce((sum, request) => sum + request.left, 0);
      return total > gpu.tokenBudget ? all.map((request) => ({ request, tokens: request.left })) : null;
    },
  ],
  [
    'over-seats',
    (_, { queue, gpu }) => (queue.length > gpu.freeSeats ? queue.map((request) => ({ request, tokens: 1 })) : null),
  ],
  ['not-running', ({ run }, { queue }) => (queue.length > 0 ? { run, preempt: [queue[0]] } : null)],
  ['not-running', ({ run }) => ({ run, preempt: [-3] })],
  ['not-running', (_, { running }) => (running.length > 0 ? { preempt: [running[0], running[0].id] } : null)],
  [
    'preempted-and-run',
    (_, { running }) =>
      running.length > 0 ? { run: [{ request: running[0], tokens: 1 }], preempt: [running[0]] } : null,
  ],
  ['bad-wake', (_, { nowUs }) => ({ wakeUs: nowUs })],
  ['bad-wake', () => ({ wakeUs: 'soon' })],
];

describe('an illegal schedule', () => {
  it.each(spoils.map(([rule, spoil], at) => [rule, at, spoil] as const))('%s (%i)', (rule, _, spoil) => {
    let found = 0;
    fc.assert(
      fc.property(runArb, numbersArb, fc.nat(60), (traffic, numbers, atCall) => {
        const legal = anyLegal(numbers);
        let call = 0;
        let isSpoilt = false;
        const simulation = simulate(traffic, (view) => {
          const { run = [], preempt = [] } = legal(view);
          const spoilt = call++ >= atCall ? spoil({ run, preempt }, view) : null;
          if (spoilt === null) return { run, preempt };
          isSpoilt = true;
          return spoilt;
        });
        const ownership = watchOwnership(simulation);
        try {
          while (simulation.next());
          expect(isSpoilt).toBe(false);
        } catch (error) {
          expect(error).toBeInstanceOf(IllegalSchedule);
          expect(isSpoilt && (error as IllegalSchedule).rule).toBe(rule);
          found++;
        }
        checkInvariants(simulation, ownership);
      }),
      { numRuns: Math.ceil(cases / 5) },
    );
    // The property says nothing where no case came to the rule.
    expect(found).toBeGreaterThan(0);
  });

  it('without blocks names how many, and leaves memory whole', () => {
    let found = 0;
    fc.assert(
      fc.property(runArb, (traffic) => {
        const greedy: Policy = ({ running, queue, gpu }) => {
          let { tokenBudget: tokens, freeSeats: seats } = gpu;
          const run: Entry[] = [];
          for (const request of [...running, ...queue]) {
            const share = Math.min(tokens, request.left);
            if (share === 0 || (request.isWaiting && seats-- === 0)) break;
            run.push({ request, tokens: share });
            tokens -= share;
          }
          return run;
        };
        const simulation = simulate(traffic, greedy);
        const ownership = watchOwnership(simulation);
        try {
          while (simulation.next()) checkInvariants(simulation, ownership);
        } catch (error) {
          if (!(error instanceof IllegalSchedule)) throw error;
          const { request = -1, need = 0, have = 0 } = error.numbers;
          expect([error.rule, request >= 0, need > have]).toEqual(['no-blocks', true, true]);
          found++;
        }
        checkInvariants(simulation, ownership);
      }),
      { numRuns: cases },
    );
    expect(found).toBeGreaterThan(0);
  });

  const two: Traffic = {
    requests: [0, 5000].map((arrivalUs) => ({ arrivalUs, promptTokens: 20, outputTokens: 3 })),
    config: { ...defaultEngineConfig(64), maxModelLen: 160, maxNumSeqs: 4, maxNumBatchedTokens: 64 },
  };

  it('that gives nobody anything for ever is a deadlock; until an arrival, or a time to wake at, it is patience', () => {
    expect(() => runToEnd(simulate(two, () => []))).toThrow(Deadlock);
    const patient = simulate(two, (view) =>
      view.running.length + view.queue.length < 2 && view.nowUs < 5000 ? [] : fcfs(view),
    );
    runToEnd(patient);
    expect(readOutcomes(patient).firstScheduledUs[0]).toBe(5000);
    const waking = simulate(two, (view) => (view.nowUs < 1234 ? { wakeUs: 1233.5 } : fcfs(view)));
    runToEnd(waking);
    expect(readOutcomes(waking).firstScheduledUs[0]).toBe(1234);
  });

  it('is not what an exception is, not even one in the answer', () => {
    const thrown = new Error('mine');
    const answers: (() => unknown)[] = [
      () => {
        throw thrown;
      },
      () => ({
        get run() {
          throw thrown;
        },
      }),
    ];
    for (const answer of answers) {
      const simulation = simulate(two, answer);
      try {
        simulation.next();
        expect.unreachable();
      } catch (error) {
        expect(error).toBeInstanceOf(PolicyThrew);
        expect((error as PolicyThrew).thrown).toBe(thrown);
      }
    }
  });
});

describe('the view', () => {
  it('cannot be written to', () => {
    const traffic: Traffic = {
      requests: [0, 0].map((arrivalUs) => ({ arrivalUs, promptTokens: 20, outputTokens: 3 })),
      config: { ...defaultEngineConfig(64), maxModelLen: 160, maxNumSeqs: 4, maxNumBatchedTokens: 64 },
    };
    let looked = 0;
    runToEnd(
      simulate(traffic, (view) => {
        const [request] = [...view.running, ...view.queue];
        for (const [target, name] of [
          [view, 'step'],
          [view, 'queue'],
          [view.queue, '0'],
          [view.memory, 'freeBlocks'],
          [view.gpu, 'seats'],
          [request, 'left'],
          [request, 'id'],
          [request, 'mine'],
          [Object.getPrototypeOf(request), 'left'],
          [Object.getPrototypeOf(view), 'queue'],
        ] as const) {
          expect(() => Object.assign(target as object, { [name]: 7 }), name).toThrow(TypeError);
          looked++;
        }
        expect(() => (view.queue as Request[]).push(request)).toThrow(TypeError);
        return fcfs(view);
      }),
    );
    expect(looked).toBeGreaterThan(20);
  });

  it('says what a step would take, as the cost model has it', () => {
    fc.assert(
      fc.property(runArb, numbersArb, (traffic, numbers) => {
        const legal = anyLegal(numbers);
        const estimates: number[] = [];
        // A hit that an entry before makes longer is not known beforehand.
        const simulation = simulate(roomy(traffic, false), (view) => {
          const plan = legal(view);
          estimates.push(plan.preempt?.length === 0 ? view.gpu.stepUs(plan.run ?? []) : 0);
          return plan;
        });
        while (simulation.next()) {
          const { startUs, endUs } = simulation.lastBatch;
          const estimate = estimates.at(-1) ?? 0;
          if (estimate > 0) expect(endUs - startUs).toBe(estimate);
        }
      }),
      { numRuns: cases },
    );
  });
});
