/** What the worker answers beside the whole run: frames that leave the cursor, stops, capacity, lectures in files. */

import { beforeAll, describe, expect, it } from 'vitest';
import type { Handlers, Seek } from '../protocol/messages.ts';
import { findCapacity } from '../scenario/capacity.ts';
import { layoutsOf, simulateLayout } from '../scenario/layouts/layouts.ts';
import { presetOf } from '../scenario/presets.ts';
import { createSimulator } from './simulator.ts';

const knobs = { ...presetOf('tiny-paged').knobs };
const { signal } = new AbortController();
const nothing = () => {};
let simulator: Handlers;

beforeAll(async () => {
  simulator = createSimulator();
  const run = await simulator.run({ knobs, thisGpu: null }, signal, nothing);
  if (!run.ok) throw new Error(JSON.stringify(run.problems));
});

const seek = async (to: Seek, lastStep?: number) => {
  const shown = await simulator.seek({ seek: to, select: -1, windowSteps: 20, lastStep }, signal, nothing);
  if (shown === null) throw new Error('no run');
  return shown.frame;
};
const look = (step: number) => simulator.look({ step, windowSteps: 1 }, signal, nothing);

describe('looking at a step', () => {
  it('shows what going there shows, and leaves the cursor', async () => {
    const there = await seek({ to: 'step', step: 30 });
    const here = await seek({ to: 'step', step: 12 });
    for (const step of [30, 5, 12, 0]) {
      const seen = await look(step);
      expect(seen?.step).toBe(step);
      if (step === 30) {
        expect(seen?.pool).toEqual(there.pool);
        expect(seen?.running).toEqual(there.running);
      }
      expect(await seek({ to: 'by', steps: 0 })).toEqual(here);
    }
    expect(await seek({ to: 'by', steps: 1 })).toEqual(await seek({ to: 'step', step: 13 }));
  });

  it('ends at the last step', async () => {
    expect((await look(1e9))?.isLast).toBe(true);
  });
});

describe('a run kept beside', () => {
  const other = { ...presetOf('azure-chat').knobs, requests: 300, rate: 12, 'num-gpu-blocks-override': 1200 };
  let both: Handlers;

  beforeAll(async () => {
    both = createSimulator();
    const made = await both.run({ knobs: other, thisGpu: null }, signal, nothing);
    if (!made.ok) throw new Error(JSON.stringify(made.problems));
    await both.pin({ isPinned: true }, signal, nothing);
    const changed = { ...other, 'max-num-batched-tokens': 512 };
    const fork = { base: other, step: 500 };
    if (!(await both.run({ knobs: changed, thisGpu: null, fork }, signal, nothing)).ok) throw new Error('no run');
  });

  const go = async (to: Seek, link: 'time' | 'step' | 'request' = 'time', select = -1) => {
    const shown = await both.seek({ seek: to, select, windowSteps: 20, link }, signal, nothing);
    if (shown === null) throw new Error('no run');
    const pinned = shown.pinned === 'later' ? await both.beside({}, signal, nothing) : shown.pinned;
    return { frame: shown.frame, pinned, isLater: shown.pinned === 'later' };
  };

  it('comes with the answer where it is near, and later where it is far', async () => {
    await go({ to: 'step', step: 100 });
    const near = await go({ to: 'by', steps: 1 });
    expect(near.isLater).toBe(false);
    expect(near.pinned?.step).toBe(near.frame.step);
    const far = await go({ to: 'step', step: 3000 });
    expect(far.isLater).toBe(true);
    const { startUs, count } = far.frame.window;
    // What ran when the shown step began.
    const ends = far.pinned?.window.endUs;
    expect(ends?.[ends.length - 1]).toBeGreaterThan(startUs[count - 1]);
    expect(ends?.[ends.length - 2]).toBeLessThanOrEqual(startUs[count - 1]);
  });

  it('is given up for the next move, and then is where that one wants it', async () => {
    const first = await both.seek({ seek: { to: 'step', step: 1900 }, select: -1, windowSteps: 240 }, signal, nothing);
    expect(first?.pinned === 'later').toBe(true);
    const overtaken = both.beside({}, signal, nothing);
    const second = await go({ to: 'step', step: 4000 });
    expect(await overtaken).toBeNull();
    const again = await go({ to: 'by', steps: 0 });
    expect(again.pinned).toEqual(second.pinned);
  });

  it('stands at the same step, or where a request is as far', async () => {
    expect((await go({ to: 'step', step: 2000 }, 'step')).pinned?.step).toBe(2000);
    const request = 150;
    const byLife = await go({ to: 'step', step: 2600 }, 'request', request);
    const progress = (of: typeof byLife.frame | null) => {
      const at = of?.running.request.indexOf(request) ?? -1;
      return at < 0 ? undefined : of?.running.generated[at];
    };
    const [inB, inA] = [progress(byLife.frame), progress(byLife.pinned)];
    expect(inB).toBeGreaterThan(0);
    expect(Math.abs((inA ?? -100) - (inB ?? 0))).toBeLessThan(20);
  });

  it('has a cache and an account of its own', async () => {
    await go({ to: 'step', step: 2000 });
    const [ofB, ofA] = [
      await both.cached({ of: 'shown' }, signal, nothing),
      await both.cached({ of: 'pinned' }, signal, nothing),
    ];
    expect(ofA).not.toBeNull();
    expect(ofB).not.toEqual(ofA);
    const whole = async (of: 'shown' | 'pinned') =>
      (await both.account({ request: 150, of }, signal, nothing))?.reduce((sum, us) => sum + us, 0);
    expect(await whole('pinned')).not.toBe(await whole('shown'));
  });
});

