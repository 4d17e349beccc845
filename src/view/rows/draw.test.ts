import { expect, test } from 'vitest';
import { translator } from '../../i18n/i18n.ts';
import { panelsB } from '../../i18n/messages/panels-b.ts';
import { EntryFlag } from '../../protocol/frame.ts';
import { createSvgPainter } from '../../ui/svg-painter.ts';
import { dark, light, type Theme } from '../../ui/theme.ts';
import { formatsOf } from '../../ui/use-format.ts';
import { draw, endOfRow, hit, type RowsPicture, rowsLayout } from './draw.ts';
import { rowsModel } from './model.ts';
import { type TestStep, testFrame, testQueue, testRunning } from './testing.ts';

const size = { width: 760, height: 260 };
const decode = EntryFlag.samples;

/** Six requests decode; a prompt of 8,192 tokens comes in whole, one request is preempted and comes back, two wait. */
function stallSteps(): TestStep[] {
  const steps: TestStep[] = [];
  let now = 1_200_000;
  for (let i = 0; i < 26; i++) {
    const isLong = i === 12;
    const startUs = now;
    now += isLong ? 236_000 : 14_000 + (i % 3) * 500;
    const entries = [0, 1, 2, 3, 4].flatMap((request) => {
      if (request === 3 && i >= 17 && i < 22) return [];
      if (request === 4 && i > 20) return [];
      if (request === 3 && i === 22) {
        return [{ request, tokens: 310, flags: EntryFlag.prefill | EntryFlag.admitted | EntryFlag.recompute | decode }];
      }
      return [{ request, tokens: 1, flags: decode }];
    });
    if (i >= 4) {
      entries.push({
        request: 5,
        tokens: i < 6 ? 512 : 1,
        flags: i < 6 ? EntryFlag.prefill | (i === 4 ? EntryFlag.admitted : decode) : decode,
      });
    }
    if (isLong) entries.push({ request: 6, tokens: 8192, flags: EntryFlag.prefill | EntryFlag.admitted | decode });
    if (i > 12) entries.push({ request: 6, tokens: 1, flags: decode });
    steps.push({ startUs, endUs: now, entries });
  }
  return steps;
}

const stallFrame = testFrame(stallSteps(), {
  running: testRunning([0, 1, 2, 3, 5, 6].map((request) => ({ request }))),
  queue: testQueue(
    [
      { request: 7, promptTokens: 900, waitedUs: 210_000 },
      { request: 8, promptTokens: 90, waitedUs: 60_000 },
    ],
    5,
  ),
});

const outcomes = {
  count: 9,
  arrivalUs: Float64Array.from([0, 0, 0, 0, 0, 1_210_000, 1_300_000, 1_590_000, 1_740_000]),
  firstScheduledUs: Float64Array.from([1, 1, 1, 1, 1, 1_259_000, 1_400_000, 9e6, 9e6]),
  promptTokens: new Int32Array(9),
  outputTokens: new Int32Array(9),
  firstTokenUs: new Float64Array(9),
  finishUs: new Float64Array(9),
  preemptions: new Int32Array(9),
  status: new Uint8Array(9),
  klass: new Uint8Array(9),
  user: new Int32Array(9),
};

function picture(by: 'request' | 'seat', language: 'en' | 'zh' = 'en'): RowsPicture {
  return {
    model: rowsModel(stallFrame, { by, outcomes, waitingRows: 12, selected: 2, steps: 96, seats: 8 }),
    top: 0,
    selected: 2,
    hovered: -1,
    colourBy: 'phase',
    t: translator(language),
    format: formatsOf(language),
  };
}

function svg(shown: RowsPicture, theme: Theme, at = size): string {
  const painter = createSvgPainter(at, theme.page);
  draw(painter, shown, theme, at);
  return painter.toSvg();
}

test('rows by request', async () => {
  await expect(svg(picture('request'), light)).toMatchFileSnapshot('testdata/by-request.svg');
});

test('rows with the tokens of the pinned run, which had no long prompt', async () => {
  const pinned = testFrame(stallSteps().filter((_, i) => i !== 12));
  const model = rowsModel(stallFrame, {
    by: 'request',
    pinned,
    outcomes,
    waitingRows: 12,
    selected: 2,
    steps: 96,
    seats: 8,
  });
  expect(model.pinnedTokens(0, model.rowCount).atUs.length).toBeGreaterThan(100);
  await expect(svg({ ...picture('request'), model }, light)).toMatchFileSnapshot('testdata/pinned.svg');
  // Somebody else may have sat in a seat.
  const seats = rowsModel(stallFrame, {
    by: 'seat',
    pinned,
    outcomes,
    waitingRows: 12,
    selected: 2,
    steps: 96,
    seats: 8,
  });
  expect(seats.pinnedTokens(0, seats.rowCount).atUs.length).toBe(0);
});

