import fc from 'fast-check';
import { expect, test } from 'vitest';
import { translator } from '../../i18n/i18n.ts';
import { panelsB } from '../../i18n/messages/panels-b.ts';
import { BlockState, type Frame } from '../../protocol/frame.ts';
import { createSvgPainter } from '../../ui/svg-painter.ts';
import { dark, light, type Theme } from '../../ui/theme.ts';
import { formatsOf } from '../../ui/use-format.ts';
import { testFrame, testRunning } from '../rows/testing.ts';
import { amounts } from './amounts.ts';
import { draw, hit, type KvPicture } from './draw.ts';
import { cellAt, cellLayout, cellPlace, kvLayout } from './layout.ts';
import { kvModel, Mark, ownersOf, partNames, runsOf } from './model.ts';
import { outline } from './outline.ts';
import { describeBlock, describePool, factsOfPool } from './words.ts';

const size = { width: 784, height: 300 };

/** A small pool: two requests decode and share a block, one computes its prompt, some blocks are cached. */
function smallFrame(): Frame {
  const count = 64;
  const state = new Uint8Array(count);
  const owner = new Int32Array(count).fill(-1);
  const fill = new Uint16Array(count);
  const put = (block: number, what: number, who: number, tokens: number) => {
    state[block] = what;
    owner[block] = who;
    fill[block] = tokens;
  };
  put(0, BlockState.shared, 3, 16);
  for (const block of [1, 2, 3]) put(block, BlockState.decode, 3, 16);
  put(9, BlockState.decode, 3, 5);
  for (const block of [4, 5, 6]) put(block, BlockState.decode, 4, 16);
  put(12, BlockState.decode, 4, 1);
  for (const block of [16, 17, 18, 19, 20]) put(block, BlockState.prefill, 7, 16);
  for (const block of [40, 41, 42]) put(block, BlockState.cached, -1, 16);
  put(50, BlockState.reserved, 7, 0);
  put(51, BlockState.idle, 2, 9);
  return testFrame([{ startUs: 0, endUs: 10, entries: [] }], {
    running: testRunning([
      { request: 3, blocks: [0, 1, 2, 3, 9] },
      { request: 4, blocks: [0, 4, 5, 6, 12] },
      { request: 7, blocks: [16, 17, 18, 19, 20], prefilling: true },
    ]),
    pool: {
      count,
      blockSize: 16,
      state,
      owner,
      fill,
      hits: new Int32Array(0),
      // The first block is in two tables; the three cached ones go last, one after the other.
      references: Uint8Array.from(owner, (who, i) => (who < 0 ? 0 : i === 0 ? 2 : 1)),
      turn: Uint8Array.from(state, (what, i) =>
        what === BlockState.cached ? 200 + i : what === BlockState.free ? 1 + i : 0,
      ),
    },
    memory: { useful: 214, internal: 26, reserved: 16, external: 0, cached: 48, free: 720 },
  });
}

/** A pool of the size of an 80 GB card; requests own runs of 90 blocks. */
function largeFrame(count: number): Frame {
  const owner = Int32Array.from({ length: count }, (_, i) => (i % 100 < 90 ? Math.floor(i / 100) : -1));
  const state = Uint8Array.from(owner, (who) =>
    who < 0 ? BlockState.free : who % 7 === 0 ? BlockState.prefill : BlockState.decode,
  );
  const fill = Uint16Array.from(owner, (who) => (who < 0 ? 0 : 16));
  return testFrame([{ startUs: 0, endUs: 10, entries: [] }], {
    running: testRunning([{ request: 2, blocks: [200, 201, 202, 260] }], false),
    pool: {
      count,
      blockSize: 16,
      state,
      owner,
      fill,
      hits: new Int32Array(0),
      references: Uint8Array.from(owner, (who) => (who < 0 ? 0 : 1)),
      turn: new Uint8Array(count),
    },
    memory: { useful: 400_000, internal: 4000, reserved: 0, external: 0, cached: 0, free: 7200 },
  });
}

function picture(frame: Frame, selected = -1, hovered = -1, language: 'en' | 'zh' = 'en'): KvPicture {
  return {
    model: kvModel(frame, { selected, hovered, bytesPerToken: 131_072 }),
    hoveredBlock: -1,
    colourBy: 'phase',
    t: translator(language),
    format: formatsOf(language),
  };
}

function svg(shown: KvPicture, theme: Theme, at = size): string {
  const painter = createSvgPainter(at, theme.page);
  draw(painter, shown, theme, at);
  return painter.toSvg();
}

test.each(['sharing', 'age'] as const)('a small pool by %s', async (colourBy) => {
  const at = { width: 560, height: 200 };
  await expect(svg({ ...picture(smallFrame()), amount: amounts[colourBy] }, light, at)).toMatchFileSnapshot(
    `testdata/by-${colourBy}.svg`,
  );
});

test('a small pool: blocks with their tokens, tables beside', async () => {
  await expect(svg(picture(smallFrame(), 4), light)).toMatchFileSnapshot('testdata/small.svg');
});

test('the same, dark, in Chinese, coloured by request, a block pointed at', async () => {
  const shown = { ...picture(smallFrame(), 4, 7, 'zh'), colourBy: 'request' as const, hoveredBlock: 17 };
  await expect(svg(shown, dark)).toMatchFileSnapshot('testdata/small-by-request.svg');
});

test('a pool of some thousand blocks: bands of 64, runs of the selected table below', async () => {
  await expect(svg(picture(largeFrame(6000), 2), light)).toMatchFileSnapshot('testdata/large.svg');
});

