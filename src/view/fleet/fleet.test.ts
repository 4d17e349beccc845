import { range } from 'd3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Language, translator } from '../../i18n/i18n.ts';
import '../../i18n/later-messages.ts';
import { Fate, type FleetResult, Part, ReplicaRole } from '../../protocol/fleet.ts';
import { Fleet } from '../../sim/cluster/fleet.ts';
import { accountOf } from '../../sim/cluster/fleet-account.ts';
import { splitFleetArb, storeFleetArb, troubledFleetArb } from '../../sim/cluster/testing.ts';
import { openSource } from '../../sim/testing.ts';
import { createSvgPainter } from '../../ui/svg-painter.ts';
import { dark, light } from '../../ui/theme.ts';
import { formatsOf } from '../../ui/use-format.ts';
import { fleetResult } from '../../worker/fleet-result.ts';
import { draw } from './draw.ts';
import { flightOf } from './draw-router.ts';
import { linksOf } from './links.ts';
import { awayAt, countsAt, decisionAt, fateNames, fleetModel, levelAt, levelNames, type Order } from './model.ts';
import type { FleetPicture } from './picture.ts';
import { hit, placeOf, stripWords } from './place.ts';
import {
  four,
  full,
  momentsOf,
  roomy,
  sharing,
  shedding,
  sixteen,
  slow,
  splitSharing,
  three,
  turning,
} from './samples.ts';
import { storeOf } from './store.ts';
import { theLinks, theStore } from './strips.ts';
import { simulatedFleet, splitFleet } from './testing.ts';
import { readoutOf } from './words.ts';

const t = translator('en');
const format = formatsOf('en');
const spaced = (text: string) => text.replaceAll('\u00a0', ' ');

/** Any small fleet in any trouble. */
const resultArb = troubledFleetArb.map(({ config, requests }): FleetResult => {
  const fleet = new Fleet(config, openSource(requests));
  while (!fleet.advance(1000));
  return fleetResult(accountOf(fleet), config, []);
});

const splitArb = splitFleetArb.map(({ config, requests }): FleetResult => {
  const fleet = new Fleet(config, openSource(requests));
  while (!fleet.advance(1000));
  return fleetResult(accountOf(fleet), config, []);
});

function pictureOf(result: FleetResult, us: number, language: Language = 'en', order: Order = 'number'): FleetPicture {
  const model = fleetModel(result, order);
  return {
    model,
    nowUs: us,
    decision: Number.isNaN(us) ? null : decisionAt(model, us),
    shown: 2,
    pointed: { replica: -1, us: Number.NaN },
    t: translator(language),
    format: formatsOf(language),
  };
}

function svg(picture: FleetPicture, size: { width: number; height: number }, theme = light): string {
  const painter = createSvgPainter(size, theme.page);
  draw(painter, picture, theme, size);
  return painter.toSvg();
}

/** Every tenth bin, so that the picture of many rows is a file one can read; nobody is busy in one in which it was not up. */
function coarse(result: FleetResult): FleetResult {
  const { series } = result;
  const each = (column: Float32Array) => column.filter((_, at) => at % 10 === 0);
  const { waiting, running, kvUse, busy, prefillTokens, decodeTokens } = series;
  return {
    ...result,
    series: {
      bins: series.bins / 10,
      binUs: series.binUs * 10,
      waiting: each(waiting),
      running: each(running),
      kvUse: each(kvUse),
      busy: each(busy).map((share) => (Number.isNaN(share) ? 0 : share)),
      prefillTokens: each(prefillTokens),
      decodeTokens: each(decodeTokens),
    },
  };
}

describe('the store of a fleet', () => {
  it('is never fuller than it may be, and carries every byte that came', () => {
    fc.assert(
      fc.property(storeFleetArb, ({ config, requests }) => {
        const fleet = new Fleet(config, openSource(requests));
        while (!fleet.advance(1000));
        const result = fleetResult(accountOf(fleet), config, []);
        const store = storeOf(result);
        if (store === null || result.store === null) throw new Error('there is no store');
        const { bytes, isGivenUp, capacityBytes } = result.store;
        for (const level of store.levels.stored) expect(level).toBeLessThanOrEqual(capacityBytes);
        const came = bytes.reduce((sum, each, row) => sum + (isGivenUp[row] === 1 ? 0 : each), 0);
        const carried = store.levels.fetched.reduce((sum, rate) => sum + (rate * result.series.binUs) / 1e6, 0);
        expect(carried).toBeGreaterThan(came * 0.999 - 1);
        expect(carried).toBeLessThan(came * 1.001 + 1);
      }),
      { numRuns: 25 },
    );
  });
});

