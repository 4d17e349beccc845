import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EntryFlag } from '../batch.ts';
import { defaultEngineConfig } from '../engine-config.ts';
import { Status } from '../request.ts';
import { Simulation } from '../simulation.ts';
import { cases, checkEnd, checkInvariants, openSource, runArb, runsOf, toyCost, watchOwnership } from '../testing.ts';
import { explainStep } from './at-step.ts';
import type { Choice } from './choice.ts';
import { runWhatIf } from './what-if.ts';

const sync = { asyncScheduling: false, batchesInFlight: 1, maxModelLen: 96 };

describe('what if', () => {
  it('a smaller request had been admitted before a head without room: it is served earlier', () => {
    const specs = [
      { arrivalUs: 0, promptTokens: 60, outputTokens: 20 },
      { arrivalUs: 1, promptTokens: 80, outputTokens: 4 },
      { arrivalUs: 2, promptTokens: 16, outputTokens: 4 },
    ];
    const create = () => new Simulation({ ...defaultEngineConfig(8), ...sync }, openSource(specs), toyCost);
    const simulation = create();
    simulation.next();
    simulation.next();
    const answer = explainStep(simulation, 2);
    expect(answer.alternatives).toEqual([{ kind: 'admit', request: 2 }]);
    const result = runWhatIf(create, { step: 1, request: 2, choice: answer.alternatives[0], budget: 1000 });
    expect(result).toMatchObject({ wasTaken: true, isComplete: true });
    expect(result.request.ttftUs.is).toBeLessThan(result.request.ttftUs.was);
    expect(result.request.e2eUs.is).toBeLessThan(result.request.e2eUs.was);
    expect(result.all.requests).toBe(3);
  });

  it('another request had been preempted: this one goes on', () => {
    const long = { arrivalUs: 0, promptTokens: 40, outputTokens: 40 };
    const create = () => new Simulation({ ...defaultEngineConfig(7), ...sync }, openSource([long, long]), toyCost);
    const simulation = create();
    while (simulation.preemptions === 0) simulation.next();
    const step = simulation.steps - 1;
    const answer = explainStep(simulation, 1);
    expect(answer.alternatives).toEqual([{ kind: 'spare', request: 1 }]);
    const result = runWhatIf(create, { step, request: 1, choice: answer.alternatives[0], budget: 1000 });
    expect(result.wasTaken).toBe(true);
    expect(result.request.e2eUs.is).toBeLessThan(result.request.e2eUs.was);
  });

  it('of every policy: a choice that is taken differs in that decision at that step, and nothing is lost by any', () => {
    fc.assert(
      fc.property(runArb, fc.nat(), fc.nat(), ({ requests, config }, at, which) => {
        const create = () => new Simulation(config, openSource(requests), toyCost);
        const steps = stepsOf(create());
        if (steps === 0) return;
        const simulation = create();
        while (simulation.steps <= at % steps) simulation.next();
        const choices = choicesAt(simulation);
        if (choices.length > 0) check(create, simulation, choices[which % choices.length]);
      }),
      { numRuns: 2 * cases },
    );
  });

  it('of every policy that preempts: who is spared runs on, and somebody else gives way', () => {
    fc.assert(
      fc.property(runsOf(...preempting), fc.nat(), ({ requests, config }, which) => {
        const create = () => new Simulation(config, openSource(requests), toyCost);
        const simulation = create();
        // Up to the first preemption, or to a later one.
        const wanted = 1 + (which % 3);
        while (simulation.preemptions < wanted) if (!simulation.next()) return;
        const choice = choicesAt(simulation).find(({ kind }) => kind === 'spare');
        if (choice !== undefined) check(create, simulation, choice);
      }),
      { numRuns: 2 * cases },
    );
  });

  it('a choice that does not fit changes nothing', () => {
    fc.assert(
      fc.property(runArb, fc.nat(60), fc.constantFrom(...kinds), ({ requests, config }, step, kind) => {
        const create = () => new Simulation(config, openSource(requests), toyCost);
        const choice = { kind, request: 9999, tokens: 1 };
        const result = runWhatIf(create, { step, request: 0, choice, budget: 10_000 });
        expect(result.wasTaken).toBe(false);
        expect(result.request.e2eUs.is).toEqual(result.request.e2eUs.was);
        expect(result.steps.is).toBe(result.steps.was);
        expect(result.all.tokens.is).toBe(result.all.tokens.was);
      }),
      { numRuns: cases },
    );
  });

  it('stops at its budget and says so', () => {
    const specs = [{ arrivalUs: 0, promptTokens: 10, outputTokens: 50 }];
    const create = () => new Simulation({ ...defaultEngineConfig(20), ...sync }, openSource(specs), toyCost);
    const choice: Choice = { kind: 'chunk', request: 0, tokens: 5 };
    const cut = runWhatIf(create, { step: 0, request: 0, choice, budget: 10 });
    expect(cut).toMatchObject({ wasTaken: true, isComplete: false, steps: { was: 10, is: 10 } });
    expect(cut.request.e2eUs).toEqual({ was: Number.NaN, is: Number.NaN });
    const whole = runWhatIf(create, { step: 0, request: 0, choice, budget: 1000 });
    // One chunk more is one step more.
    expect(whole.steps.is).toBe(whole.steps.was + 1);
    expect(whole.request.e2eUs.is).toBeGreaterThan(whole.request.e2eUs.was);
  });
});

