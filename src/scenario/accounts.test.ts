import { describe, expect, it } from 'vitest';
import { Simulation } from '../sim/simulation.ts';
import { Part } from '../sim/why/parts.ts';
import { checkAccounts, runToEnd } from '../sim/why/testing.ts';
import { TimeAccounts } from '../sim/why/time-account.ts';
import { build } from './build.ts';
import { presets } from './presets.ts';

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
});
