import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { translator } from '../../i18n/i18n.ts';
import '../../i18n/later-messages.ts';
import type { FleetResult, HandoverColumns } from '../../protocol/fleet.ts';
import type { RunResult } from '../../protocol/run.ts';
import { Fleet } from '../../sim/cluster/fleet.ts';
import { accountOf } from '../../sim/cluster/fleet-account.ts';
import { splitFleetArb } from '../../sim/cluster/testing.ts';
import { cases, openSource } from '../../sim/testing.ts';
import { createSvgPainter } from '../../ui/svg-painter.ts';
import { dark, light } from '../../ui/theme.ts';
import { formatsOf } from '../../ui/use-format.ts';
import { fleetResult } from '../../worker/fleet-result.ts';
import { sampleFrame, sampleResult, sampleWindow } from '../batch/sample.ts';
import { draw, hit } from './draw.ts';
import { timelineModel } from './model.ts';
import { transferLane } from './transfers.ts';
import { descriptionOf, transferReadout } from './words.ts';

const t = translator('en');
const format = formatsOf('en');
const size = { width: 480, height: 200 };

const whole = fc.sample(splitFleetArb, { numRuns: 1, seed: 1 }).map(({ config, requests }) => {
  const fleet = new Fleet(config, openSource(requests));
  while (!fleet.advance(1000));
  return fleetResult(accountOf(fleet), config, []);
})[0];

/** [request, from, to, ready, asked, end, bytes, given up] */
type Row = readonly [number, number, number, number, number, number, number, 1?];

function handovers(rows: readonly Row[]): HandoverColumns {
  const ints = (i: 0 | 1 | 2) => Int32Array.from(rows, (row) => row[i]);
  const reals = (i: 3 | 4 | 5 | 6) => Float64Array.from(rows, (row) => row[i]);
  return {
    count: rows.length,
    request: ints(0),
    from: ints(1),
    to: ints(2),
    fromRow: ints(0),
    toRow: ints(0).map((request) => request + 10),
    readyUs: reals(3),
    askedUs: reals(4),
    endUs: reals(5),
    isGivenUp: Uint8Array.from(rows, (row) => row[7] ?? 0),
    bytes: reals(6),
  };
}

const never = Number.NaN;
const rows: readonly Row[] = [
  [0, 0, 2, 1000, 1500, 9000, 2e6],
  [1, 1, 2, 4000, 4000, 30_000, 40e6],
  [2, 0, 3, 5000, 5000, 6000, 1e6],
  [3, 0, 2, 20_000, 26_000, never, 9e6],
  [4, 1, 2, 33_000, never, never, 0],
  [5, 1, 2, 50_000, 51_000, 52_000, 1e6],
];

/** One that was never asked for, and one whose bytes flowed already. */
const givenUp: readonly Row[] = [
  [0, 0, 2, 1000, never, 20_000, 0, 1],
  [1, 1, 2, 4000, 10_000, 22_000, 40e6, 1],
  [2, 0, 2, 6000, 6000, 12_000, 2e6],
  [3, 0, 2, 12_000, 14_000, 26_000, 1e6],
];

/** Replica 1 decodes at first, and prefills from 20 ms on. */
const turned: readonly Row[] = [
  [0, 0, 1, 1000, 1500, 9000, 2e6],
  [1, 0, 1, 4000, 5000, 12_000, 3e6],
  [2, 1, 0, 24_000, 25_000, 30_000, 4e6],
];

const result = (replica: number, all = rows): RunResult => {
  const fleet: FleetResult = { ...whole, handovers: handovers(all) };
  const base = sampleResult([], { fleet, replica });
  const column = (...values: number[]) => Float64Array.from(values);
  return {
    ...base,
    summary: { ...base.summary, durationUs: 60_000 },
    stages: { ...base.stages, busyUs: Float64Array.of(48_000) },
    series: {
      ...base.series,
      count: 3,
      binUs: 20_000,
      busyUs: column(16_000, 12_000, 20_000),
      prefillUs: column(0, 0, 0),
      mixedUs: column(0, 0, 0),
    },
  };
};

const frame = sampleFrame(
  sampleWindow(
    3,
    Array.from({ length: 5 }, () => ({ us: 8000, entries: [{ request: 11, tokens: 1 }] })),
  ),
);

