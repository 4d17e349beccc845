import { describe, expect, it } from 'vitest';
import { translator } from '../../i18n/i18n.ts';
import { EntryFlag } from '../../protocol/frame.ts';
import { Bound } from '../../sim/decision.ts';
import { createSvgPainter } from '../../ui/svg-painter.ts';
import { dark, light } from '../../ui/theme.ts';
import { formatsOf } from '../../ui/use-format.ts';
import { draw, hit, placeInStep } from './draw.ts';
import { layoutOf } from './layout.ts';
import { type BatchInput, batchModel } from './model.ts';
import { type StepSample, sampleFrame, sampleResult, sampleWindow } from './sample.ts';

const { prefill, idle, recompute } = EntryFlag;
const size = { width: 784, height: 200 };

const decodes = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => ({ request: from + i, tokens: 1 }));

const steps: readonly StepSample[] = [
  { us: 12_000, entries: decodes(1, 10) },
  { us: 236_000, entries: [...decodes(1, 10), { request: 0, tokens: 2038, flags: prefill }], bound: Bound.tokenBudget },
  {
    us: 180_000,
    entries: [
      ...decodes(1, 10),
      { request: 0, tokens: 1062, computed: 2038, flags: prefill },
      { request: 11, tokens: 300, flags: prefill },
    ],
    hit: 512,
    bound: Bound.seats,
  },
  {
    us: 60_000,
    entries: [...decodes(0, 11), { request: 12, tokens: 400, flags: prefill | recompute }],
    preemptions: 2,
    bound: Bound.blocks,
  },
  { us: 30_000, entries: [...decodes(0, 3), { request: 9, tokens: 1, flags: idle }], padding: 40, bound: Bound.batch },
  { us: 14_000, entries: decodes(0, 12) },
];

const result = sampleResult([
  [0, 3100, 50, 12_000, 428_000, 900_000, 4],
  ...Array.from({ length: 10 }, () => [0, 200, 50, 0, 5000, 900_000, 4] as const),
  [0, 812, 50, 248_000, 428_000, 900_000, 4],
  [0, 400, 50, 428_000, 488_000, 900_000, 4],
]);

function model(more: Partial<BatchInput> = {}, language: 'en' | 'zh' = 'en') {
  const input: BatchInput = {
    frame: sampleFrame(sampleWindow(410, steps)),
    result,
    focus: -1,
    xScale: 'step',
    colourBy: 'phase',
    ...more,
  };
  return batchModel(input, translator(language), formatsOf(language));
}

describe('batch model', () => {
  it('stacks decodes, then chunks by request, then padding', () => {
    const [, , mixed, , padded] = model().columns;
    expect(mixed.pieces.map((p) => [p.kind, p.from, p.to, p.request])).toEqual([
      ['decode', 0, 10, -1],
      ['prefill', 10, 1072, 0],
      ['prefill', 1072, 1372, 11],
    ]);
    expect(mixed.pieces[1].label).toBe('1,062 of 3,100');
    expect(padded.pieces.map((p) => [p.kind, p.from, p.to])).toEqual([
      ['decode', 0, 3],
      ['padding', 3, 43],
    ]);
  });

  it('keeps prefix hits out of the stack', () => {
    const column = model().columns[2];
    expect(column.hitTokens).toBe(512);
    expect(column.tokens).toBe(1372);
  });

  it('marks recomputation as its own kind, labelled by its tokens alone', () => {
    const piece = model().columns[3].pieces[1];
    expect([piece.kind, piece.label]).toEqual(['recompute', '400']);
  });

  it('lights up a request in every column, as chunk and as decode', () => {
    expect(model({ focus: 0 }).columns.map((column) => column.focus)).toEqual([
      [],
      [{ from: 10, to: 2048 }],
      [{ from: 10, to: 1072 }],
      [{ from: 0, to: 1 }],
      [{ from: 0, to: 1 }],
      [{ from: 0, to: 1 }],
    ]);
  });

  it('draws the budget that a bandit has chosen, on the scale of the engine’s own', () => {
    const own = model();
    const tuned = model({ frame: sampleFrame(sampleWindow(410, steps), { tunedBudget: 512 }) });
    expect(tuned.budget?.value).toBe(512);
    expect(own.budget?.value).toBeGreaterThan(512);
    expect(tuned.topTokens).toBe(own.topTokens);
  });

  it('shows no budget and seats of the batch for static batches', () => {
    const facts = { ...result.facts, staticBatch: 8 };
    const shown = model({ result: { ...result, facts } });
    expect(shown.budget).toBeNull();
    expect(shown.seats).toBe(8);
    expect(shown.topTokens).toBe(5000);
  });

  it('works before the first run', () => {
    expect(model({ frame: null, result: null }).columns).toEqual([]);
    expect(model({ result: null }).columns[1].pieces[1].label).toBe('2,038');
  });
});

