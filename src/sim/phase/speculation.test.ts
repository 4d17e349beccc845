import { expect, it } from 'vitest';
import { defaultEngineConfig, type EngineConfig } from '../engine-config.ts';
import { Run } from '../run.ts';
import { openSource, toyCost } from '../testing.ts';
import { RandomDraftModel, type SpeculationConfig } from './speculation.ts';

const eagle: SpeculationConfig = { method: 'eagle', tokens: 3, parallelDrafting: false, acceptanceRate: 0.7, seed: 1 };

function stepsWith(speculation: SpeculationConfig | null): number {
  const config: EngineConfig = {
    ...defaultEngineConfig(1001),
    asyncScheduling: false,
    batchesInFlight: 1,
    speculation,
  };
  const run = new Run(config, openSource([{ arrivalUs: 0, promptTokens: 8, outputTokens: 401 }]), toyCost, 1e12);
  while (!run.advance(1000));
  expect(run.account().summary.outputTokens).toBe(401);
  return run.simulation.steps;
}

it('delivers one token a step if no draft is right, and all of them if every draft is', () => {
  expect(stepsWith(null)).toBe(401);
  expect(stepsWith({ ...eagle, acceptanceRate: 0 })).toBe(401);
  expect(stepsWith({ ...eagle, acceptanceRate: 1 })).toBe(1 + 400 / 4);
});

it('accepts a run of drafts as often as the rate says', () => {
  const model = new RandomDraftModel(eagle);
  const requests = 20_000;
  let accepted = 0;
  for (let request = 0; request < requests; request++) accepted += model.accepted(request, 3, 0);
  // 0.7 + 0.7^2 + 0.7^3; the standard error is 0.009.
  expect(Math.abs(accepted / requests - 1.533)).toBeLessThan(0.04);
});
