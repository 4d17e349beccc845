import { describe, expect, it } from 'vitest';
import { presetOf } from '../presets.ts';
import { simulateScenario } from '../simulate.ts';
import { effectiveThroughput, tokenTimes } from './token-gaps.ts';

const knobs = { ...presetOf('azure-chat').knobs, requests: 80, clients: 12 };

describe('tokenTimes', () => {
  it('has the first and the last token of every request where the account of the run has them', () => {
    for (const engine of ['vllm', 'vllm-2023', 'static']) {
      const scenario = { ...knobs, engine };
      const simulated = simulateScenario(scenario, {});
      if (!simulated.ok) throw new Error('not built');
      const { outcomes } = simulated.value.account;
      const { tokenUs, arrivalUs } = tokenTimes(scenario);
      expect([...arrivalUs]).toEqual([...outcomes.arrivalUs]);
      expect(tokenUs.map((us) => us.length)).toEqual([...outcomes.outputTokens]);
      expect(tokenUs.map((us) => us[0])).toEqual([...outcomes.firstTokenUs]);
      expect(tokenUs.map((us) => us[us.length - 1])).toEqual([...outcomes.finishUs]);
    }
  });
});

describe('effectiveThroughput', () => {
  const times = (tokenUs: readonly (readonly number[])[]) => ({
    arrivalUs: Float64Array.from(tokenUs, () => 0),
    promptTokens: Int32Array.from(tokenUs, () => 512),
    tokenUs,
    endUs: 2e6,
  });

  it('counts whose first token comes in time and whose later ones keep their pace', () => {
    const good = [900_000, 1_000_000, 1_100_000];
    const lateFirst = [1_100_000, 1_200_000];
    const slow = [900_000, 1_300_000];
    expect(effectiveThroughput(times([good, lateFirst, slow, good]), 4)).toEqual({
      perS: 2,
      share: 0.5,
      effectivePerS: 1,
    });
  });
});