describe('batch drawing', () => {
  const svg = (shown: ReturnType<typeof model>, theme = light, at = size) => {
    const painter = createSvgPainter(at, theme.page);
    draw(painter, shown, theme, at);
    return painter.toSvg();
  };

  it('draws steps of equal width', async () => {
    await expect(svg(model())).toMatchFileSnapshot('testdata/by-step.svg');
  });

  it('draws the pinned run as an outline that ends at the same moment, on either scale', async () => {
    const pinned = sampleFrame(
      sampleWindow(409, [{ us: 9000, entries: decodes(0, 8) }, ...steps.slice(0, 2), ...steps.slice(4)]),
    );
    const shown = model({ pinned });
    expect(shown.pinned.map(({ tokens }) => tokens)).toEqual([8, 10, 2048, 43, 12]);
    await expect(svg(shown)).toMatchFileSnapshot('testdata/pinned-by-step.svg');
    await expect(svg(model({ pinned, xScale: 'time' }), dark)).toMatchFileSnapshot('testdata/pinned-by-time.svg');
    // The scale has room for both.
    const large = sampleFrame(
      sampleWindow(410, [{ us: 9000, entries: [{ request: 0, tokens: 90_000, flags: prefill }] }]),
    );
    expect(model({ pinned: large }).topTokens).toBe(90_000);
  });

  it('draws steps as wide as they last, with a request in focus, by request, in the dark, in Chinese', async () => {
    const shown = model({ xScale: 'time', focus: 0, colourBy: 'request' }, 'zh');
    await expect(svg(shown, dark)).toMatchFileSnapshot('testdata/by-time.svg');
  });

  it('says that nothing has run', () => {
    expect(svg(model({ frame: null }))).toContain('No step has run yet');
  });

  it('leaves out the legend in little height, and draws many narrow columns', async () => {
    const many = Array.from({ length: 300 }, (_, i) => steps[i % steps.length]);
    const shown = model({ frame: sampleFrame(sampleWindow(1000, many)) });
    const text = svg(shown, light, { width: 390, height: 120 });
    expect(text).not.toContain('>decode<');
    expect(text).not.toContain('NaN');
  });

  it('shows the newest steps where there is no room for all', () => {
    const many = Array.from({ length: 300 }, (_, i) => steps[i % steps.length]);
    for (const xScale of ['step', 'time'] as const) {
      const shown = model({ frame: sampleFrame(sampleWindow(1000, many)), xScale });
      const { slots, left, right } = layoutOf(shown, size);
      expect(slots[0].length).toBe(0);
      const newest = slots[slots.length - 1];
      expect(shown.columns.at(-1)?.step).toBe(1299);
      expect(newest.from + newest.length).toBeCloseTo(right, 6);
      const drawn = slots.filter((slot) => slot.length > 0);
      expect(drawn.length).toBeLessThanOrEqual(Math.floor((right - left) / 9));
      expect(drawn.every((slot) => slot.from >= left - 0.001)).toBe(true);
      expect(hit(shown, size, left - 2, 100)).toBeNull();
    }
  });

  it('keeps one decode visible under a large budget', () => {
    const facts = { ...result.facts, tokenBudget: 1_000_000 };
    const frame = sampleFrame(sampleWindow(0, [{ us: 1000, entries: decodes(0, 1) }]));
    const shown = model({ frame, result: { ...result, facts } });
    const layout = layoutOf(shown, size);
    expect(hit(shown, size, layout.slots[0].from + 2, layout.axis - 1)).toEqual({ column: 0, piece: 0 });
  });
});

describe('batch hit', () => {
  it.each(['step', 'time'] as const)('finds every piece of every column by %s', (xScale) => {
    const shown = model({ xScale });
    const layout = layoutOf(shown, size);
    shown.columns.forEach((column, i) => {
      const stack = layout.stack(layout.slots[i], column);
      const x = stack.from + stack.length / 2;
      column.pieces.forEach((piece, j) => {
        const y = (layout.yOf(piece.from) + layout.yOf(piece.to)) / 2;
        expect(hit(shown, size, x, y)).toEqual({ column: i, piece: j });
      });
    });
  });

  it('finds the column over its stack and under its axis, and nothing beside the columns', () => {
    const shown = model();
    const layout = layoutOf(shown, size);
    const x = layout.slots[0].from + 1;
    expect(hit(shown, size, x, layout.capY)).toEqual({ column: 0, piece: -1 });
    expect(hit(shown, size, x, layout.seatsTop + 2)).toEqual({ column: 0, piece: -1 });
    expect(hit(shown, size, layout.left + 1, layout.axis - 5)).toBeNull();
    expect(hit(shown, size, x, size.height)).toBeNull();
  });
});

describe('the place of a request in the shown step', () => {
  it('is its chunk, or the block of all decodes', () => {
    const frame = sampleFrame(sampleWindow(410, steps.slice(0, 3)));
    const shown = model({ frame });
    for (const [request, piece] of [
      [0, 1],
      [11, 2],
      [4, 0],
    ]) {
      const box = placeInStep(shown, size, request);
      if (box === null) throw new Error(`r${request} has no place`);
      const middle = [box.x + box.width / 2, box.y + box.height / 2] as const;
      expect(hit(shown, size, ...middle)).toEqual({ column: 2, piece });
    }
    expect(placeInStep(model({ frame: null }), size, 0)).toBeNull();
  });
});
