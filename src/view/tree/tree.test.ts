import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Language, translator } from '../../i18n/i18n.ts';
import { type CachedPieces, noPieces } from '../../sim/memory/cached-pieces.ts';
import { createSvgPainter } from '../../ui/svg-painter.ts';
import { dark, light, type Theme } from '../../ui/theme.ts';
import { formatsOf } from '../../ui/use-format.ts';
import { draw, hit, rowsFor } from './draw.ts';
import { pathOf, treeModel } from './model.ts';
import { describeBar, describeTree } from './words.ts';

const size = { width: 760, height: 180 };

/** Rows as [parent, tokens, users, block, order]. */
function piecesOf(
  rows: readonly (readonly [number, number, number, number, number])[],
  privateTokens = 0,
): CachedPieces {
  const column = (at: number) => Int32Array.from(rows, (row) => row[at]);
  return {
    count: rows.length,
    parent: column(0),
    tokens: column(1),
    users: column(2),
    block: column(3),
    order: column(4),
    privateTokens,
  };
}

/** Instructions that three share; two conversations after them, one of which parts; a prompt of nobody; lost content. */
const small = piecesOf(
  [
    [-1, 512, 3, 0, -1],
    [0, 128, 2, 32, -1],
    [1, 64, 1, 40, -1],
    [1, 320, 1, 44, -1],
    [0, 256, 0, 64, 1],
    [-1, 96, 0, 80, 0],
    [-1, 16, 0, -1, -1],
    [6, 160, 0, 91, 2],
  ],
  4096,
);

function svgOf(pieces: CachedPieces, theme: Theme, language: Language, path: Iterable<number> = [], at = size): string {
  const painter = createSvgPainter(at, theme.page);
  const model = treeModel(pieces, rowsFor(at));
  draw(
    painter,
    { model, path: new Set(path), pointed: -1, t: translator(language), format: formatsOf(language) },
    theme,
    at,
  );
  return painter.toSvg();
}

describe('the picture', () => {
  it('shows shared, held, free and lost stretches, the next victim and the path of a request', async () => {
    await expect(svgOf(small, light, 'en', pathOf(small, [0, 32, 44]))).toMatchFileSnapshot('testdata/small.svg');
    await expect(svgOf(small, dark, 'zh')).toMatchFileSnapshot('testdata/small-dark-zh.svg');
    await expect(svgOf(noPieces, light, 'en')).toMatchFileSnapshot('testdata/empty.svg');
  });

  it('finds what is drawn at a place', () => {
    const model = treeModel(small, rowsFor(size));
    expect(model.bars[hit(model, size, 20, 5)].tokens).toBe(512);
    expect(hit(model, size, 750, 170)).toBe(-1);
    model.bars.forEach((bar, at) => {
      const x = 8 + ((bar.from + bar.tokens / 2) / model.depth) * (size.width - 16);
      const y = (bar.top + bar.rows / 2) * Math.min(26, (size.height - 18) / model.rows);
      expect(hit(model, size, x, y)).toBe(at);
    });
  });
});

describe('the model', () => {
  it('gives every branch a row, the heaviest first, and its parents all of their rows', () => {
    const model = treeModel(small, 100);
    expect(model.rows).toBe(5);
    expect(model.depth).toBe(960);
    expect(model.bars.find((bar) => bar.piece === 0)).toMatchObject({ from: 0, top: 0, rows: 3, kind: 'shared' });
    expect(model.bars.find((bar) => bar.piece === 3)).toMatchObject({ from: 640, rows: 1, kind: 'held' });
    expect(model.bars.find((bar) => bar.piece === 5)).toMatchObject({ kind: 'evictable', isNext: true });
    expect(model.bars.find((bar) => bar.piece === 6)).toMatchObject({ kind: 'lost' });
    expect(model.sums).toEqual({ shared: 640, held: 384, evictable: 512, lost: 16 });
  });

  it('joins the branches that have no room', () => {
    const model = treeModel(small, 3);
    expect(model.rows).toBe(3);
    const joined = model.bars.filter((bar) => bar.piece < 0);
    // The three ways on behind the shared beginning, which keeps a row for itself.
    expect(joined.map((bar) => bar.branches)).toEqual([3]);
  });

  it('keeps all branches in the rows there are, without overlap', () => {
    const treeArb = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 400 }), fc.nat(3)), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(treeArb, fc.integer({ min: 1, max: 40 }), (rows, mostRows) => {
        const pieces = piecesOf(
          rows.map(([above, tokens, users], at) => [(above % (at + 1)) - 1, tokens, users, at, -1]),
        );
        const model = treeModel(pieces, mostRows);
        expect(model.rows).toBe(Math.min(mostRows, model.branches));
        const ends = model.bars.filter(
          (bar) =>
            !model.bars.some(
              (other) =>
                other.from >= bar.from + bar.tokens &&
                other.piece !== bar.piece &&
                other.top >= bar.top &&
                other.top < bar.top + bar.rows,
            ),
        );
        for (const bar of model.bars) {
          expect(bar.rows).toBeGreaterThan(0);
          expect(bar.top + bar.rows).toBeLessThanOrEqual(model.rows);
        }
        // Nothing is dropped without a word: shown and joined branches are all there are.
        const joined = model.bars.filter((bar) => bar.piece < 0).reduce((sum, bar) => sum + bar.branches, 0);
        const shown = ends.filter((bar) => bar.piece >= 0).length;
        expect(shown + joined).toBe(model.branches);
        for (const a of model.bars) {
          for (const b of model.bars) {
            if (a === b) continue;
            const isApart =
              a.top + a.rows <= b.top ||
              b.top + b.rows <= a.top ||
              a.from + a.tokens <= b.from ||
              b.from + b.tokens <= a.from;
            expect(isApart).toBe(true);
          }
        }
      }),
    );
  });
});

it('says in words what is pointed at, and what there is', () => {
  const model = treeModel(small, 100);
  const t = translator('en');
  const format = formatsOf('en');
  const words = (piece: number) => {
    const bar = model.bars.find((each) => each.piece === piece);
    return bar === undefined ? '' : describeBar(bar, t, format);
  };
  expect(words(0)).toBe('512 tokens, held by 3 requests');
  expect(words(2)).toBe('64 tokens, held by 1 request');
  expect(words(5)).toBe('96 tokens, held by nobody, the next to be evicted');
  expect(words(6)).toBe('16 tokens, lost, so that what follows cannot be found');
  expect(describeTree(model, t, format)).toContain('5 branches; tokens shared 640, held once 384, held by nobody 512');
  expect(pathOf(small, [0, 32, 44])).toEqual(new Set([0, 1, 3]));
});
