import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Because, Bound } from '../decision.ts';
import { defaultEngineConfig } from '../engine-config.ts';
import { Simulation } from '../simulation.ts';
import { assert, cases, openSource, runArb, toyCost } from '../testing.ts';
import { explainStep } from './at-step.ts';

const request = { arrivalUs: 0, promptTokens: 40, outputTokens: 4 };

describe('explainStep', () => {
  it('says which rule holds a waiting request, with numbers, and what bound the step', () => {
    const config = { ...defaultEngineConfig(7), maxModelLen: 96, asyncScheduling: false, batchesInFlight: 1 };
    const simulation = new Simulation(config, openSource([request, request, request, request]), toyCost);
    simulation.next();
    expect(explainStep(simulation, 0)).toMatchObject({ state: 'prefill', tokens: 40, hasJoined: true, ahead: -1 });
    expect(explainStep(simulation, 2)).toMatchObject({
      state: 'waiting',
      because: Because.fullPrompt,
      need: 3,
      have: 0,
      subject: 2,
      ahead: 0,
      bound: Bound.blocks,
    });
    expect(explainStep(simulation, 3)).toMatchObject({
      state: 'waiting',
      because: Because.fullPrompt,
      subject: 2,
      ahead: 1,
      alternatives: [{ kind: 'admit', request: 3 }],
    });
    simulation.next();
    expect(explainStep(simulation, 0)).toMatchObject({ state: 'decode', computed: 40, hasJoined: false });
  });

  it('names the request that took the blocks of a preempted one', () => {
    const config = { ...defaultEngineConfig(7), maxModelLen: 96, asyncScheduling: false, batchesInFlight: 1 };
    const long = { ...request, outputTokens: 40 };
    const simulation = new Simulation(config, openSource([long, long]), toyCost);
    while (simulation.preemptions === 0) simulation.next();
    expect(explainStep(simulation, 1)).toMatchObject({ state: 'preempted', because: Because.noBlocks, subject: 0 });
  });

  it('tells arrived from later ones', () => {
    const simulation = new Simulation(
      defaultEngineConfig(100),
      openSource([request, { ...request, arrivalUs: 5_000_000 }]),
      toyCost,
    );
    simulation.next();
    expect(explainStep(simulation, 1)).toMatchObject({ state: 'not-arrived', need: 5_000_000 });
  });

  it('gives every waiting request of generated runs a rule', () => {
    fc.assert(
      fc.property(runArb, ({ requests, config }) => {
        const simulation = new Simulation(config, openSource(requests), toyCost);
        while (simulation.next()) {
          for (const r of simulation.engine.policy.waiting()) {
            const answer = explainStep(simulation, r);
            const isHeld = ['waiting', 'preempted', 'loading'].includes(answer.state);
            assert(isHeld, () => `request ${r}, step ${answer.step}: ${answer.state}`);
            assert(answer.because !== Because.none, () => `request ${r}, step ${answer.step}: no rule`);
          }
          // FastGen's sequences keep their seats for two steps after their end.
          const ended = config.policy === 'fastgen' ? ['finished'] : [];
          for (const r of simulation.engine.policy.running) {
            const { state } = explainStep(simulation, r);
            const isRunning = ['prefill', 'decode', 'recompute', 'passed-over', 'padding', ...ended].includes(state);
            assert(isRunning, () => `request ${r} runs: ${state}`);
          }
        }
      }),
      { numRuns: cases },
    );
  });
});
