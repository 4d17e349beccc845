import { describe, expect, it } from 'vitest';
import { BlockState, type Frame } from '../../protocol/frame.ts';
import { EntryFlag } from '../../sim/batch.ts';
import { createSvgPainter } from '../../ui/svg-painter.ts';
import { dark, light } from '../../ui/theme.ts';
import { testFrame } from '../rows/testing.ts';
import { drawFilm } from './draw.ts';
import { filmModels } from './model.ts';

/** A pool of 128 blocks of which the first `used` decode, and a step of prompt and decode tokens. */
function frameOf(used: number, prompt: number, decodes: number): Frame {
  const count = 128;
  const state = Uint8Array.from({ length: count }, (_, i) =>
    i < used ? BlockState.decode : i < used + 8 ? BlockState.cached : BlockState.free,
  );
  const entries = [
    ...(prompt > 0 ? [{ request: 90, tokens: prompt, flags: EntryFlag.prefill }] : []),
    ...Array.from({ length: decodes }, (_, request) => ({ request, tokens: 1, flags: 0 })),
  ];
  return testFrame([{ startUs: 0, endUs: 10, entries }], {
    pool: {
      count,
      blockSize: 16,
      state,
      owner: Int32Array.from(state, (s) => (s === BlockState.decode ? 1 : -1)),
      fill: Uint16Array.from(state, (s) => (s === BlockState.free ? 0 : 16)),
      references: Uint8Array.from(state, (s) => (s === BlockState.decode ? 1 : 0)),
      turn: new Uint8Array(count),
      hits: new Int32Array(0),
    },
  });
}

describe('film models', () => {
  it('are on one scale, that of the largest step where the budget is far away', () => {
    const frames = [frameOf(10, 0, 6), null, frameOf(60, 500, 12)];
    const models = filmModels(frames, 8192);
    expect(models.map((model) => model?.fullTokens)).toEqual([512, undefined, 512]);
    expect(models[0]).toMatchObject({ usedBlocks: 10, prefillTokens: 0, decodeTokens: 6 });
    expect(models[2]).toMatchObject({ usedBlocks: 60, prefillTokens: 500, decodeTokens: 12 });
  });

  it('are on the scale of the budget where it is near', () => {
    expect(filmModels([frameOf(1, 500, 12)], 1024)[0]?.fullTokens).toBe(1024);
  });
});

it.each([light, dark])('draws the pool and the step, $name', async (theme) => {
  const size = { width: 240, height: 190 };
  const [model] = filmModels([frameOf(60, 500, 12)], 1024);
  if (model === null) throw new Error('no model');
  const painter = createSvgPainter(size, theme.page);
  const words = { pool: 'KV blocks', used: '47 %', batch: 'Tokens of the step', tokens: '512' };
  drawFilm(painter, model, words, theme, size);
  await expect(painter.toSvg()).toMatchFileSnapshot(`testdata/frame-${theme.name}.svg`);
});

it('shows a single decode and no prompt', () => {
  const size = { width: 240, height: 190 };
  const [model] = filmModels([frameOf(1, 0, 1)], 8192);
  if (model === null) throw new Error('no model');
  const painter = createSvgPainter(size, light.page);
  drawFilm(painter, model, { pool: '', used: '', batch: '', tokens: '' }, light, size);
  expect(painter.toSvg()).toContain(light.decode);
  expect(painter.toSvg()).not.toContain('NaN');
});