describe('a step that nothing goes past', () => {
  it('is shown instead of any later one', async () => {
    const at = await seek({ to: 'step', step: 10 });
    for (const to of [
      { to: 'step', step: 40 },
      { to: 'by', steps: 25 },
      { to: 'time', us: 1e12 },
    ] as const) {
      await seek({ to: 'step', step: 2 });
      expect(await seek(to, 10)).toEqual(at);
    }
  });

  it('keeps nobody from an earlier one', async () => {
    expect((await seek({ to: 'step', step: 6 }, 10)).step).toBe(6);
  });
});

describe('capacity', () => {
  const chat = { ...presetOf('azure-chat').knobs, requests: 200 };
  const slo = { ttftUs: 500_000, tpotUs: 30_000 };

  it('is what the command line finds with the same seed', async () => {
    const counts: number[] = [];
    const found = await simulator.capacity({ knobs: chat, thisGpu: null, slo, attain: 0.9 }, signal, ({ count }) =>
      counts.push(count),
    );
    const expected = findCapacity(chat, {}, { slo, attain: 0.9, seeds: 1, tolerance: 0.02 });
    if (!found.ok || !expected.ok) throw new Error('not found');
    expect(found.value).toEqual(expected.value.bySeed[0]);
    expect(counts).toEqual(Array.from({ length: found.value.runs }, (_, i) => i + 1));
  });

  it('can be given up', async () => {
    const controller = new AbortController();
    const found = simulator.capacity({ knobs: chat, thisGpu: null, slo, attain: 0.9 }, controller.signal, () =>
      controller.abort(),
    );
    await expect(found).rejects.toThrow();
  });

  it('says where the rate cannot be set', async () => {
    const closed = { ...chat, clients: 8 };
    const found = await simulator.capacity({ knobs: closed, thisGpu: null, slo, attain: 0.9 }, signal, nothing);
    expect(found).toMatchObject({ ok: false, problems: [{ field: 'rate' }] });
  });
});

describe('a saved scenario', () => {
  it('comes back with its lecture, and without a trace', async () => {
    const bookmarks = [{ step: 4, text: 'here', question: null }];
    const staging = { isPresenting: true, hidden: [], locked: ['all'] };
    const bytes = await simulator.exportFile({ knobs, lecture: { bookmarks, staging } }, signal, nothing);
    const file = new Blob([bytes as Uint8Array<ArrayBuffer>]);
    const read = await simulator.importFile({ file, name: 'a.json' }, signal, nothing);
    expect(read).toEqual({
      ok: true,
      value: {
        report: null,
        knobs,
        lecture: { bookmarks: [{ step: 4, text: 'here' }], present: true, lock: ['all'] },
        problems: [],
      },
    });
  });
});

describe('a layout of GPUs', () => {
  it('is simulated as on the command line, or says why it cannot be', async () => {
    const slo = { ttftUs: 500_000, tpotUs: 30_000 };
    const large = { ...presetOf('azure-chat').knobs, model: 'llama-3.1-70b', requests: 60 } as const;
    const rows = layoutsOf(large, 2).map(async (of) => {
      const row = await simulator.layout({ of, thisGpu: null, slo }, signal, nothing);
      expect(row).toEqual(simulateLayout(of, {}, slo));
      return row.ok;
    });
    expect(new Set(await Promise.all(rows))).toEqual(new Set([true, false]));
  });
});