test('rows by seat, dark, in Chinese, coloured by request', async () => {
  const shown = { ...picture('seat', 'zh'), colourBy: 'request' as const };
  await expect(svg(shown, dark)).toMatchFileSnapshot('testdata/by-seat.svg');
});

test('no steps, no rows: words instead of a blank', () => {
  const empty = {
    ...picture('request'),
    model: rowsModel(testFrame([]), {
      by: 'request',
      outcomes: null,
      waitingRows: 1,
      selected: -1,
      steps: 96,
      seats: 4,
    }),
  };
  expect(svg(empty, light)).toContain(panelsB.en['rows.empty']);
  expect(hit(empty, size, 100, 100)).toBeNull();
});

test('a point hits the row it is drawn in and the time it stands for', () => {
  const shown = picture('request');
  const layout = rowsLayout(shown.model, size);
  const third = hit(shown, size, layout.right, layout.top + 2.5 * layout.rowHeight);
  expect(third).toMatchObject({ row: 2, request: 2, us: shown.model.toUs });
  expect(hit(shown, size, layout.left, layout.top + 1)).toMatchObject({ row: 0, us: shown.model.fromUs });
  expect(hit(shown, size, layout.left, 2)).toBeNull();
  expect(hit(shown, size, layout.left, layout.top + layout.visible * layout.rowHeight + 1)).toBeNull();
});

test('in seat rows a point hits whoever sat there at that time', () => {
  const shown = picture('seat');
  const layout = rowsLayout(shown.model, size);
  const marks = shown.model.marks(0, shown.model.rowCount);
  const seat = marks.request.indexOf(6);
  const row = marks.start.findIndex((start) => start > seat) - 1;
  const y = layout.top + (row + 0.5) * layout.rowHeight;
  expect(hit(shown, size, layout.right - 1, y)?.request).toBe(6);
  expect(hit(shown, size, layout.left + 1, y)?.request).not.toBe(6);
});

test('rows that do not fit are three pixels high, and scrolling stops at the last one', () => {
  const count = 400;
  const entries = Array.from({ length: count }, (_, request) => ({ request, tokens: 1, flags: decode }));
  const steps = Array.from({ length: 30 }, (_, i) => ({ startUs: i * 10, endUs: i * 10 + 10, entries }));
  const model = rowsModel(testFrame(steps), {
    by: 'request',
    outcomes: null,
    waitingRows: 0,
    selected: -1,
    steps: 96,
    seats: 512,
  });
  const layout = rowsLayout(model, size);
  expect(layout.rowHeight).toBe(3);
  expect(hit({ model, top: 9999 }, size, 100, layout.top + (layout.visible - 0.5) * 3)?.row).toBe(count - 1);
  const painted = svg({ ...picture('request'), model, top: 0 }, light, { width: 760, height: 600 });
  expect(painted).toContain('shape-rendering="crispEdges"');
});

test('the end of a row lies where a pointer finds its request, and nowhere while it is out of view', () => {
  for (const by of ['request', 'seat'] as const) {
    const shown = picture(by);
    for (const request of [0, 3, 6]) {
      const box = endOfRow(shown, size, request);
      if (box === null) throw new Error(`r${request} has no place`);
      const layout = rowsLayout(shown.model, size);
      expect(box.x + box.width).toBe(layout.right);
      expect(hit(shown, size, box.x + box.width - 0.5, box.y + box.height / 2)?.request).toBe(request);
    }
    expect(endOfRow(shown, size, 99)).toBeNull();
  }
});

test('where the step computes a prompt, the end of the row is the whole chunk', () => {
  const [last] = stallSteps().slice(12, 13);
  const frame = testFrame([...stallSteps().slice(0, 12), last], { running: testRunning([{ request: 6 }]) });
  const shown = {
    ...picture('request'),
    model: rowsModel(frame, { by: 'request', outcomes, waitingRows: 0, selected: -1, steps: 96, seats: 8 }),
  };
  const prompt = endOfRow(shown, size, 6);
  const token = endOfRow(shown, size, 0);
  // 236 of 405 milliseconds.
  expect(prompt?.width).toBeGreaterThan(size.width / 2);
  expect(token?.width).toBe(10);
});

test('numbers of rows come in a few sizes, however high the rows are', () => {
  const sizes = new Set<number>();
  for (let height = 120; height < 320; height++) {
    const painter = createSvgPainter({ width: 760, height }, light.page);
    draw(painter, picture('request'), light, { width: 760, height });
    for (const [, found] of painter.toSvg().matchAll(/font-size="([\d.]+)"/g)) sizes.add(Number(found));
  }
  for (const found of sizes) expect(2 * found).toBe(Math.round(2 * found));
});