const model = (replica: number, shown = 10, all = rows) =>
  timelineModel({ frame, result: result(replica, all), focus: -1, xScale: 'step', shown }, t, format);

describe('KV on its way', () => {
  it('is that of the shown replica, as far as it is seen, under its own numbers', () => {
    const lane = transferLane(result(2), [0, 40_000], 0);
    expect(lane?.isIncoming).toBe(true);
    expect(lane?.transfers.map(({ request, other, line }) => [request, other, line])).toEqual([
      [10, 0, 0],
      [11, 1, 1],
      [13, 0, 0],
      [14, 1, 1],
    ]);
    const out = transferLane(result(0), [0, 40_000], 0);
    expect(out?.isIncoming).toBe(false);
    expect(out?.transfers.map(({ request }) => request)).toEqual([0, 2, 3]);
  });

  it('is what is under way in any window, and made once a run', () => {
    for (const shown of [result(2), result(0, givenUp), result(1, turned)]) {
      const { handovers } = shown.fleet ?? whole;
      const all = transferLane(shown, [-1, 100_000], 0)?.transfers ?? [];
      for (let fromUs = 0; fromUs < 60_000; fromUs += 1000)
        for (const toUs of [fromUs + 500, fromUs + 3000, 60_000]) {
          const own = [...handovers.readyUs.keys()].filter(
            (row) => handovers.from[row] === shown.replica || handovers.to[row] === shown.replica,
          );
          expect(all).toHaveLength(own.length);
          // What never ends is under way for ever.
          const seen = own.filter((row) => handovers.readyUs[row] < toUs && !(handovers.endUs[row] <= fromUs));
          const { transfers = [], lines = 0 } = transferLane(shown, [fromUs, toUs], 0) ?? {};
          expect(transfers.map((each) => all.indexOf(each))).toEqual(seen.map((row) => own.indexOf(row)));
          for (const { line } of transfers) expect(line).toBeLessThan(lines);
        }
    }
  });

  it('is not there where nothing is handed over', () => {
    expect(transferLane(sampleResult([]), [0, 1], 0)).toBeNull();
    const fleet = { ...whole, handovers: handovers([]) };
    expect(transferLane(sampleResult([], { fleet }), [0, 1], 0)).toBeNull();
  });

  it('puts the axis on time: what comes has no place on one of steps', () => {
    expect(model(2).xScale).toBe('time');
  });

  it('has as much under way over a whole run as each took together, and no two in one place', () => {
    fc.assert(
      fc.property(splitFleetArb, ({ config, requests }) => {
        const fleet = new Fleet(config, openSource(requests));
        while (!fleet.advance(1000));
        const account = accountOf(fleet);
        const told = fleetResult(account, config, []);
        expect(told.handovers.count).toBe(account.handovers.length);
        const { durationUs } = account.summary;
        config.instances.forEach((_, replica) => {
          const own = account.handovers.filter(({ from, to }) => from === replica || to === replica);
          const at = sampleResult([], { fleet: told, replica });
          const lane = transferLane(at, [0, durationUs], 50);
          if (lane === null) return;
          const us = own.reduce((sum, { askedUs, endUs }) => sum + (askedUs >= 0 ? endUs - askedUs : 0), 0);
          const sum = lane.stretches.reduce((all, each) => all + (each * durationUs) / 50, 0);
          expect(sum).toBeCloseTo(us, 3);
          // A fifth one at a time shares a line with another.
          const { transfers = [], lines = 0 } = transferLane(at, [0, durationUs], 0) ?? {};
          expect(lines).toBeLessThanOrEqual(4);
          if (lines === 4) return;
          for (const a of transfers)
            for (const b of transfers)
              expect(a === b || a.line !== b.line || a.endUs <= b.readyUs || b.endUs <= a.readyUs).toBe(true);
        });
      }),
      { numRuns: Math.ceil(cases / 3) },
    );
  });

  it('is pointed at, and told in words', () => {
    const shown = model(2);
    const lane = shown.transfers;
    if (lane === null) throw new Error('no transfers');
    const found = new Set<number>();
    for (let x = 0; x < size.width; x++)
      for (let y = 0; y < size.height; y += 2) found.add(hit(shown, size, x, y).transfer);
    expect([...found].sort((a, b) => a - b)).toEqual([-1, 0, 1, 2, 3]);
    const plain = (parts: readonly string[]) => parts.map((part) => part.replaceAll('\u00a0', ' '));
    expect(plain(transferReadout(lane, 0, t, format))).toEqual([
      'r10: 1.91 MiB of KV from replica 1',
      'waited 500 µs to be fetched',
      'on its way for 7.5 ms',
    ]);
    expect(plain(transferReadout(lane, 2, t, format)).at(-1)).toBe('not there yet');
    expect(plain(transferReadout(lane, 3, t, format))).toEqual([
      'r14: its KV stays in replica 2 until there are blocks here',
    ]);
    expect(descriptionOf(shown, shown.slices[0], t, format)).toContain('KV of 4 requests comes in view');
  });

  it('ends where it was given up, and is not counted as come', () => {
    const shown = model(2, 10, givenUp);
    const lane = shown.transfers;
    if (lane === null) throw new Error('no transfers');
    const told = (at: number) => transferReadout(lane, at, t, format).map((part) => part.replaceAll('\u00a0', ' '));
    expect(told(0)).toEqual(['r10: its KV in replica 1 was given up', 'waited 19 ms to be fetched']);
    expect(told(1)).toEqual([
      'r11: its KV in replica 2 was given up',
      'waited 6 ms to be fetched',
      'on its way for 12 ms',
    ]);
    expect(told(2).at(-1)).toBe('on its way for 6 ms');
    expect(descriptionOf(shown, shown.slices[0], t, format).replaceAll('\u00a0', ' ')).toContain(
      'KV of 2 requests comes in view, 2.86 MiB.',
    );
  });

  it('comes and leaves where the replica changed its role', () => {
    const lane = transferLane(result(1, turned), [0, 40_000], 0);
    expect(lane?.transfers.map(({ isIncoming, request, other }) => [isIncoming, request, other])).toEqual([
      [true, 10, 0],
      [true, 11, 0],
      [false, 2, 0],
    ]);
    // The lane has the name of what it does last, and before the first of what it will do.
    const sideAt = (us: number) => transferLane(result(1, turned), [us - 1, us], 0)?.isIncoming;
    expect([500, 20_000, 24_001].map(sideAt)).toEqual([true, true, false]);
    const shown = model(1, 10, turned);
    if (shown.transfers === null) throw new Error('no transfers');
    const { transfers } = shown;
    const plain = (text: string) => text.replaceAll('\u00a0', ' ');
    expect([0, 2].map((at) => plain(transferReadout(transfers, at, t, format)[0]))).toEqual([
      'r10: 1.91 MiB of KV from replica 1',
      'r2: 3.81 MiB of KV to replica 1',
    ]);
    const said = plain(descriptionOf(shown, shown.slices[0], t, format));
    expect(said).toContain('KV of 2 requests comes in view, 4.77 MiB.');
    expect(said).toMatch(/KV of 1 requests? leaves in view, 3.81 MiB\./);
  });

  it('keeps its line while the view moves, and the name of its side before the first comes', () => {
    const lines = (fromUs: number, toUs: number) =>
      new Map(transferLane(result(2), [fromUs, toUs], 0)?.transfers.map(({ request, line }) => [request, line]));
    const all = lines(0, 60_000);
    for (let us = 0; us < 60_000; us += 1000)
      for (const [request, line] of lines(us, us + 5000)) expect(line).toBe(all.get(request));
    expect(transferLane(result(2), [0, 500], 0)).toMatchObject({ isIncoming: true, transfers: [] });
  });

  it.each([
    ['transfers-in', model(2), light],
    ['transfers-out-dark', model(0), dark],
    ['transfers-whole', model(2, 0), light],
    ['transfers-given-up', model(2, 10, givenUp), light],
  ] as const)('draws %s', async (name, shown, theme) => {
    const painter = createSvgPainter(size, theme.page);
    draw(painter, { model: shown, t, format }, theme, size);
    expect(painter.toSvg()).not.toMatch(/NaN|Infinity/);
    await expect(painter.toSvg()).toMatchFileSnapshot(`testdata/${name}.svg`);
  });
});
