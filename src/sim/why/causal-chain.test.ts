import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EntryFlag } from '../batch.ts';
import { Because, DecisionKind } from '../decision.ts';
import { defaultEngineConfig, type EngineConfig } from '../engine-config.ts';
import { readOutcomes } from '../metrics/recorder.ts';
import type { RequestSpec } from '../request.ts';
import { Simulation } from '../simulation.ts';
import { cases, openSource, runArb, toyCost } from '../testing.ts';
import { explainStep } from './at-step.ts';
import { type CausalChain, type ChainLink, causalChain, LAST_TOKEN, mostChanged } from './causal-chain.ts';
import { inOneGo } from './in-one-go.ts';

interface Pair {
  readonly requests: readonly RequestSpec[];
  readonly a: EngineConfig;
  readonly b: EngineConfig;
}

const simulate = (pair: Pair, side: 'a' | 'b') => new Simulation(pair[side], openSource(pair.requests), toyCost);

function outcomesOf(pair: Pair, side: 'a' | 'b') {
  const simulation = simulate(pair, side);
  while (simulation.next()) {
    // To the end.
  }
  return readOutcomes(simulation);
}

/** The chain between two whole runs, as the page and the command line make it. */
function chainOf(pair: Pair, from = 0): CausalChain | null {
  const target = mostChanged(outcomesOf(pair, 'a'), outcomesOf(pair, 'b'));
  if (target === null) return null;
  return inOneGo(causalChain(simulate(pair, 'a'), simulate(pair, 'b'), target, from));
}

const sync = { asyncScheduling: false, batchesInFlight: 1, maxModelLen: 512 };

describe('causalChain', () => {
  it('leads from a long prompt that is cut to the request whose tokens it kept waiting', () => {
    const a: EngineConfig = { ...defaultEngineConfig(200), ...sync, maxNumBatchedTokens: 400 };
    const b: EngineConfig = { ...a, maxNumBatchedTokens: 50, maxNumScheduledTokens: 50 };
    const requests = [
      { arrivalUs: 0, promptTokens: 20, outputTokens: 8 },
      { arrivalUs: 1500, promptTokens: 390, outputTokens: 4 },
    ];
    const chain = chainOf({ requests, a, b });
    // Cut into eight chunks the long prompt takes longer itself: it is the one that changes most.
    expect(chain).toMatchObject({ target: { request: 1 }, root: { step: 2, request: 1 } });
    expect(chain?.root.a).toMatchObject({ state: 'prefill', tokens: 390, hasJoined: true });
    expect(chain?.root.b).toMatchObject({ state: 'prefill', tokens: 49, hasJoined: true });
    expect(chain?.links.at(-1)).toMatchObject({ request: 1, token: 1, cause: { side: 'b', blocker: -1 } });
    expect(chain?.reachesRoot).toBe(true);
  });

  it('goes back over the one that holds the seat', () => {
    const a: EngineConfig = { ...defaultEngineConfig(200), ...sync, maxNumSeqs: 3 };
    const b: EngineConfig = { ...a, maxNumSeqs: 1 };
    const requests = [
      { arrivalUs: 0, promptTokens: 20, outputTokens: 30 },
      { arrivalUs: 100, promptTokens: 20, outputTokens: 30 },
      { arrivalUs: 200, promptTokens: 20, outputTokens: 30 },
    ];
    const chain = chainOf({ requests, a, b });
    expect(chain).toMatchObject({ target: { request: 2 }, reachesRoot: true, root: { step: 1 } });
    const last = chain?.links.at(-1);
    expect(last).toMatchObject({ request: 2, token: 0 });
    expect(last?.cause).toMatchObject({
      side: 'b',
      kind: 'held',
      because: Because.seats,
      have: 1,
      head: 1,
      blocker: 1,
    });
    expect(chain?.root.a).toMatchObject({ state: 'prefill', hasJoined: true });
    expect(chain?.root.b).toMatchObject({ state: 'waiting', because: Because.seats });
  });

  it('has nothing to tell of equal runs', () => {
    const a = defaultEngineConfig(100);
    expect(chainOf({ requests: [{ arrivalUs: 0, promptTokens: 20, outputTokens: 30 }], a, b: a })).toBeNull();
  });

  it('names ends and links that hold in the replayed runs', () => {
    let followed = 0;
    fc.assert(
      fc.property(runArb, fc.constantFrom('budget', 'seats', 'blocks', 'order'), ({ requests, config }, knob) => {
        const pair = { requests, a: config, b: changed(config, knob) };
        const chain = chainOf(pair);
        const [a, b] = [traceOf(pair, 'a'), traceOf(pair, 'b')];
        if (chain === null) return;
        followed++;
        expect(chain.root.step).toBe(firstDifferent(a, b));
        expect(chain.links.length).toBeGreaterThan(0);
        expect(chain.links.at(-1)?.request).toBe(chain.target.request);
        let beganUs = Number.NEGATIVE_INFINITY;
        for (const link of chain.links) {
          beganUs = checkLink(pair, { a, b }, link, beganUs);
          expect(Math.min(link.a.step, link.b.step)).toBeGreaterThanOrEqual(chain.root.step);
        }
        chain.links.slice(1).forEach((link, i) => {
          expect(link.cause.blocker).toBe(chain.links[i].request);
          expect(Math.abs(chain.links[i].gainUs)).toBeGreaterThanOrEqual(Math.abs(link.gainUs) / 10);
        });
        // To know where the runs part saves time and changes nothing.
        expect(chainOf(pair, chain.root.step)).toEqual(chain);
      }),
      { numRuns: cases / 2 },
    );
    expect(followed).toBeGreaterThan(cases / 20);
  });
});

