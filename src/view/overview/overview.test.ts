import { describe, expect, it } from 'vitest';
import { type EventColumns, EventKind, type RunResult, type Series } from '../../protocol/run.ts';
import { createSvgPainter } from '../../ui/svg-painter.ts';
import { dark, light } from '../../ui/theme.ts';
import { drawPlayhead, drawRun, placeOf, timeAt } from './draw.ts';
import { eventNear, overviewModel } from './model.ts';
import { drawPinned } from './pinned.ts';

/** A run of four bins of a second each; the last bin is half full. */
function smallRun(): Pick<RunResult, 'series' | 'events'> & {
  facts: { blocks: number };
  summary: { durationUs: number; steps: number };
} {
  const zeros = new Float64Array(4);
  const series: Series = {
    count: 4,
    binUs: 1e6,
    firstStep: Float64Array.of(0, 10, 20, 30),
    busyUs: zeros,
    prefillTokens: Float64Array.of(1000, 0, 500, 0),
    decodeTokens: Float64Array.of(100, 200, 300, 200),
    paddingTokens: zeros,
    waitingUs: zeros,
    runningUs: zeros,
    usedBlocksUs: Float64Array.of(10e6, 20e6, 40e6, 20e6),
    wastedTokensUs: zeros,
    reservedTokensUs: zeros,
    externalBlocksUs: zeros,
    cachedBlocksUs: zeros,
    preemptions: zeros,
    prefillUs: zeros,
    mixedUs: zeros,
  };
  const events: EventColumns = {
    count: 3,
    step: Float64Array.of(3, 12, 12),
    timeUs: Float64Array.of(300_000, 1_200_000, 1_200_100),
    kind: Uint8Array.of(EventKind.hold, EventKind.hold, EventKind.preempt),
    request: Int32Array.of(1, 2, 3),
    dropped: 0,
  };
  return { series, events, facts: { blocks: 40 }, summary: { durationUs: 3.5e6, steps: 40 } };
}

const model = (columns = 100) => overviewModel(smallRun() as RunResult, columns, 100);

describe('overview model', () => {
  it('divides the last bin by the part of it that the run reached', () => {
    expect(model().decodePerS[3]).toBe(400);
    expect(model().kvUse[3]).toBe(1);
  });

  it('keeps all tokens when it joins bins', () => {
    const joined = model(2);
    expect(joined.prefillPerS).toHaveLength(2);
    expect(joined.prefillPerS[0] * 2).toBe(1000);
    expect([...joined.startUs]).toEqual([0, 2e6, 3.5e6]);
  });

  it('does not draw columns narrower than a few steps', () => {
    const run = smallRun();
    const few = { ...run, summary: { ...run.summary, steps: 6 } } as RunResult;
    expect(overviewModel(few, 100, 100).kvUse).toHaveLength(2);
  });

  it('joins events that fall together and keeps the loss', () => {
    expect(model().marks).toEqual([
      { timeUs: 300_000, isLoss: false, count: 1 },
      { timeUs: 1_200_000, isLoss: true, count: 2 },
    ]);
  });
});

describe('overview drawing', () => {
  it('finds the time under a place and the place of a time', () => {
    expect(timeAt(placeOf(1e6, 350, 3.5e6), 350, 3.5e6)).toBeCloseTo(1e6);
    expect(timeAt(-5, 350, 3.5e6)).toBe(0);
    expect(timeAt(999, 350, 3.5e6)).toBe(3.5e6);
  });

  it.each([light, dark])('draws the run, $name', async (theme) => {
    const size = { width: 350, height: 48 };
    const painter = createSvgPainter(size, theme.page);
    drawRun(painter, size, theme, model());
    drawPlayhead(painter, size, theme, model().durationUs, 1.75e6);
    await expect(painter.toSvg()).toMatchFileSnapshot(`testdata/overview-${theme.name}.svg`);
  });

  it('draws another run in outline, and up to when both are the same', async () => {
    const size = { width: 350, height: 48 };
    const run = smallRun();
    const series = { ...run.series, usedBlocksUs: run.series.usedBlocksUs.map((us) => us / 2) };
    const other = overviewModel(
      { ...run, series, summary: { ...run.summary, durationUs: 3.25e6 } } as RunResult,
      100,
      0,
    );
    const painter = createSvgPainter(size, light.page);
    drawRun(painter, size, light, model());
    drawPinned(painter, size, light, model(), other, 1e6);
    drawPlayhead(painter, size, light, model().durationUs, 1.75e6);
    await expect(painter.toSvg()).toMatchFileSnapshot('testdata/pinned.svg');
  });

  it('draws an empty run without marks or areas', () => {
    const run = smallRun();
    const empty = { ...run, series: { ...run.series, count: 0 }, events: { ...run.events, count: 0 } } as RunResult;
    const size = { width: 350, height: 48 };
    const painter = createSvgPainter(size, light.page);
    drawRun(painter, size, light, overviewModel(empty, 100, 100));
    drawPlayhead(painter, size, light, empty.summary.durationUs, 0);
    expect(painter.toSvg()).not.toContain(light.decode);
    expect(painter.toSvg()).not.toContain('NaN');
  });
});

describe('event near a time', () => {
  const events: EventColumns = {
    count: 3,
    step: Float64Array.of(1, 5, 5),
    timeUs: Float64Array.of(100, 500, 500),
    kind: Uint8Array.of(EventKind.hold, EventKind.kvFull, EventKind.preempt),
    request: Int32Array.of(4, -1, 7),
    dropped: 0,
  };

  it('is the nearest one within reach, a loss before others', () => {
    expect(eventNear(events, 120, 50)).toBe(0);
    expect(eventNear(events, 490, 50)).toBe(2);
    expect(eventNear(events, 300, 50)).toBe(-1);
    expect(eventNear(events, 9000, Number.POSITIVE_INFINITY)).toBe(2);
  });
});
