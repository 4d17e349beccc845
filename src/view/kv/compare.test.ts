import fc from 'fast-check';
import { expect, it } from 'vitest';
import { translator } from '../../i18n/i18n.ts';
import { BlockState, type PoolColumns } from '../../protocol/frame.ts';
import { createSvgPainter } from '../../ui/svg-painter.ts';
import { dark, light, type Theme } from '../../ui/theme.ts';
import { formatsOf } from '../../ui/use-format.ts';
import { testFrame, testRunning } from '../rows/testing.ts';
import { describeInA, describeInBoth, drawBoth, firstSide, placedModel, sideOptions } from './compare.ts';
import { Held, heldIn, isUsed, poolDifference } from './difference.ts';
import { kvModel } from './model.ts';

const t = translator('en');
const format = formatsOf('en');

/** Owners of blocks, -1 = free, -2 = cached. */
function poolOf(owners: readonly number[]): PoolColumns {
  const owner = Int32Array.from(owners, (who) => Math.max(-1, who));
  const state = Uint8Array.from(owners, (who) =>
    who === -1 ? BlockState.free : who < 0 ? BlockState.cached : who % 3 === 0 ? BlockState.prefill : BlockState.decode,
  );
  return {
    count: owners.length,
    blockSize: 16,
    state,
    owner,
    fill: Uint16Array.from(owners, (who) => (who === -1 ? 0 : 16)),
    references: Uint8Array.from(owners, (who) => (who < 0 ? 0 : 1)),
    turn: new Uint8Array(owners.length),
    hits: new Int32Array(0),
  };
}

const memory = { useful: 500, internal: 24, reserved: 0, external: 0, cached: 64, free: 436 };

function frameOf(owners: readonly number[], share = 1) {
  return testFrame([{ startUs: 0, endUs: 10, entries: [] }], {
    running: testRunning([], false),
    pool: poolOf(owners),
    memory: { ...memory, useful: memory.useful * share, free: 1024 - memory.useful * share - 88 },
  });
}

const a = frameOf(Array.from({ length: 64 }, (_, i) => (i < 40 ? Math.floor(i / 8) : i < 44 ? -2 : -1)));
const b = frameOf(
  Array.from({ length: 64 }, (_, i) => (i < 8 ? 0 : i < 24 ? 7 : i >= 48 && i < 56 ? 9 : i < 28 ? -2 : -1)),
  0.5,
);

const poolArb = fc.array(fc.integer({ min: -2, max: 4 }), { minLength: 1, maxLength: 60 });

it('puts every block of both pools under one head, and counts what each run uses', () => {
  fc.assert(
    fc.property(poolArb, poolArb, (left, right) => {
      const [inA, inB] = [poolOf(left), poolOf(right)];
      poolDifference(inB, inA);
      const { held: all, counts, usedA, usedB } = poolDifference(inA, inB);
      expect([...all]).toEqual(Array.from(all, (_, block) => heldIn(inA, inB, block)));
      expect(poolDifference(inA, inB).held).toEqual(all);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(Math.max(left.length, right.length));
      expect(usedA).toBe(left.filter((who) => who >= 0).length);
      expect(usedB).toBe(right.filter((who) => who >= 0).length);
      for (let block = 0; block < inB.count; block++) {
        const turned = heldIn(inB, inA, block);
        const held = heldIn(inA, inB, block);
        expect(held === Held.onlyA ? Held.onlyB : held === Held.onlyB ? Held.onlyA : held).toBe(turned);
        if (held === Held.same) expect(inA.owner[block]).toBe(inB.owner[block]);
        expect(isUsed(inB, block)).toBe(right[block] >= 0);
      }
    }),
  );
});

function picture(theme: Theme, size: { width: number; height: number }, kind: 'outline' | 'difference'): string {
  const painter = createSvgPainter(size, theme.page);
  const model = kvModel(b, { selected: 7, hovered: -1, bytesPerToken: 131_072 });
  const shown = { model, hoveredBlock: kind === 'outline' ? -1 : 50, colourBy: 'phase', t, format } as const;
  drawBoth(painter, shown, kind === 'outline' ? 'b' : 'difference', a, theme, size);
  return painter.toSvg();
}

it.each([
  ['outline', light, { width: 600, height: 220 }, 'outline'],
  ['difference', light, { width: 600, height: 220 }, 'difference'],
  ['difference-dark-small', dark, { width: 300, height: 130 }, 'difference'],
] as const)('draws B with A: %s', async (kind, theme, size, name) => {
  await expect(picture(theme, size, name)).toMatchFileSnapshot(`testdata/pinned-${kind}.svg`);
});

it('draws pools of different size over all blocks of the larger one', () => {
  const size = { width: 600, height: 220 };
  const painter = createSvgPainter(size, light.page);
  const small = frameOf([1, 1, -1]);
  const model = kvModel(small, { selected: -1, hovered: -1, bytesPerToken: 0 });
  drawBoth(painter, { model, hoveredBlock: -1, colourBy: 'phase', t, format }, 'difference', a, light, size);
  expect(placedModel(model, a.pool, 'difference').count).toBe(64);
  expect(painter.toSvg()).not.toMatch(/NaN|undefined/);
});

it('says what a block is in A', () => {
  expect(describeInA('Block 1', a.pool, 1, t)).toBe('Block 1; in A: prefill, r0');
  expect(describeInA('Block 41', a.pool, 41, t)).toBe('Block 41; in A: cached, free to evict');
  expect(describeInA('Block 99', a.pool, 99, t)).toBe('Block 99');
});

it('says of a block beyond the smaller pool that only one of them has it', () => {
  const small = kvModel(frameOf([1, 1, -1]), { selected: -1, hovered: -1, bytesPerToken: 0 });
  const large = kvModel(b, { selected: -1, hovered: -1, bytesPerToken: 0 });
  const said = (model: typeof small, of: PoolColumns, block: number) => describeInBoth(model, of, block, t, format);
  expect(said(small, a.pool, 1)).toMatch(/^Block 1: decode.*; in A: prefill, r0$/);
  expect(said(small, a.pool, 10)).toBe('Block 10: not in B’s pool; in A: decode, r1');
  expect(said(small, a.pool, 60)).toBe('Block 60: not in B’s pool; in A: free');
  expect(said(large, poolOf([1]), 60)).toBe('Block 60: free, 0 of 16 tokens');
});

it('begins with the difference where single blocks are too small for an outline', () => {
  expect([firstSide(1200), firstSide(55_000)]).toEqual(['b', 'difference']);
  expect(sideOptions(t, false).map(({ value }) => value)).toEqual(['b', 'a']);
});