describe('the model of a fleet', () => {
  it('says of every replica at every time whether it is up, and why not', () => {
    fc.assert(
      fc.property(resultArb, (result) => {
        const { lives } = result;
        const { rows } = fleetModel(result, 'number');
        for (const us of momentsOf(result))
          for (const row of rows) {
            const isUp = lives.replica.some(
              (replica, life) => replica === row.replica && us >= lives.startUs[life] && us < lives.endUs[life],
            );
            expect(awayAt(row, us) === null).toBe(isUp);
          }
      }),
      { numRuns: 25 },
    );
  });

  it('counts requests at any time as one would by going through them, and all of them at the end', () => {
    fc.assert(
      fc.property(resultArb, (result) => {
        const model = fleetModel(result, 'number');
        const { requests } = result;
        for (const us of momentsOf(result)) {
          const now = countsAt(model, us);
          const come = [...requests.arrivalUs].filter((at) => at <= us).length;
          const settled = [...requests.settledUs].filter((at) => at <= us).length;
          expect([now.arrived, now.inFlight]).toEqual([come, come - settled]);
        }
        const end = countsAt(model, Number.POSITIVE_INFINITY);
        expect(fateNames.map((name) => end.fates[name])).toEqual(
          fateNames.map((name) => result.summary.fates[Fate[name]]),
        );
        expect(end.inFlight).toBe(0);
      }),
      { numRuns: 25 },
    );
  });

  it('finds the last decision by a time', () => {
    const model = fleetModel(four, 'number');
    const { routes } = four;
    expect(decisionAt(model, routes.timeUs[0] - 1)).toBeNull();
    for (const number of [0, 7, routes.count - 1]) {
      const found = decisionAt(model, number === routes.count - 1 ? Number.POSITIVE_INFINITY : routes.timeUs[number]);
      expect(found?.number).toBe(number);
      expect(found?.request).toBe(routes.request[number]);
      const scores = [...(found?.scores ?? [])].map((score) =>
        Number.isNaN(score) ? Number.POSITIVE_INFINITY : score,
      );
      // The chosen one has the lowest score.
      expect(scores[found?.replica ?? -1]).toBe(Math.min(...scores));
    }
  });

  it('puts the busiest first where that is asked for', () => {
    const busy = fleetModel(four, 'busy').rows.map((row) => row.busy);
    expect(busy).toEqual(busy.toSorted((a, b) => b - a));
    expect(fleetModel(four, 'number').rows.map(({ replica }) => replica)).toEqual([0, 1, 2, 3]);
    // Together they are as busy as the summary says, up to what the one that died had not ended.
    const mean = busy.reduce((sum, share) => sum + share, 0) * four.summary.durationUs;
    expect(mean / (four.summary.utilisation * four.summary.upUs)).toBeCloseTo(1, 2);
  });
});

