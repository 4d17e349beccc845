import { describe, expect, it } from 'vitest';
import { translator } from '../../i18n/i18n.ts';
import '../../i18n/later-messages.ts';
import { EntryFlag } from '../../protocol/frame.ts';
import type { RunResult } from '../../protocol/run.ts';
import { createSvgPainter } from '../../ui/svg-painter.ts';
import { dark, light, type Theme } from '../../ui/theme.ts';
import { formatsOf } from '../../ui/use-format.ts';
import { sampleFrame, sampleResult, sampleWindow } from '../batch/sample.ts';
import { draw, hit } from './draw.ts';
import { type TimelineInput, type TimelineModel, timelineModel } from './model.ts';
import { descriptionOf, readoutOf } from './words.ts';

const t = translator('en');
const format = formatsOf('en');
const size = { width: 480, height: 160 };

const { prefill } = EntryFlag;
const window = (() => {
  const steps = sampleWindow(40, [
    { us: 20_000, entries: [{ request: 1, tokens: 512, flags: prefill }] },
    { us: 5000, entries: [{ request: 1, tokens: 1 }] },
    {
      us: 15_000,
      entries: [
        { request: 1, tokens: 1 },
        { request: 2, tokens: 256, flags: prefill },
      ],
    },
    {
      us: 6000,
      entries: [
        { request: 1, tokens: 1 },
        { request: 2, tokens: 1 },
      ],
      padding: 2,
    },
    { us: 10_000, entries: [{ request: 2, tokens: 1 }], transferUs: 4000 },
    { us: 8000, entries: [], encodingUs: 6000 },
  ]);
  // Ten milliseconds pass before the fifth step.
  const later = (us: Float64Array) => us.map((each, i) => (i >= 4 ? each + 10_000 : each));
  const times = { startUs: later(steps.startUs), endUs: later(steps.endUs) };
  return { ...steps, ...times, stages: { ...steps.stages, ...times } };
})();
const frame = sampleFrame(window);

function result(): RunResult {
  const base = sampleResult([]);
  const column = (...values: number[]) => Float64Array.from(values);
  return {
    ...base,
    summary: { ...base.summary, durationUs: 350_000 },
    series: {
      ...base.series,
      count: 4,
      binUs: 100_000,
      busyUs: column(100_000, 60_000, 0, 40_000),
      prefillUs: column(40_000, 0, 0, 10_000),
      mixedUs: column(30_000, 20_000, 0, 0),
    },
  };
}

const model = (input: Partial<TimelineInput> = {}): TimelineModel =>
  timelineModel({ frame, result: result(), focus: -1, xScale: 'step', shown: 10, ...input }, t, format);

function svg(shown: TimelineModel, theme: Theme = light, at = size): string {
  const painter = createSvgPainter(at, theme.page);
  draw(painter, { model: shown, t, format }, theme, at);
  return painter.toSvg();
}

describe('timeline model', () => {
  it('names what each step does', () => {
    expect(model().slices.map(({ phase }) => phase)).toEqual([
      'prefill',
      'decode',
      'mixed',
      'decode',
      'decode',
      'encoding',
    ]);
  });

  it('counts the time between steps as idle, but not what lies before the first in view', () => {
    expect(model().slices.map(({ idleUs }) => idleUs)).toEqual([0, 0, 0, 0, 10_000, 0]);
    expect(model().idleView).toBeCloseTo(10 / 74, 10);
    expect(model({ shown: 2 }).idleView).toBe(0);
  });

  it('takes the idle share of the run from the whole of it', () => {
    expect(model().idleRun).toBeCloseTo(1 - 200 / 350, 10);
    expect(model({ shown: 0 }).idleView).toBe(model().idleRun);
  });

  it('divides the last stretch by the part of it that the run reached', () => {
    const [{ stretches }] = model({ shown: 0 }).lanes;
    expect(stretches).toHaveLength(4);
    expect(stretches[0]).toEqual({ prefill: 0.4, mixed: 0.3, decode: expect.closeTo(0.3, 10) });
    expect(stretches[3]).toEqual({ prefill: 0.2, mixed: 0, decode: expect.closeTo(0.6, 10) });
  });

  it('finds the steps of a request', () => {
    expect(model({ focus: 2 }).slices.map(({ hasFocus }) => hasFocus)).toEqual([false, false, true, true, true, false]);
  });

  it('tells the tokens computed for nothing by their share', () => {
    expect(model().slices[3].paddingShare).toBe(0.5);
  });
});

