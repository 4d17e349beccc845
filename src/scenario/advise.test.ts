import { expect, it } from 'vitest';
import { advise } from './advise.ts';
import type { Knobs } from './knobs.ts';
import { presetOf } from './presets.ts';
import { knobEntry, knobValue } from './registry.ts';
import { simulateScenario } from './simulate.ts';

const stall: Knobs = { ...presetOf('long-prompt-stall').knobs, requests: 150 };

it('ranks the settings next to the present one by what they do for a request', () => {
  const aim = { of: 'request', request: 110, metric: 'e2e' } as const;
  const advice = advise(stall, {}, aim);
  if (!advice.ok) throw new Error('not built');
  expect(advice.value.length).toBeGreaterThan(2);
  const changes = advice.value.map((a) => a.change);
  expect(changes).toEqual([...changes].sort((a, b) => a - b));
  for (const { knob, from, to, wasUs, isUs, change } of advice.value.slice(0, 2)) {
    expect(from).toBe(knobValue(stall, knobEntry(knob)));
    const again = simulateScenario({ ...stall, [knob]: to }, {});
    const { outcomes } = again.ok ? again.value.account : { outcomes: null };
    expect(isUs).toBe((outcomes?.finishUs[110] ?? 0) - (outcomes?.arrivalUs[110] ?? 0));
    expect(change).toBeCloseTo(isUs / wasUs - 1);
  }
});

it('finds that a smaller budget shortens the longest gaps while a long prompt comes in', () => {
  const advice = advise(stall, {}, { of: 'run', metric: 'itl', at: 'p99' });
  const smaller = advice.ok
    ? advice.value.find((a) => a.knob === 'max-num-batched-tokens' && Number(a.to) < 8192)
    : undefined;
  expect(smaller?.effects.itlP99).toBe(smaller?.change);
  // A limit that binds in no step is not lifted.
  expect(advice.ok && advice.value.some((a) => a.knob === 'max-num-seqs' && Number(a.to) > 1024)).toBe(false);
});

it('tries seats where seats bind', () => {
  const advice = advise(presetOf('tiny-paged').knobs, {}, { of: 'run', metric: 'ttft', at: 'p99' });
  const [best] = advice.ok ? advice.value : [];
  expect(best).toMatchObject({ knob: 'max-num-seqs', from: 4, to: 8 });
  expect(best.change).toBeLessThan(-0.2);
});