test('57,000 blocks are drawn as images, without a shape for each', () => {
  expect(svg(picture(largeFrame(57_000)), light).split('\n').length).toBeLessThan(400);
});

test('before the first step there are words instead of a blank', () => {
  const empty = picture(testFrame([]));
  expect(svg(empty, light)).toContain(panelsB.en['kv.empty']);
  expect(hit(empty.model, size, 10, 10)).toBeNull();
});

test('every block lies in the box, no two on one place, and its middle hits it', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60_000 }),
      fc.integer({ min: 200, max: 1600 }),
      fc.integer({ min: 60, max: 900 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (count, width, height, at) => {
        const layout = cellLayout(count, { x: 0, y: 0, width, height });
        fc.pre(layout.edge > 0);
        expect(layout.columns * layout.rows * layout.bands).toBeGreaterThanOrEqual(count);
        const block = Math.floor(at * count);
        const { x, y } = cellPlace(layout, block);
        expect(x + layout.cellWidth).toBeLessThanOrEqual(width + 1e-9);
        expect(y + layout.cellHeight).toBeLessThanOrEqual(height + 1e-9);
        expect(cellAt(layout, count, x + layout.cellWidth / 2, y + layout.cellHeight / 2)).toBe(block);
      },
    ),
  );
});

test('the gap between bands and the room after the last block hit nothing', () => {
  const layout = cellLayout(6000, { x: 0, y: 0, width: 784, height: 180 });
  expect(layout.bands).toBeGreaterThan(1);
  expect(cellAt(layout, 6000, layout.columns * layout.cellWidth + 1, 5)).toBe(-1);
  expect(cellAt(layout, 6000, -1, 5)).toBe(-1);
  const last = cellPlace(layout, 5999);
  expect(cellAt(layout, 6000, last.x + 0.5, last.y + layout.cellHeight + 0.5)).toBe(-1);
});

test('a row of the table list hits its request, a cell of it its block', () => {
  const { model } = picture(smallFrame());
  const box = kvLayout(model.count, true, size).tables;
  if (box === null) throw new Error('no list');
  expect(hit(model, size, box.x + 4, box.y + 18 + 10)).toEqual({ block: -1, request: 3 });
  expect(hit(model, size, box.x + 30 + 4.5 * 21, box.y + 18 + 30)).toEqual({ block: 12, request: 4 });
  expect(hit(model, size, box.x + 30, box.y + 18 + 70)).toBeNull();
});

test('a shared block belongs to all whose table holds it', () => {
  const { model } = picture(smallFrame(), 4, 3);
  expect(ownersOf(model, 0)).toEqual([3, 4]);
  expect(ownersOf(model, 51)).toEqual([2]);
  expect(ownersOf(model, 60)).toEqual([]);
  expect(model.marks[0]).toBe(Mark.selected);
  expect(model.marks[1]).toBe(Mark.hovered);
  expect(model.used).toBe(16);
  expect(model.logical[12]).toBe(4);
});

test('runs give the table back, and each is as long as it can be', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 30 })), (ids) => {
      const runs = runsOf(Int32Array.from(ids));
      const back = runs.flatMap(({ first, last }) => {
        const way = Math.sign(last - first);
        return Array.from({ length: Math.abs(last - first) + 1 }, (_, i) => first + i * way);
      });
      expect(back).toEqual(ids);
      for (let i = 1; i < runs.length; i++) {
        const before = runs[i - 1];
        const way = Math.sign(before.last - before.first);
        if (way !== 0) expect(runs[i].first).not.toBe(before.last + way);
      }
    }),
  );
  expect(runsOf(Int32Array.of(9, 8, 7, 3, 4, 5, 1))).toEqual([
    { first: 9, last: 7 },
    { first: 3, last: 5 },
    { first: 1, last: 1 },
  ]);
});

test('the parts of the memory are in the order of the bar and sum to the whole', () => {
  const { parts } = picture(smallFrame()).model;
  expect(parts.map((p) => p.name)).toEqual([...partNames]);
  expect(parts.reduce((sum, p) => sum + p.share, 0)).toBeCloseTo(1);
  expect(parts[1]).toMatchObject({ tokens: 26, share: 26 / 1024, bytes: 26 * 131_072 });
});

test('the pool and a block in words', () => {
  const { model, t, format } = picture(smallFrame());
  // 26 internal and 16 reserved of 256 allocated places.
  expect(factsOfPool(model, t, format)).toBe('64 blocks, 25\u00a0% in use, fragmentation 16\u00a0%');
  expect(describeBlock(model, 0, t, format)).toBe('Block 0: shared by r3, r4, 16 of 16 tokens');
  expect(describeBlock(model, 9, t, format)).toBe('Block 9: decode, r3, 5 of 16 tokens');
  expect(describeBlock(model, 40, t, format)).toBe('Block 40: cached, free to evict, 16 of 16 tokens');
  expect(describePool(model, t, format)).toContain('internal fragmentation 2.5\u00a0%');
});

test('the ring of a run of blocks has no line inside', () => {
  const layout = cellLayout(64, { x: 0, y: 0, width: 640, height: 160 });
  const marks = new Uint8Array(64);
  marks[1] = 1;
  marks[2] = 1;
  const { cellWidth: w, cellHeight: h } = layout;
  expect(outline(layout, marks, 1)).toEqual([
    ...[w, 0, 3 * w, 0],
    ...[w, h, 3 * w, h],
    ...[w, 0, w, h],
    ...[3 * w, 0, 3 * w, h],
  ]);
});