describe('a fleet beside another', () => {
  it('shares scales and axis with it, and ends where its run ended', () => {
    const alone = fleetModel(four, 'busy');
    const both = fleetModel(four, 'busy', three);
    const { pinned } = both;
    expect(both.rows).toEqual(alone.rows);
    expect(pinned?.result).toBe(three);
    expect(both.spanUs).toBe(Math.max(four.summary.durationUs, three.summary.durationUs));
    expect(three.summary.durationUs).toBeGreaterThan(four.summary.durationUs);
    for (const name of levelNames)
      expect(both.tops[name]).toBe(Math.max(alone.tops[name], fleetModel(three, 'number').tops[name]));
    expect(levelAt(both, 'running', 0, four.summary.durationUs + 1)).toBeNaN();
  });

  it('is told of, replica by replica', () => {
    const model = fleetModel(four, 'number', three);
    const said = (replica: number, us: number) => readoutOf(model, { replica, us }, t, format).map(spaced);
    const at = (name: 'waiting' | 'running' | 'kvUse') => levelAt(fleetModel(three, 'number'), name, 1, 2_000_000);
    expect(said(1, 2_000_000).at(-1)).toBe(
      `A: ${format.number(at('waiting'), 1)} wait, ${format.number(at('running'), 1)} run, ${format.percent(at('kvUse'))} of KV in use`.replaceAll(
        '\u00a0',
        ' ',
      ),
    );
    // A has a replica less; its other three are up until it ends.
    expect(said(3, 2_000_000).at(-1)).toBe('A has no such replica');
    const shorter = fleetModel(three, 'number', four);
    const behind = four.summary.durationUs + 1;
    expect(readoutOf(shorter, { replica: 0, us: behind }, t, format).at(-1)).toBe('A had ended');
    // Its second one is dead from 3 s on.
    expect(readoutOf(shorter, { replica: 1, us: 3_500_000 }, t, format).at(-1)).toBe('A: not up');
    const late = three.summary.durationUs - 1;
    expect(said(0, late).slice(1, 2)).toEqual(['B had ended']);
    expect(said(0, late).at(-1)).toMatch(/^A: [\d.]+ wait/);
  });
});

describe('the way between prefill and decode', () => {
  const sum = (levels: Float32Array) => levels.reduce((total, level) => total + level, 0);

  it('is there where the two are split, and nowhere else', () => {
    expect(fleetModel(four, 'number').links).toBeNull();
    expect(fleetModel(full, 'busy').rows.map(({ roles }) => roles[0].role)).toEqual([
      'prefill',
      'prefill',
      'decode',
      'decode',
    ]);
  });

  it('carries every byte, and holds every prompt for as long as it waits past a step', () => {
    fc.assert(
      fc.property(splitArb, (result) => {
        const links = linksOf(result);
        if (links === null) throw new Error('no links');
        const { handovers: all, series, stepUs } = result;
        let [bytes, heldUs, movingUs, longestUs] = [0, 0, 0, 0];
        for (let row = 0; row < all.count; row++) {
          const isAsked = !Number.isNaN(all.askedUs[row]);
          const toUs = isAsked ? all.askedUs[row] : all.endUs[row];
          const us = Math.max(0, toUs - all.readyUs[row] - (stepUs[all.to[row]] || 0));
          heldUs += us;
          longestUs = Math.max(longestUs, us);
          if (!isAsked) continue;
          movingUs += all.endUs[row] - all.askedUs[row];
          if (all.isGivenUp[row] === 0) bytes += all.bytes[row];
        }
        const close = (level: Float32Array, scale: number, whole: number) => {
          const told = sum(level) * series.binUs * scale;
          expect(Math.abs(told - whole)).toBeLessThanOrEqual(1e-3 * whole + 1);
        };
        close(links.levels.held, 1, heldUs);
        close(links.levels.moving, 1, movingUs);
        close(links.levels.bytesPerS, 1e-6, bytes);
        // Somebody waits for at least as long as the one who waits longest, at most for as long as all together.
        const heldShareUs = links.heldShare * result.summary.durationUs;
        expect(heldShareUs).toBeGreaterThanOrEqual(longestUs - 1e-3);
        expect(heldShareUs).toBeLessThanOrEqual(heldUs + 1e-3);
      }),
      { numRuns: 40 },
    );
  });

  it('says which side holds up the other', () => {
    const bottleneck = (result: FleetResult) => linksOf(result)?.bottleneck;
    expect(bottleneck(full)).toBe('decode');
    expect(bottleneck(slow)).toBe('link');
    expect(bottleneck(roomy)).toBeNull();
    expect(bottleneck(splitFleet({ blocks: 1_200, prefills: 1, decodes: 3, perReplicaS: 24 }))).toBe('prefill');
  });
});

