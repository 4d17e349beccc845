import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Frame } from '../protocol/frame.ts';
import { build } from '../scenario/build.ts';
import { presetOf } from '../scenario/presets.ts';
import { Run } from '../sim/run.ts';
import { Simulation } from '../sim/simulation.ts';
import { cases, openSource, runArb, toyCost } from '../sim/testing.ts';
import { Cursor } from './cursor.ts';
import { readFrame } from './frame.ts';

const window = 12;

/** Frames of every step, taken one by one. */
function allFrames(simulation: Simulation, snapshots: Run['snapshots']): Frame[] {
  const cursor = new Cursor(simulation, snapshots);
  const frames: Frame[] = [];
  for (let step = 0; ; step++) {
    cursor.seek(step, window);
    if (cursor.step !== step) return frames;
    frames.push(readFrame(cursor, -1, window, -1));
  }
}

describe('the cursor', () => {
  it('shows the same wherever it comes from', () => {
    fc.assert(
      fc.property(runArb, fc.array(fc.nat(400), { minLength: 1, maxLength: 8 }), ({ requests, config }, targets) => {
        const run = new Run(config, openSource(requests), toyCost, 1e12);
        while (!run.advance(1000));
        const frames = allFrames(new Simulation(config, openSource(requests), toyCost), run.snapshots);
        expect(frames.length).toBe(run.simulation.steps);
        if (frames.length === 0) return;
        const cursor = new Cursor(new Simulation(config, openSource(requests), toyCost, null, true), run.snapshots);
        for (const target of targets) {
          const step = target % frames.length;
          cursor.seek(step, window);
          expect(readFrame(cursor, -1, window, -1)).toEqual(frames[step]);
          const us = frames[step].nowUs - 1;
          cursor.seekTime(us, window);
          expect(readFrame(cursor, -1, window, -1)).toEqual(frames[frames.findIndex((f) => f.nowUs > us)]);
        }
      }),
      { numRuns: cases },
    );
  });

  it('stops at the last step, and shows it', () => {
    const built = build({ ...presetOf('azure-chat').knobs, requests: 400 });
    if (!built.ok) throw new Error(JSON.stringify(built.problems));
    const { config, source, cost, device } = built.value;
    const run = new Run(config, source, cost, device.peakFlops);
    while (!run.advance(1000));
    const { steps } = run.simulation;
    const cursor = new Cursor(new Simulation(config, source, cost, null, true), run.snapshots);
    cursor.seek(Number.MAX_SAFE_INTEGER, window);
    expect(cursor.step).toBe(steps - 1);
    const last = readFrame(cursor, -1, window, steps - 1);
    expect([last.isLast, last.window.count, last.window.firstStep]).toEqual([true, window, steps - window]);
    cursor.seekTime(Number.MAX_SAFE_INTEGER, window);
    expect(readFrame(cursor, -1, window, steps - 1)).toEqual(last);
    cursor.seek(steps - 5, window);
    for (let i = 0; i < 4; i++) cursor.seek(cursor.step + 1, window);
    expect(readFrame(cursor, -1, window, steps - 1)).toEqual(last);
  });
});
