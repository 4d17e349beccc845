import { describe, expect, it } from 'vitest';
import { devices } from '../sim/gpu/device.ts';
import { type Band, spreadsOf, verdictOf } from './band.ts';
import { bandOf, startBand } from './band-run.ts';
import type { Knobs } from './knobs.ts';
import { presetOf } from './presets.ts';
import { simulateScenario } from './simulate.ts';

const chat: Knobs = { ...presetOf('azure-chat').knobs, requests: 1500 };
const { p95 } = devices.h200.error;

function studied(knobs: Knobs) {
  const band = bandOf(knobs);
  const run = simulateScenario(knobs, {});
  if (!band.ok || !run.ok) throw new Error('not built');
  const { distributions, summary } = run.value.account;
  return { band: band.value, distributions, summary, verdict: verdictOf(distributions, band.value) };
}

function loadOf({ load }: Band): { low: number; high: number } {
  if (load.low === null) throw new Error(load.because);
  return load;
}

describe('the band', () => {
  const calm = studied({ ...chat, rate: 3 });
  const busy = studied({ ...chat, rate: 27 });
  const flooded = studied({ ...chat, rate: 60 });

  it('takes the P95 of the step errors of the profile', () => {
    expect(calm.band.error).toBe(p95);
  });

  it('scales the mean gap of a request as it scales steps, where nobody waits', () => {
    const alone = studied({ ...chat, rate: 0.05, requests: 100 });
    for (const spread of spreadsOf(alone.distributions, alone.band).filter(
      (s) => s.metric === 'tpot' && s.rank === 50,
    )) {
      expect(spread.lowUs / spread.us).toBeCloseTo(1 - p95, 2);
      expect(spread.highUs / spread.us).toBeCloseTo(1 + p95, 2);
      expect(spread.growth).toBeCloseTo(1, 1);
    }
  });

  it('knows the load: in proportion to the rate, one where the queue begins to grow', () => {
    const { low, high } = loadOf(busy.band);
    expect(loadOf(calm.band).high / high).toBeCloseTo(3 / 27, 2);
    expect(low).toBeGreaterThan(0.7);
    expect(high).toBeLessThan(1.1);
    expect(high).toBeGreaterThan(low);
    expect(loadOf(flooded.band).low).toBeGreaterThan(1.5);
    expect(flooded.summary.queueingMeanUs).toBeGreaterThan(20 * calm.summary.queueingMeanUs);
    // One request alone keeps the GPU busy, so use is no load.
    expect(calm.summary.gpuUtilisation).toBeGreaterThan(0.9);
  });

  it('narrows the load down as the run gets longer', () => {
    const wide = ({ low, high }: { low: number; high: number }) => (high - low) / high;
    const four = studied({ ...chat, device: 'rtx-4090', rate: 3, requests: 150 });
    const more = studied({ ...chat, device: 'rtx-4090', rate: 3, requests: 1500 });
    expect(wide(loadOf(more.band))).toBeLessThan(0.05);
    expect(wide(loadOf(four.band))).toBeGreaterThan(0.1);
  });

  it('says where small errors grow', () => {
    expect(calm.verdict.kind).toBe('steady');
    expect(busy.verdict.kind).toBe('near');
    expect(busy.verdict.worst?.growth ?? 0).toBeGreaterThan(4);
    expect(flooded.verdict.kind).toBe('overloaded');
  });

  it('has no load where arrivals follow the answers, come all at once, or are few', () => {
    expect(studied({ ...chat, requests: 200, clients: 8 }).band.load).toEqual({ low: null, because: 'closed' });
    expect(studied({ ...chat, workload: 'batch', requests: 150 }).band.load).toEqual({ low: null, because: 'at-once' });
    expect(studied(presetOf('tiny-paged').knobs).band.load).toEqual({ low: null, because: 'few' });
  });

  it('has no error where nothing was measured, nor where a phase changes the times', () => {
    const l4 = studied({ ...chat, device: 'l4', requests: 200, rate: 0.2 });
    expect(l4.band).toMatchObject({ error: null, faster: null, slower: null });
    expect(loadOf(l4.band).low).toBeGreaterThan(0);
    expect(l4.verdict).toEqual({ kind: 'unknown', worst: null });
    expect(
      studied({ ...presetOf('flash-attention').knobs, requests: 4, 'flash-attention': false } as Knobs).band.error,
    ).toBeNull();
  });

  it('leaves the run itself as it is, and comes out the same in slices', () => {
    const whole = bandOf({ ...chat, requests: 300 });
    const started = startBand({ ...chat, requests: 300 });
    if (!started.ok || !whole.ok) throw new Error('not built');
    let last = 0;
    while (!started.value.advance(64)) {
      expect(started.value.progress).toBeGreaterThanOrEqual(last);
      last = started.value.progress;
    }
    expect(started.value.result()).toEqual(whole.value);
  });
});
