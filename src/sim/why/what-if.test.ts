import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultEngineConfig } from '../engine-config.ts';
import { Simulation } from '../simulation.ts';
import { cases, checkEnd, checkInvariants, openSource, runsOf, toyCost, watchOwnership } from '../testing.ts';
import { explainStep } from './at-step.ts';
import type { Choice } from './choice.ts';
import { runWhatIf } from './what-if.ts';

const sync = { asyncScheduling: false, batchesInFlight: 1, maxModelLen: 96 };

describe('what if', () => {
  it('a smaller request had passed a head without room: it is served earlier, the head is not', () => {
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
    expect(answer.alternatives).toEqual([{ kind: 'skip-head', request: 1 }]);
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
    expect(answer.alternatives).toEqual([{ kind: 'victim', request: 0 }]);
    const result = runWhatIf(create, { step, request: 1, choice: answer.alternatives[0], budget: 1000 });
    expect(result.wasTaken).toBe(true);
    expect(result.request.e2eUs.is).toBeLessThan(result.request.e2eUs.was);
  });

  it('nothing is lost by any legal choice, and an impossible one changes nothing', () => {
    fc.assert(
      fc.property(runsOf('vllm'), fc.nat(60), fc.nat(24), ({ requests, config }, at, who) => {
        const create = () => new Simulation(config, openSource(requests), toyCost);
        const simulation = create();
        for (let i = 0; i <= at; i++) if (!simulation.next()) return;
        const step = simulation.steps - 1;
        const request = who % requests.length;
        const choices: Choice[] = [...explainStep(simulation, request).alternatives, { kind: 'deny', request: 9999 }];
        for (const choice of choices) {
          const other = create();
          while (other.steps < step) other.next();
          other.engine.override.choice = choice;
          const ownership = watchOwnership(other);
          while (other.next()) checkInvariants(other, ownership);
          checkEnd(other, ownership);
          const result = runWhatIf(create, { step, request, choice, budget: 10_000 });
          expect(result.isComplete).toBe(true);
          if (choice.request !== 9999) continue;
          expect(result.wasTaken).toBe(false);
          expect(result.request.e2eUs.is).toEqual(result.request.e2eUs.was);
          expect(result.all.tokens.is).toBe(result.all.tokens.was);
        }
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
