import { describe, expect, it } from 'vitest';
import type { Knobs } from '../knobs.ts';
import { presetOf } from '../presets.ts';
import { findKnob, knobEntry, knobValue } from '../registry.ts';
import {
  bestFirst,
  CLOSE,
  isLaidOut,
  type LayoutRow,
  layoutKnobNames,
  layoutsOf,
  otherDeviceOf,
  SAMPLED_REQUESTS,
  sampleOf,
  simulateLayout,
  withLayout,
} from './layouts.ts';

const chat: Knobs = { ...presetOf('azure-chat').knobs, requests: 120, rate: 20 };
const slo = { ttftUs: 500_000, tpotUs: 50_000 };

/** `4x2x1 1P` = four replicas of two GPUs each, of which one prefills. */
const nameOf = ({ layout: l }: Pick<LayoutRow, 'layout'>) =>
  `${l.replicas}x${l.tensor}x${l.pipeline}${l.prefills > 0 ? ` ${l.prefills}P` : ''}${l.idle > 0 ? ` ${l.idle} idle` : ''}`;

describe('layouts of a number of GPUs', () => {
  it('are all ways to divide them, each GPU once', () => {
    for (const gpus of [1, 3, 8, 40, 64]) {
      const cases = layoutsOf(chat, gpus);
      expect(new Set(cases.map(nameOf)).size).toBe(cases.length);
      for (const { layout } of cases) {
        const { tensor, pipeline, replicas, prefills, idle } = layout;
        expect(tensor * pipeline * replicas + idle).toBe(gpus);
        expect(idle).toBeLessThan(tensor * pipeline);
        expect(prefills).toBeLessThan(Math.max(1, replicas));
      }
    }
  });

  it('have no more GPUs of a kind than the knobs allow', () => {
    const layouts = layoutsOf(chat, 64).map(({ layout }) => layout);
    const most = (of: 'tensor' | 'pipeline') => Math.max(...layouts.map((layout) => layout[of]));
    expect([most('tensor'), most('pipeline')]).toEqual([8, 16]);
    expect(knobEntry('tensor-parallel-size')).toMatchObject({ max: 8 });
    expect(knobEntry('pipeline-parallel-size')).toMatchObject({ max: 16 });
  });

  it('have prefill and decode split in several ratios where the engine can', () => {
    const names = layoutsOf(chat, 8).map(nameOf);
    expect(names).toContain('8x1x1');
    expect(names.filter((name) => name.startsWith('8x1x1 '))).toEqual(['8x1x1 2P', '8x1x1 3P', '8x1x1 4P', '8x1x1 5P']);
    expect(names).toContain('2x4x1 1P');
    expect(layoutsOf({ ...chat, engine: 'sglang' }, 8).every(({ layout }) => layout.prefills === 0)).toBe(true);
  });

  it('count the room of GPUs of both kinds', () => {
    const mixed = { ...chat, 'decode-device': 'rtx-4090' };
    const cases = layoutsOf(mixed, 2);
    expect([otherDeviceOf(cases), otherDeviceOf(layoutsOf(chat, 2))]).toEqual(['rtx-4090', null]);
    const roomOf = (knobs: Knobs) => {
      const found = layoutsOf(knobs, 2).find((each) => nameOf(each) === '2x1x1 1P');
      const row = found === undefined ? undefined : simulateLayout(found, {}, slo);
      if (row?.ok !== true) throw new Error('it does not fit');
      return row.kvTokens;
    };
    const [large, small] = [roomOf(chat), roomOf({ ...chat, device: 'rtx-4090' })];
    expect(small).toBeLessThan(large / 5);
    expect(roomOf(mixed)).toBe((large + small) / 2);
  });

  it('are simulated on the same traffic; what does not fit says why', () => {
    const rows = layoutsOf(chat, 2).map((each) => simulateLayout(each, {}, slo));
    const fitting = rows.filter((row) => row.ok);
    expect(fitting.length).toBeGreaterThanOrEqual(3);
    for (const row of fitting) {
      expect(row.goodputPerS).toBeGreaterThan(0);
      expect(row.kvTokens).toBeGreaterThan(100_000);
    }
    const large = layoutsOf({ ...chat, model: 'llama-3.1-70b' }, 2).map((each) => simulateLayout(each, {}, slo));
    const alone = large.find((row) => nameOf(row) === '2x1x1');
    expect(alone?.ok === false && alone.problems[0].code).toBe('model-does-not-fit');
    expect(large.find((row) => nameOf(row) === '1x2x1')?.ok).toBe(true);
  });

  it('name the links that their times depend on, and how well they are known', () => {
    const linksOf = (name: string, knobs: Knobs, gpus: number) => {
      const found = layoutsOf(knobs, gpus).find((each) => nameOf(each) === name);
      const row = found === undefined ? undefined : simulateLayout(found, {}, slo);
      return row?.ok ? row.links : null;
    };
    expect(linksOf('2x1x1', chat, 2)).toEqual([]);
    expect(linksOf('2x1x1', { ...chat, 'kv-store-gib': 1 }, 2)).toEqual([
      { use: 'kv', evidence: 'estimated', isExtrapolated: false },
    ]);
    expect(linksOf('2x1x1 1P', chat, 2)).toEqual([{ use: 'kv', evidence: 'estimated', isExtrapolated: false }]);
    expect(linksOf('2x1x1 1P', { ...chat, 'kv-link': 'nvlink' }, 2)).toEqual([
      { use: 'kv', evidence: 'measured', isExtrapolated: false },
    ]);
    expect(linksOf('1x2x1', chat, 2)).toEqual([{ use: 'tensor', evidence: 'measured', isExtrapolated: false }]);
  });

  it('come best first, and what cannot be built last', () => {
    const rows = bestFirst(
      layoutsOf({ ...chat, model: 'llama-3.1-70b' }, 2).map((each) => simulateLayout(each, {}, slo)),
    );
    const goodputs = rows.flatMap((row) => (row.ok ? [row.goodputPerS] : []));
    expect(goodputs[0]).toBeGreaterThanOrEqual(Math.max(...goodputs) * (1 - CLOSE));
    expect(rows.at(-1)?.ok).toBe(false);
  });

  it('with about the same goodput are told apart by the time to the first token', () => {
    const [each] = layoutsOf(chat, 1);
    const built = simulateLayout(each, {}, slo);
    const row = (goodputPerS: number, ttftP99Us: number): LayoutRow =>
      ({ ...built, goodputPerS, ttftP99Us }) as LayoutRow;
    const rows = [row(0, 1), row(90, 2), row(100, 9), row(99.5, 4), row(90.5, Number.NaN), row(90.2, 1)];
    const ttfts = bestFirst(rows).map((r) => (r.ok ? [r.goodputPerS, r.ttftP99Us] : []));
    expect(ttfts.slice(0, 2)).toEqual([
      [99.5, 4],
      [100, 9],
    ]);
    expect(ttfts.at(-1)).toEqual([0, 1]);
    // Where nothing keeps the limits, TTFT alone decides.
    expect(bestFirst([row(0, 3), row(0, 2)]).map((r) => r.ok && r.ttftP99Us)).toEqual([2, 3]);
  });

  it('set the knobs of a scenario, whatever ranks it had before', () => {
    const before: Knobs = {
      ...chat,
      'tensor-parallel-size': 4,
      'pipeline-parallel-size': 2,
      'data-parallel-size': 2,
      'enable-expert-parallel': true,
      replicas: 3,
      'prefill-replicas': 1,
      replica: 2,
    };
    expect(layoutsOf(before, 8).map(({ knobs }) => knobs['data-parallel-size'] ?? 1)).not.toContain(2);
    const plain = { tensor: 1, pipeline: 1, replicas: 8, prefills: 0, idle: 0 };
    const laid = withLayout(before, plain);
    const values = layoutKnobNames.map((name) => {
      const entry = findKnob(name);
      return entry === undefined ? 'no such knob' : knobValue(laid, entry);
    });
    expect(values).toEqual([1, 1, 1, 1, 8, 0, 0]);
    expect(laid.rate).toBe(chat.rate);
    expect(isLaidOut(before, plain)).toBe(false);
    expect(isLaidOut(laid, plain)).toBe(true);
    expect(isLaidOut({ ...laid, replica: 5 }, plain)).toBe(true);
    expect(isLaidOut({ ...laid, 'prefill-replicas': 2 }, plain)).toBe(false);
  });

  it('are tried on the beginning of a long traffic', () => {
    expect(sampleOf({ ...chat, requests: SAMPLED_REQUESTS + 1 }).requests).toBe(SAMPLED_REQUESTS);
    expect(sampleOf(chat).requests).toBe(chat.requests);
  });
});
