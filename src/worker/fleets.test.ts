/** A scenario with replicas in the worker: the fleet, and the replica that is looked at. */

import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { Handlers } from '../protocol/messages.ts';
import type { RunResult } from '../protocol/run.ts';
import type { Knobs } from '../scenario/knobs.ts';
import { presetOf } from '../scenario/presets.ts';
import { simulateScenario } from '../scenario/simulate.ts';
import { SideBySideRun } from '../sim/cluster/fleet-run.ts';
import { createSimulator } from './simulator.ts';

const knobs: Knobs = {
  ...presetOf('azure-chat').knobs,
  requests: 400,
  rate: 30,
  replicas: 3,
  router: 'least-requests',
  'client-timeout-s': 4,
  'client-retries': 1,
};
const { signal } = new AbortController();
const nothing = () => {};
let simulator: Handlers;

beforeAll(() => {
  simulator = createSimulator();
});

async function run(of: Knobs, more: { fork?: { base: Knobs; step: number } } = {}): Promise<RunResult> {
  const answer = await simulator.run({ knobs: of, thisGpu: null, ...more }, signal, nothing);
  if (!answer.ok) throw new Error(JSON.stringify(answer.problems));
  return answer.value;
}

const seekStep = async (step: number) => {
  const shown = await simulator.seek({ seek: { to: 'step', step }, select: -1, windowSteps: 20 }, signal, nothing);
  if (shown === null) throw new Error('no run');
  return shown;
};

describe('a fleet', () => {
  it('comes with the run of the replica that is looked at, and each of its requests is of one of them', async () => {
    const results: RunResult[] = [];
    for (const replica of [0, 1, 2]) results.push(await run({ ...knobs, replica }));
    const { fleet } = results[0];
    expect(fleet?.replicas).toBe(3);
    const whole = simulateScenario(knobs, {});
    if (!whole.ok) throw new Error('no run');
    expect(results.map(({ fingerprint }) => fingerprint)).toEqual(Array(3).fill(whole.value.account.fingerprint));
    const sum = (of: (result: RunResult) => number) => results.reduce((total, result) => total + of(result), 0);
    expect(sum(({ summary }) => summary.requests)).toBe(fleet?.summary.attempts);
    expect(sum(({ summary }) => summary.steps)).toBe(fleet?.summary.steps);
    expect(sum(({ summary }) => summary.busyUs)).toBe(whole.value.account.summary.busyUs);
  });

  it('is not simulated again where only another replica is looked at', async () => {
    const told: number[] = [];
    await run({ ...knobs, seed: 3 });
    const answer = await simulator.run(
      { knobs: { ...knobs, seed: 3, replica: 2 }, thisGpu: null },
      signal,
      ({ count }) => told.push(count),
    );
    // Whatever is told is of the one replica, which has a third of the requests.
    expect(Math.max(0, ...told)).toBeLessThan(400 / 2);
    expect(answer.ok && answer.value.fleet?.summary.requests).toBe(400);
  });

  it('that was looked at again is not the one that makes room for another', async () => {
    const advance = vi.spyOn(SideBySideRun.prototype, 'advance');
    const isSimulated = async (seed: number): Promise<boolean> => {
      advance.mockClear();
      await run({ ...knobs, seed });
      return advance.mock.calls.length > 0;
    };
    const simulated: boolean[] = [];
    for (const seed of [11, 12, 11, 13, 11, 12]) simulated.push(await isSimulated(seed));
    advance.mockRestore();
    expect(simulated).toEqual([true, true, false, true, false, true]);
  });

  it('can be looked at anywhere, and asked', async () => {
    const result = await run(knobs);
    const last = result.summary.steps - 1;
    const { frame } = await seekStep(last);
    expect(frame.isLast).toBe(true);
    expect((await seekStep(Math.floor(last / 2))).frame.step).toBe(Math.floor(last / 2));
    const request = result.outcomes.status.indexOf(4);
    const parts = await simulator.account({ request, of: 'shown' }, signal, nothing);
    const lifeUs = result.outcomes.finishUs[request] - result.outcomes.arrivalUs[request];
    expect(parts?.reduce((a, b) => a + b, 0)).toBeCloseTo(lifeUs, 3);
    expect(await simulator.explain({ request }, signal, nothing)).not.toBeUndefined();
  });

  it('with GPUs of two kinds shows each replica on its own', async () => {
    const mixed: Knobs = {
      ...presetOf('splitwise').knobs,
      requests: 200,
      replicas: 3,
      'prefill-replicas': 2,
      device: 'h100',
      'decode-device': 'a100-80',
    };
    const results: RunResult[] = [];
    for (const replica of [0, 1, 2]) results.push(await run({ ...mixed, replica }));
    const [h100, a100] = ['NVIDIA H100 SXM 80 GB', 'NVIDIA A100 SXM 80 GB'];
    expect(results.map(({ facts }) => facts.device)).toEqual([h100, h100, a100]);
    expect(results[0].fleet?.devices).toEqual([h100, h100, a100]);
    const onA100 = await run({ ...presetOf('splitwise').knobs, requests: 1, device: 'a100-80' });
    expect(results[2].roofs).toEqual(onA100.roofs);
    expect(results[0].roofs).not.toEqual(onA100.roofs);
    expect(results[2].facts).toMatchObject({ blocks: onA100.facts.blocks, evidence: onA100.facts.evidence });
    // Each alone does what it did in the fleet.
    const sum = (of: (result: RunResult) => number) => results.reduce((total, result) => total + of(result), 0);
    expect(sum(({ summary }) => summary.steps)).toBe(results[0].fleet?.summary.steps);
    const whole = simulateScenario(mixed, {});
    if (!whole.ok) throw new Error('no run');
    expect(sum(({ summary }) => summary.busyUs)).toBe(whole.value.account.summary.busyUs);
    expect(results[2].fingerprint).toBe(whole.value.account.fingerprint);
  });

  it('can be compared with another one, or with another of its replicas, from the beginning', async () => {
    await run(knobs);
    await simulator.pin({ isPinned: true }, signal, nothing);
    const same = await run(knobs);
    expect(same.branching).toEqual({ difference: null, isFromStep: false });
    const other = { ...knobs, replica: 1 };
    const result = await run(other, { fork: { base: knobs, step: 50 } });
    expect(result.branching).toMatchObject({ difference: expect.anything(), isFromStep: false });
    expect((await seekStep(10)).pinned).not.toBeNull();
    await simulator.pin({ isPinned: false }, signal, nothing);
  });

  it('is measured as a whole for tables and searches', async () => {
    const compared = await simulator.compare({ knobs, thisGpu: null }, signal, nothing);
    expect(compared.metrics?.summary.requests).toBe(400);
  });

  it('says what is of one engine alone', async () => {
    expect(await simulator.band({ knobs, thisGpu: null }, signal, nothing)).toMatchObject({
      ok: false,
      problems: [{ code: 'one-engine-only', field: 'replicas', found: '3' }],
    });
  });

  it('shows nothing of a replica that never came up, and does not fail', async () => {
    const { summary, fleet } = await run({ ...knobs, rate: 1, 'autoscale-target': 100, replica: 2 });
    expect(summary.requests).toBe(0);
    expect(fleet?.lives.count).toBe(1);
    const shown = await simulator.seek({ seek: { to: 'time', us: 0 }, select: -1, windowSteps: 20 }, signal, nothing);
    expect(shown?.frame.step).toBe(-1);
  });
});
