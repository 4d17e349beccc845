import { describe, expect, it } from 'vitest';
import { Because, DecisionKind } from '../decision.ts';
import { defaultEngineConfig } from '../engine-config.ts';
import { Run } from '../run.ts';
import { Simulation } from '../simulation.ts';
import { openSource, toyCost } from '../testing.ts';

const config = {
  ...defaultEngineConfig(1 + 2 * 64),
  policy: 'deepspeed',
  memory: 'own' as const,
  settings: { maxOutTokens: 1024 },
  asyncScheduling: false,
  batchesInFlight: 1,
  enablePrefixCaching: false,
  staticBatchSize: 4,
  staticTimeoutUs: 0,
  maxModelLen: 8192,
};

const specs = (...lengths: (readonly [prompt: number, output: number])[]) =>
  lengths.map(([promptTokens, outputTokens]) => ({ arrivalUs: 0, promptTokens, outputTokens }));

describe('DeepSpeed-Inference of 2022', () => {
  it('refuses who outgrows its row of the workspace, and serves who fills it', () => {
    const simulation = new Simulation(config, openSource(specs([1000, 25], [1000, 24])), toyCost);
    simulation.next();
    const { decisions } = simulation.engine;
    const first = [decisions.kind[0], decisions.because[0], decisions.need[0], decisions.have[0]];
    expect(first).toEqual([DecisionKind.reject, Because.workspace, 1025, 1024]);
    while (simulation.next());
    expect([simulation.rejected, simulation.finished]).toEqual([1, 1]);
    expect(simulation.engine.sequences.generated[1]).toBe(24);
  });

  it('gives every row all of its places, so that two fill a workspace of two', () => {
    const simulation = new Simulation(config, openSource(specs([5, 3], [5, 3], [5, 3])), toyCost);
    simulation.next();
    expect(simulation.engine.policy.running).toEqual([0, 1]);
    expect(simulation.engine.memory.freeBlocks).toBe(0);
    expect(simulation.engine.memory.wastedTokens).toBe(2 * (1024 - 5));
  });

  it('runs a batch to its longest output', () => {
    const run = new Run(config, openSource(specs([8, 10], [8, 1000])), toyCost, 1e12);
    while (!run.advance(1000));
    const { summary } = run.account();
    expect([summary.steps, summary.paddingTokens]).toEqual([1000, 990]);
  });
});