const preempting = [
  'vllm',
  'vllm-2023',
  'sarathi',
  'simple-chunking',
  'orca',
  'tensorrt-llm',
  'fastgen',
  'sglang',
  'transformers',
] as const;

function stepsOf(simulation: Simulation): number {
  while (simulation.next()) {
    // To the end.
  }
  return simulation.steps;
}

function choicesAt(simulation: Simulation): Choice[] {
  const { policy } = simulation.engine;
  const alive = [...policy.waiting(), ...policy.running];
  return alive.flatMap((request) => explainStep(simulation, request).alternatives);
}

/** Takes the choice in the step that `was` has just launched, and goes on to the end. */
function check(create: () => Simulation, was: Simulation, choice: Choice): void {
  const is = create();
  while (is.steps < was.steps - 1) is.next();
  const { override } = is.engine;
  override.put(choice);
  const ownership = watchOwnership(is);
  is.next();
  checkInvariants(is, ownership);
  if (override.isTaken) expectTaken(choice, is, was);
  override.put(null);
  while (is.next()) checkInvariants(is, ownership);
  checkEnd(is, ownership);
}

const kinds = ['admit', 'hold', 'spare', 'chunk', 'start', 'wait'] as const;

/** The step that `is` has just launched differs from that of `was` in the chosen decision. */
function expectTaken(choice: Choice, { engine, lastBatch: is }: Simulation, { lastBatch: was }: Simulation): void {
  const { status } = engine.sequences;
  const { request } = choice;
  const at = is.request.subarray(0, is.count).indexOf(request);
  const isAdmitted = at >= 0 && (is.flags[at] & EntryFlag.admitted) !== 0;
  const what = JSON.stringify({ choice, policy: engine.config.policy });
  switch (choice.kind) {
    case 'admit':
      expect(isAdmitted, what).toBe(true);
      return;
    case 'hold':
      expect(at, what).toBe(-1);
      return;
    case 'spare':
      expect(status[request], what).toBe(Status.running);
      return;
    case 'chunk':
      expect(is.tokens[at], what).toBeLessThanOrEqual(choice.tokens);
      return;
    case 'start':
      expect(isAdmitted && is.startUs < was.startUs, what).toBe(true);
      return;
    case 'wait':
      expect(is.startUs, what).toBeGreaterThan(was.startUs);
  }
}
