import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { translator } from '../../i18n/i18n.ts';
import '../../i18n/later-messages.ts';
import { EntryFlag } from '../../protocol/frame.ts';
import type { RunResult } from '../../protocol/run.ts';
import { defaultEngineConfig } from '../../sim/engine-config.ts';
import { pipelineCost } from '../../sim/gpu/pipeline.ts';
import { Run } from '../../sim/run.ts';
import { Simulation } from '../../sim/simulation.ts';
import { cases, openSource, toyCost } from '../../sim/testing.ts';
import { createSvgPainter } from '../../ui/svg-painter.ts';
import { dark, light, type Theme } from '../../ui/theme.ts';
import { formatsOf } from '../../ui/use-format.ts';
import { Cursor } from '../../worker/cursor.ts';
import { readFrame } from '../../worker/frame.ts';
import { sampleFrame, sampleResult, sampleStages, sampleWindow } from '../batch/sample.ts';
import { draw, hit } from './draw.ts';
import { type TimelineInput, type TimelineModel, timelineModel, timelineModels } from './model.ts';
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
    stages: { ...base.stages, busyUs: Float64Array.of(200_000) },
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

  it('is made once of the whole run, whatever the shown time, and anew of single steps', () => {
    const later = { ...frame, nowUs: frame.nowUs + 1000 };
    const input = { result: result(), focus: -1, xScale: 'step', pinned: result() } as const;
    for (const shown of [0, 10]) {
      const at = timelineModels({ ...input, shown }, t, format);
      const [now, then] = [at(frame, frame), at(later, later)];
      expect(then).toEqual(model({ ...input, shown, frame: later, pinned: { result: input.pinned, frame: later } }));
      expect([now.nowUs, then.nowUs]).toEqual([frame.nowUs, later.nowUs]);
      expect(then.lanes === now.lanes).toBe(shown === 0);
    }
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

/** Four steps in three stages of two GPUs each: one at a time in each stage, and the second one is a prompt. */
const pipelined = (() => {
  const decode = { us: 0, entries: [{ request: 1, tokens: 1 }] };
  const steps = sampleWindow(7, [
    decode,
    { us: 0, entries: [{ request: 2, tokens: 256, flags: prefill }] },
    decode,
    {
      us: 0,
      entries: [
        { request: 1, tokens: 1 },
        { request: 2, tokens: 1 },
      ],
    },
  ]);
  const starts = [
    [1000, 3200, 5400],
    [3000, 11_200, 19_400],
    [11_000, 19_200, 27_400],
    [13_000, 21_200, 29_400],
  ];
  const ends = [
    [3000, 5200, 7400],
    [11_000, 19_200, 27_400],
    [13_000, 21_200, 29_400],
    [15_000, 23_200, 31_400],
  ];
  const column = (rows: readonly (readonly number[])[], stage: number) => Float64Array.from(rows, (row) => row[stage]);
  const stages = sampleStages(starts, ends, 200, 0.25);
  return { ...steps, startUs: column(starts, 0), endUs: column(ends, 2), stages };
})();

function pipelineResult(): RunResult {
  const base = result();
  const row = (...values: number[]) => values;
  return {
    ...base,
    facts: { ...base.facts, devices: 6 },
    stages: { busyUs: Float64Array.of(200_000, 180_000, 240_000), bubbleShare: 0.2, communicationUs: 9000 },
    stageSeries: {
      busyUs: Float64Array.from([
        ...row(100_000, 60_000, 0, 40_000),
        ...row(90_000, 50_000, 0, 40_000),
        ...row(100_000, 90_000, 10_000, 40_000),
      ]),
      prefillUs: Float64Array.from([
        ...row(40_000, 0, 0, 10_000),
        ...row(30_000, 0, 0, 10_000),
        ...row(40_000, 0, 0, 0),
      ]),
      mixedUs: Float64Array.from([...row(30_000, 20_000, 0, 0), ...row(20_000, 20_000, 0, 0), ...row(0, 0, 0, 0)]),
    },
  };
}

const pipelineModel = (input: Partial<TimelineInput> = {}) =>
  model({ frame: sampleFrame(pipelined), result: pipelineResult(), ...input });

describe('a pipeline in the timeline', () => {
  it('has a lane a stage, on an axis of time', () => {
    const shown = pipelineModel();
    expect(shown.xScale).toBe('time');
    expect(shown.lanes.map(({ name }) => name)).toEqual(['stage 1 · 2 GPUs', 'stage 2 · 2 GPUs', 'stage 3 · 2 GPUs']);
    expect(shown.lanes[0].pieces[1]).toEqual({
      slice: 1,
      startUs: 3000,
      endUs: 11_000,
      communicationUs: 2000,
      arrivesUs: 11_200,
    });
    expect(shown.lanes[2].pieces[1].arrivesUs).toBeNaN();
  });

  it('leaves out what it does not know: earlier steps that are forgotten, later ones that are not launched', () => {
    const shown = pipelineModel();
    expect(shown.lanes.map(({ fromUs, toUs }) => [fromUs, toUs])).toEqual([
      [1000, 15_000],
      [3200, 23_200],
      [5400, 31_400],
    ]);
    const idle = [0, 6000 / 20_000, 12_000 / 26_000];
    expect(shown.lanes.map(({ idleView }) => idleView)).toEqual(idle.map((share) => expect.closeTo(share, 10)));
    expect(shown.idleView).toBeCloseTo(18_000 / 60_000, 10);
    // The run has ended: nothing else comes.
    const last = pipelineModel({ frame: sampleFrame(pipelined, { isLast: true }) });
    expect(last.lanes.map(({ toUs }) => toUs)).toEqual([31_400, 31_400, 31_400]);
  });

  it('shows steps that are still under way when the first one in view begins', () => {
    const shown = pipelineModel({ shown: 1 });
    expect([shown.fromUs, shown.toUs]).toEqual([13_000, 31_400]);
    expect(shown.slices.map(({ step }) => step)).toEqual([8, 9, 10]);
    expect(shown.lanes[1].idleView).toBe(0);
  });

  it('has bubbles and busy time as the account of the run has them, and its lanes never overlap', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 4 }),
        fc.array(
          fc.record({
            arrivalUs: fc.nat(20_000),
            promptTokens: fc.integer({ min: 1, max: 200 }),
            outputTokens: fc.integer({ min: 1, max: 8 }),
          }),
          { minLength: 1, maxLength: 10 },
        ),
        (factors, unsorted) => {
          const requests = unsorted.toSorted((a, b) => a.arrivalUs - b.arrivalUs);
          const cost = pipelineCost(
            factors.map((factor) => ({ ...toyCost, stepUs: (shape) => factor * toyCost.stepUs(shape) })),
            () => 300,
          );
          const config = {
            ...defaultEngineConfig(4000),
            maxModelLen: 4096,
            batchesInFlight: factors.length,
            asyncScheduling: false,
            maxNumBatchedTokens: 100,
            maxNumScheduledTokens: 100,
          };
          const run = new Run(config, openSource(requests), cost, 1e12);
          while (!run.advance(1000));
          const account = run.account();
          const cursor = new Cursor(new Simulation(config, openSource(requests), cost), run.snapshots);
          const { steps } = account.summary;
          cursor.seek(steps - 1, 512);
          const whole = readFrame(cursor, -1, 512, steps - 1);
          const shown = model({ frame: whole, result: { ...sampleResult([]), ...account }, shown: 512 });
          expect(shown.slices).toHaveLength(steps);
          const busy = shown.lanes.map(({ pieces }) =>
            pieces.reduce((sum, each) => sum + each.endUs - each.startUs, 0),
          );
          expect(busy).toEqual([...account.stages.busyUs]);
          const spanUs = account.summary.busyUs;
          const busyUs = busy.reduce((sum, us) => sum + us, 0);
          expect(account.stages.bubbleShare).toBeCloseTo(1 - busyUs / (spanUs * busy.length), 10);
          for (const { pieces, idleView } of shown.lanes) {
            expect(idleView).toBeGreaterThanOrEqual(0);
            for (let i = 1; i < pieces.length; i++)
              expect(pieces[i].startUs).toBeGreaterThanOrEqual(pieces[i - 1].endUs);
          }
          // The same over time: what is in the bins is what was in the steps.
          const { count } = account.series;
          busy.forEach((us, stage) => {
            const row = account.stageSeries.busyUs.subarray(stage * count, (stage + 1) * count);
            expect(row.reduce((sum, each) => sum + each, 0)).toBe(us);
          });
          const { busyUs: inBins, prefillUs, mixedUs } = account.stageSeries;
          for (let i = 0; i < inBins.length; i++) {
            expect(inBins[i]).toBeLessThanOrEqual(account.series.binUs);
            expect(prefillUs[i] + mixedUs[i]).toBeLessThanOrEqual(inBins[i]);
          }
        },
      ),
      { numRuns: Math.ceil(cases / 3) },
    );
  });

  it('hits the slice of the stage that is pointed at', () => {
    const shown = pipelineModel();
    const found = (lane: number) => {
      const slices = Array.from({ length: size.width }, (_, x) => hit(shown, size, x, 20 + 40 * lane));
      return [...new Set(slices.filter((each) => each.slice >= 0).map((each) => `${each.lane}:${each.slice}`))];
    };
    expect([0, 1, 2].map(found)).toEqual([0, 1, 2].map((lane) => [0, 1, 2, 3].map((slice) => `${lane}:${slice}`)));
  });

  it.each([
    ['stages', pipelineModel({ focus: 2 }), light],
    ['stages-dark', pipelineModel({ shown: 2 }), dark],
    ['stages-whole', pipelineModel({ shown: 0 }), light],
  ] as const)('draws %s', async (name, shown, theme) => {
    await expect(svg(shown, theme)).toMatchFileSnapshot(`testdata/${name}.svg`);
  });

  it('draws one that is kept beside it, stage by stage', async () => {
    const pinned = { frame: sampleFrame(pipelined), result: pipelineResult() };
    await expect(svg(pipelineModel({ pinned }))).toMatchFileSnapshot('testdata/stages-pinned.svg');
    // A run of one stage that is compared with it is drawn over time too.
    const single = model({ pinned });
    expect([single.xScale, single.hasXChoice]).toEqual(['time', false]);
    expect(model().hasXChoice).toBe(true);
  });

  it('is compared with another by the same idle share: the mean over its stages', () => {
    const pinned = { frame: sampleFrame(pipelined), result: pipelineResult() };
    const shown = pipelineModel({ pinned, shown: 0 });
    expect(shown.pinned?.idleRun).toBe(shown.idleRun);
    expect(shown.idleRun).toBeCloseTo(1 - 620_000 / 3 / 350_000, 10);
    const busy = shown.pinned?.stretches.map(({ prefill, mixed, decode }) => prefill + mixed + decode);
    const mean = [290 / 300, 200 / 300, 10 / 300, 120 / 150];
    expect(busy).toEqual(mean.map((share) => expect.closeTo(share, 10)));
  });

  it('says the time in every stage, and how long each of them is idle', () => {
    const shown = pipelineModel();
    const plain = (text: string) => text.replaceAll('\u00a0', ' ');
    expect(plain(descriptionOf(shown, shown.slices[1], t, format))).toBe(
      'Step 8: prefill, 24.4 ms; stage 1 8 ms, stage 2 8 ms, stage 3 8 ms. ' +
        'Idle in the 4 steps in view: stage 1 0 %, stage 2 30 %, stage 3 46 %; ' +
        'in the whole run: stage 1 43 %, stage 2 49 %, stage 3 31 %.',
    );
    expect(plain(descriptionOf(pipelineModel({ shown: 0 }), undefined, t, format))).toContain('20 % of the stages');
    expect(readoutOf(shown, shown.slices[1], 1, t, format).map(plain)).toEqual([
      'step 8: prefill, 24.4 ms',
      'stage 2 8 ms',
      'communication 2 ms',
      'to the next stage 200 µs',
    ]);
    expect(readoutOf(shown, shown.slices[1], -1, t, format).map(plain)).toContain('communication 6 ms');
  });
});