function changed(config: EngineConfig, knob: 'budget' | 'seats' | 'blocks' | 'order'): EngineConfig {
  switch (knob) {
    case 'budget':
      return {
        ...config,
        maxNumBatchedTokens: 2 * config.maxNumBatchedTokens,
        maxNumScheduledTokens: 2 * config.maxNumScheduledTokens,
      };
    case 'seats':
      return { ...config, maxNumSeqs: config.maxNumSeqs > 1 ? 1 : 4 };
    case 'blocks':
      return { ...config, numBlocks: 2 * config.numBlocks };
    case 'order':
      return { ...config, queue: config.queue === 'fcfs' ? 'priority' : 'fcfs' };
  }
}

interface TracedStep {
  readonly startUs: number;
  readonly endUs: number;
  readonly entries: readonly { request: number; tokens: number; computed: number; flags: number; drafts: number }[];
  readonly decisions: readonly { kind: number; request: number; because: number; need: number; have: number }[];
}

/** The run once more, step by step, in the plainest form. */
function traceOf(pair: Pair, side: 'a' | 'b'): TracedStep[] {
  const simulation = simulate(pair, side);
  const { decisions } = simulation.engine;
  const steps: TracedStep[] = [];
  while (simulation.next()) {
    const { lastBatch: batch } = simulation;
    steps.push({
      startUs: batch.startUs,
      endUs: batch.endUs,
      entries: Array.from({ length: batch.count }, (_, i) => ({
        request: batch.request[i],
        tokens: batch.tokens[i],
        computed: batch.computed[i],
        flags: batch.flags[i],
        drafts: batch.drafts[i],
      })),
      decisions: Array.from({ length: decisions.count }, (_, i) => ({
        kind: decisions.kind[i],
        request: decisions.request[i],
        because: decisions.because[i],
        need: decisions.need[i],
        have: decisions.have[i],
      })),
    });
  }
  return steps;
}

function firstDifferent(a: readonly TracedStep[], b: readonly TracedStep[]): number {
  const key = (step: TracedStep | undefined) =>
    JSON.stringify([step?.startUs, step?.endUs, step?.entries.map((e) => [e.request, e.tokens, e.flags])]);
  let step = 0;
  while (key(a[step]) === key(b[step])) step++;
  return step;
}

/** Checks a link against the runs, and returns when its cause began, which must be later than that of the link before. */
function checkLink(
  pair: Pair,
  runs: { readonly a: readonly TracedStep[]; readonly b: readonly TracedStep[] },
  { request, token, a, b, gainUs, delayUs, cause }: ChainLink,
  afterUs: number,
): number {
  for (const [place, steps] of [
    [a, runs.a],
    [b, runs.b],
  ] as const) {
    const entry = steps[place.step].entries.find((each) => each.request === request);
    if (entry === undefined) throw new Error(`request ${request} is not in step ${place.step}`);
    if (token === 0) {
      expect(place.timeUs).toBe(steps[place.step].startUs);
      expect(entry.flags & EntryFlag.admitted).toBeTruthy();
    } else {
      expect(place.timeUs).toBe(steps[place.step].endUs);
      if (token === LAST_TOKEN) continue;
      const prompt = openSource(pair.requests).requests.promptTokens[request];
      expect(entry.computed + entry.tokens - entry.drafts - prompt + 1).toBe(token);
    }
  }
  expect(delayUs).toBe(b.timeUs - a.timeUs);
  expect(cause.side).toBe(gainUs > 0 ? 'b' : 'a');
  const slow = runs[cause.side][cause.step];
  expect(cause.durationUs).toBe(slow.endUs - slow.startUs);
  expect(slow.startUs).toBeGreaterThan(afterUs);
  expect(cause.step).toBeLessThanOrEqual(cause.side === 'a' ? a.step : b.step);
  const takesPart = (who: number) => slow.entries.some((entry) => entry.request === who);
  const { because, need, have } = cause;
  if (cause.kind === 'held') {
    expect(slow.decisions).toContainEqual({ kind: DecisionKind.hold, request: cause.head, because, need, have });
    expect(takesPart(request)).toBe(false);
    expect(cause.blocker === -1 || cause.blocker === cause.head || takesPart(cause.blocker)).toBe(true);
    const simulation = simulate(pair, cause.side);
    for (let step = 0; step <= cause.step; step++) simulation.next();
    expect(['waiting', 'preempted', 'loading']).toContain(explainStep(simulation, request).state);
  } else if (cause.kind === 'preempted') {
    expect(slow.decisions).toContainEqual({ kind: DecisionKind.preempt, request, because, need, have });
  } else if (cause.kind === 'bound') {
    expect(takesPart(request)).toBe(false);
    expect(cause.blocker === -1 || takesPart(cause.blocker)).toBe(true);
  } else if (cause.blocker >= 0) {
    expect(takesPart(cause.blocker)).toBe(true);
    expect(slow.entries.find((entry) => entry.request === cause.blocker)?.tokens).toBe(cause.blockerTokens);
  }
  if (cause.kind === 'passed-over') expect(takesPart(request)).toBe(false);
  return slow.startUs;
}
