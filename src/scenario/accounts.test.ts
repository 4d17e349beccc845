import { describe, expect, it } from 'vitest';
import { Simulation } from '../sim/simulation.ts';
import { Part } from '../sim/why/parts.ts';
import { checkAccounts, runToEnd } from '../sim/why/testing.ts';
import { TimeAccounts } from '../sim/why/time-account.ts';
import { build } from './build.ts';
import type { Knobs } from './knobs.ts';
import { presetOf, presets } from './presets.ts';
import { withChoice } from './value.ts';

describe('time accounts of the presets', () => {
  it.each(presets.filter((preset) => preset.id !== 'trace').map((preset) => preset.id))('add up in %s', (id) => {
    const preset = presets.find((p) => p.id === id);
    if (preset === undefined) throw new Error(id);
    const built = build(preset.knobs);
    if (!built.ok) throw new Error(id);
    const { config, source, cost } = built.value;
    const accounts = new TimeAccounts();
    const simulation = new Simulation(config, source, cost, accounts);
    runToEnd(simulation);
    const total = checkAccounts(simulation, accounts);
    expect(total[Part.decode]).toBeGreaterThan(0);
    expect(total[Part.queueOther]).toBe(0);
    if (id === 'tiny-paged') {
      expect(total[Part.preempted]).toBeGreaterThan(0);
      expect(total[Part.recompute]).toBeGreaterThan(0);
    }
    if (id === 'static-against-continuous') expect(total[Part.queueBatchRunning]).toBeGreaterThan(0);
  });

  it('add up where a preempted request waits in host memory instead of being computed again', () => {
    const tiny = withChoice(presetOf('tiny-paged').knobs, 'engine', 'vllm-2023');
    const totalOf = (knobs: Knobs) => {
      const built = build(knobs);
      if (!built.ok) throw new Error('tiny-paged');
      const { config, source, cost } = built.value;
      const accounts = new TimeAccounts();
      const simulation = new Simulation(config, source, cost, accounts);
      runToEnd(simulation);
      return checkAccounts(simulation, accounts);
    };
    const recompute = totalOf(tiny);
    const swap = totalOf({ ...tiny, 'preemption-mode': 'swap' });
    expect(recompute[Part.recompute]).toBeGreaterThan(0);
    expect(recompute[Part.transfer]).toBe(0);
    expect(swap[Part.recompute]).toBe(0);
    expect(swap[Part.transfer]).toBeGreaterThan(0);
  });
});