describe('the drawing of a fleet', () => {
  const wide = { width: 736, height: 110 };

  it('has a row of curves for each of a few replicas', async () => {
    await expect(svg(pictureOf(four, 6_400_000), wide)).toMatchFileSnapshot('testdata/four.svg');
  });

  it('fits a phone, in the dark and in Chinese, with replicas that come and go', async () => {
    const picture = pictureOf(coarse(sixteen), 6_000_000, 'zh', 'busy');
    await expect(svg(picture, { width: 342, height: 420 }, dark)).toMatchFileSnapshot('testdata/phone-zh.svg');
  });

  it('shows lightness where rows are low, and the row that is pointed at', async () => {
    const picture = { ...pictureOf(coarse(sixteen), 6_000_000), pointed: { replica: 9, us: 3_000_000 } };
    await expect(svg(picture, wide)).toMatchFileSnapshot('testdata/low-rows.svg');
  });

  it('marks requests that came to nothing, before the first step too', async () => {
    await expect(svg(pictureOf(coarse(shedding), Number.NaN), wide)).toMatchFileSnapshot('testdata/losses.svg');
  });

  it('has a badge for each side where prefill and decode are split, and the links under them', async () => {
    const picture = pictureOf(coarse(full), 6_400_000);
    await expect(svg(picture, { width: 736, height: 190 })).toMatchFileSnapshot('testdata/split.svg');
  });

  it('shows the links on a phone, in the dark and in Chinese, where they are pointed at', async () => {
    const picture = { ...pictureOf(coarse(slow), 9_000_000, 'zh'), pointed: { replica: theLinks, us: 4_000_000 } };
    await expect(svg(picture, { width: 342, height: 260 }, dark)).toMatchFileSnapshot('testdata/split-phone-zh.svg');
  });

  it('outlines the fleet that it is compared with, which has a replica less and goes on for longer', async () => {
    const picture = { ...pictureOf(four, 6_400_000), model: fleetModel(four, 'number', three) };
    await expect(svg(picture, wide)).toMatchFileSnapshot('testdata/pinned.svg');
  });

  it('marks a replica that turns to the other side, and has its badge at the side where it is at the shown time', async () => {
    const [turn] = fleetModel(turning, 'number').rows.flatMap(({ marks }) =>
      marks.filter(({ name }) => name === 'turnsToPrefill'),
    );
    expect(turn).toBeDefined();
    const size = { width: 736, height: 190 };
    const before = svg(pictureOf(coarse(turning), turn.timeUs - 1), size);
    const after = svg(pictureOf(coarse(turning), 9_000_000), size);
    await expect(after).toMatchFileSnapshot('testdata/turn.svg');
    const { pitch } = placeOf(fleetModel(turning, 'number'), size);
    const bars = /<rect x="0" y="[\d.]+" width="11" height="([\d.]+)".*\n<text x="5.5".*>([PD])</g;
    /** How many rows the bars with a letter run along. */
    const along = (text: string, wanted: string) =>
      [...text.matchAll(bars)].reduce(
        (rows, [, height, letter]) => rows + (letter === wanted ? Math.round((Number(height) + 2) / pitch) : 0),
        0,
      );
    const { replica, role, startUs, count } = turning.lives;
    const lifeAt = (us: number, of: number) =>
      range(count).findLast((life) => replica[life] === of && startUs[life] <= us) ?? -1;
    const sides = (us: number) =>
      [ReplicaRole.prefill, ReplicaRole.decode].map(
        (side) => range(turning.replicas).filter((of) => role[lifeAt(us, of)] === side).length,
      );
    expect(['P', 'D'].map((letter) => along(before, letter))).toEqual([1, 3]);
    expect(['P', 'D'].map((letter) => along(after, letter))).toEqual(sides(9_000_000));
    expect(sides(9_000_000)).not.toEqual([1, 3]);
  });

  it('has the store that all share under the rows, full or not', async () => {
    const picture = pictureOf(coarse(sharing), 6_400_000);
    await expect(svg(picture, { width: 736, height: 190 })).toMatchFileSnapshot('testdata/store.svg');
  });

  it('shows the store on a phone, in the dark and in Chinese, where it is pointed at', async () => {
    const picture = { ...pictureOf(coarse(sharing), 9_000_000, 'zh'), pointed: { replica: theStore, us: 4_000_000 } };
    await expect(svg(picture, { width: 342, height: 260 }, dark)).toMatchFileSnapshot('testdata/store-phone-zh.svg');
  });

  it('has the way to decode and the store under the rows, and a time that leaves out the words of both', async () => {
    const picture = pictureOf(coarse(splitSharing), 6_400_000);
    const size = { width: 736, height: 230 };
    await expect(svg(picture, size)).toMatchFileSnapshot('testdata/split-store.svg');
    const { strips } = placeOf(picture.model, size);
    expect(strips).toHaveLength(2);
    const lines = [...svg(picture, size).matchAll(/<rect x="[\d.]+" y="([\d.]+)" width="1.5" height="([\d.]+)"/g)];
    expect(lines.length).toBeGreaterThanOrEqual(9);
    for (const [, y, height] of lines)
      for (const { top } of strips) {
        // The middle of the words over a strip's curves.
        const words = top + stripWords / 2;
        expect(Number(y) < words && words < Number(y) + Number(height)).toBe(false);
      }
  });

  it('reads 64 replicas in 260 pixels: every row has a height, and no label covers another', () => {
    const model = fleetModel(simulatedFleet(64, { seconds: 1 }), 'number');
    const size = { width: 736, height: 260 };
    const { pitch, bottom, hasCurves } = placeOf(model, size);
    expect(hasCurves).toBe(false);
    expect(pitch).toBeGreaterThan(3);
    expect(bottom).toBeLessThanOrEqual(size.height - 16);
    const picture = svg(pictureOf(model.result, 500_000), size);
    const labels = [...picture.matchAll(/<text x="18" y="([\d.]+)"/g)]
      .map(([, y]) => Number(y))
      .toSorted((a, b) => a - b);
    expect(labels.length).toBeGreaterThan(10);
    labels.slice(1).forEach((y, i) => {
      expect(y - labels[i]).toBeGreaterThan(11);
    });
  });

  it('finds the replica and the time under a point', () => {
    const model = fleetModel(four, 'busy');
    const { top, pitch, levels, figures } = placeOf(model, wide);
    for (const name of levelNames) {
      const { left, right } = levels[name];
      const found = hit(model, wide, (left + right - figures) / 2, top + 1.5 * pitch);
      expect(found.replica).toBe(model.rows[1].replica);
      expect(found.us).toBeCloseTo(model.spanUs / 2, -1);
    }
    // At the names a replica alone, under the rows a time alone.
    expect(hit(model, wide, 5, top + 1)).toEqual({ replica: model.rows[0].replica, us: Number.NaN });
    expect(hit(model, wide, levels.waiting.left, top + 4 * pitch + 5)).toEqual({ replica: -1, us: 0 });
    expect(hit(model, wide, levels.waiting.left, 2)).toEqual({ replica: -1, us: Number.NaN });
  });

  it('finds the links under the rows', () => {
    const model = fleetModel(full, 'number');
    const { bottom, foot, levels } = placeOf(model, wide);
    expect(hit(model, wide, levels.running.left, (bottom + foot) / 2)).toEqual({ replica: theLinks, us: 0 });
    expect(hit(model, wide, levels.running.left, foot + 5)).toEqual({ replica: -1, us: 0 });
    expect(hit(model, wide, levels.running.left, bottom - 1).replica).toBe(3);
  });

  it('sends the dot of a handover from the replica that prefilled to the one that decodes', () => {
    const model = fleetModel(full, 'number');
    const { top, pitch } = placeOf(model, wide);
    const { routes, handovers } = full;
    const handed = routes.part.findIndex((part, number) => part === Part.decode && number > 20);
    const decision = decisionAt(model, routes.timeUs[handed]);
    const row = handovers.request.indexOf(decision?.request ?? -1);
    expect(decision?.from).toBe(handovers.from[row]);
    const flight = flightOf({ model, decision }, wide);
    expect(flight?.fromY).toBe(top + (handovers.from[row] + 0.5) * pitch);
    expect(flight?.toY).toBe(top + (handovers.to[row] + 0.5) * pitch);
  });

  it('sends the dot of a decision to the row of its replica', () => {
    const picture = pictureOf(four, 6_400_000, 'en', 'busy');
    const { top, pitch } = placeOf(picture.model, wide);
    const row = picture.model.rows.findIndex(({ replica }) => replica === picture.decision?.replica);
    expect(flightOf(picture, wide)?.toY).toBe(top + (row + 0.5) * pitch);
    expect(flightOf({ ...picture, decision: null }, wide)).toBeNull();
  });
});
