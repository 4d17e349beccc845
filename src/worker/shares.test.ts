import { describe, expect, it, vi } from 'vitest';
import type { Handlers } from '../protocol/messages.ts';
import type { RunResult } from '../protocol/run.ts';
import type { Knobs, KnobValue } from '../scenario/knobs.ts';
import { presetOf } from '../scenario/presets.ts';
import { RouteLog } from '../sim/cluster/route-log.ts';
import { FleetShare } from '../sim/cluster/share.ts';
import { devices } from '../sim/gpu/device.ts';
import { RequestTable } from '../sim/request.ts';
import { WORTH_REQUESTS } from './shares.ts';
import { createSimulator } from './simulator.ts';

const { signal } = new AbortController();
const nothing = () => {};
const knobs: Knobs = {
  ...presetOf('azure-chat').knobs,
  requests: 300,
  rate: 30,
  replicas: 3,
  router: 'session-affinity',
};
const many: Knobs = { ...knobs, requests: WORTH_REQUESTS };

const sharesOf = (simulator: Handlers, of: Knobs, most = 8) =>
  simulator.shares({ knobs: of, thisGpu: null, most }, signal, nothing);

describe('the run of a fleet', () => {
  it('is worth sharing out where it is long and no replica depends on another, among as many workers as there are replicas', async () => {
    const simulator = createSimulator();
    expect(await sharesOf(simulator, many)).toBe(3);
    expect(await sharesOf(simulator, many, 2)).toBe(2);
    expect(await sharesOf(simulator, { ...many, requests: WORTH_REQUESTS - 1 })).toBe(1);
    const coupling: readonly (readonly [string, KnobValue])[] = [
      ['router', 'least-requests'],
      ['clients', 8],
      ['client-timeout-s', 4],
      ['max-in-flight', 9],
      ['prefill-replicas', 1],
    ];
    for (const [name, value] of coupling) expect(await sharesOf(simulator, { ...many, [name]: value }), name).toBe(1);
  });

  it('is worth it on a GPU that was measured here too', async () => {
    const thisGpu = { ...devices.h200, id: 'this-device', evidence: 'this-device' } as const;
    const input = { knobs: { ...many, device: 'this-gpu' }, most: 8 };
    expect(await createSimulator().shares({ ...input, thisGpu }, signal, nothing)).toBe(3);
    expect(await createSimulator().shares({ ...input, thisGpu: null }, signal, nothing)).toBe(1);
  });

  it('is the same, and can be looked at as if it had been simulated in one worker', async () => {
    const shownIn = (answer: Awaited<ReturnType<Handlers['run']>>): Omit<RunResult, 'wallMs'> => {
      if (!answer.ok) throw new Error(JSON.stringify(answer.problems));
      const { wallMs, ...value } = answer.value;
      return value;
    };
    const [alone, joining] = [createSimulator(), createSimulator()];
    const shares = await Promise.all(
      [1, 0].map((which) => createSimulator().share({ knobs, thisGpu: null, which, of: 2 }, signal, nothing)),
    );
    const advance = vi.spyOn(FleetShare.prototype, 'advance');
    const joined = shownIn(await joining.run({ knobs, thisGpu: null, shares }, signal, nothing));
    expect(advance).not.toHaveBeenCalled();
    advance.mockRestore();
    expect(joined).toEqual(shownIn(await alone.run({ knobs, thisGpu: null }, signal, nothing)));
    const other = { ...knobs, replica: 2 };
    expect(await sharesOf(joining, { ...other })).toBe(1);
    expect(shownIn(await joining.run({ knobs: other, thisGpu: null }, signal, nothing))).toEqual(
      shownIn(await alone.run({ knobs: other, thisGpu: null }, signal, nothing)),
    );
  });

  it('needs of the shares no more than they are: its requests are routed once, and those of one replica are copied', async () => {
    const simulator = createSimulator();
    const shares = [await simulator.share({ knobs, thisGpu: null, which: 0, of: 1 }, signal, nothing)];
    const routed = vi.spyOn(RouteLog.prototype, 'add');
    const copied = vi.spyOn(RequestTable.prototype, 'pushCopy');
    const run = await simulator.run({ knobs, thisGpu: null, shares }, signal, nothing);
    expect(routed).not.toHaveBeenCalled();
    expect(new Set(copied.mock.calls.map(([, request]) => request)).size).toBe(run.ok && run.value.summary.requests);
    vi.restoreAllMocks();
  });

  it('that is held already is not shared out again where only another replica is looked at', async () => {
    const simulator = createSimulator();
    const shares = [await simulator.share({ knobs: many, thisGpu: null, which: 0, of: 1 }, signal, nothing)];
    await simulator.run({ knobs: many, thisGpu: null, shares }, signal, nothing);
    expect(await sharesOf(simulator, { ...many, replica: 1 })).toBe(1);
    expect(await sharesOf(simulator, { ...many, seed: 77 })).toBe(3);
  });

  it('is given up in the middle of a share', async () => {
    const controller = new AbortController();
    const share = createSimulator().share({ knobs: many, thisGpu: null, which: 0, of: 2 }, controller.signal, () =>
      controller.abort(new Error('enough')),
    );
    await expect(share).rejects.toThrow('enough');
  });
});