describe('timeline drawing', () => {
  it.each(['step', 'time'] as const)('hits every slice in its middle, by %s', (xScale) => {
    const shown = model({ xScale });
    const found = new Set<number>();
    for (let x = 0; x < size.width; x++) found.add(hit(shown, size, x, 60).slice);
    expect([...found].sort((a, b) => a - b)).toEqual([-1, 0, 1, 2, 3, 4, 5]);
  });

  it('finds no slice in an idle time, but its time', () => {
    const shown = model({ xScale: 'time' });
    const at = Array.from({ length: size.width }, (_, x) => hit(shown, size, x, 60));
    const idle = at.filter(({ slice, us }) => slice < 0 && !Number.isNaN(us));
    expect(idle.length).toBeGreaterThan(10);
    expect(idle.map(({ us }) => us).filter((us) => us < 46_000 || (us > 56_000 && us < 73_900))).toEqual([]);
  });

  it.each([
    ['by-step', model({ focus: 2 }), light],
    ['by-time-dark', model({ xScale: 'time' }), dark],
    ['whole', model({ shown: 0 }), light],
  ] as const)('draws %s', async (name, shown, theme) => {
    await expect(svg(shown, theme)).toMatchFileSnapshot(`testdata/${name}.svg`);
  });

  it.each([
    ['pinned-by-step', 'step', 10, light],
    ['pinned-by-time-dark', 'time', 10, dark],
    ['pinned-whole', 'time', 0, light],
  ] as const)('draws another run under it, %s', async (name, xScale, shown, theme) => {
    // The other run took longer for its second step, and did not wait before the fifth.
    const other = sampleFrame(
      sampleWindow(40, [
        { us: 20_000, entries: [{ request: 1, tokens: 512, flags: prefill }] },
        { us: 12_000, entries: [{ request: 1, tokens: 1 }] },
        { us: 15_000, entries: [{ request: 2, tokens: 256, flags: prefill }] },
        { us: 9000, entries: [{ request: 2, tokens: 1 }] },
      ]),
    );
    const longer = result();
    const branching = { difference: { step: 41, timeUs: 20_000 }, isFromStep: true };
    const pinned = { frame: other, result: { ...longer, summary: { ...longer.summary, durationUs: 400_000 } } };
    const both = model({ result: { ...result(), branching }, xScale, shown, pinned, focus: 2 });
    expect(both.pinned).toMatchObject({ sameUs: 20_000, sameSteps: 41 });
    await expect(svg(both, theme)).toMatchFileSnapshot(`testdata/${name}.svg`);
  });

  it('says so while nothing has run', () => {
    const text = svg(model({ frame: null }));
    expect(text).toContain(t('timeline.empty'));
    expect(text).not.toContain('NaN');
  });
});

describe('timeline words', () => {
  it('says what a step waits for and how long the GPU was idle before it', () => {
    const shown = model();
    expect(readoutOf(shown, shown.slices[4], -1, t, format).map((part) => part.replaceAll('\u00a0', ' '))).toEqual([
      'step 44: decode, 10 ms',
      'idle for 10 ms before',
      'transfer 4 ms',
    ]);
  });

  it('describes the whole run where no single step is shown', () => {
    const shown = model({ shown: 0 });
    expect(descriptionOf(shown, undefined, t, format).replaceAll('\u00a0', ' ')).toBe(
      'The whole run: prefill 14 %, both 14 %, decode 29 %, idle 43 % of the time.',
    );
  });
});
