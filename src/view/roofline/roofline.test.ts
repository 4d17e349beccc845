import { describe, expect, it } from 'vitest';
import { translator } from '../../i18n/i18n.ts';
import type { Frame } from '../../protocol/frame.ts';
import { EntryFlag } from '../../sim/batch.ts';
import type { BatchShape } from '../../sim/gpu/cost.ts';
import { type DeviceProfile, devices } from '../../sim/gpu/device.ts';
import { models } from '../../sim/gpu/model.ts';
import { createCost } from '../../sim/gpu/operator-cost.ts';
import { plainOperators } from '../../sim/gpu/plain-operators.ts';
import { type Roofs, roofsOf } from '../../sim/gpu/roofs.ts';
import { decodesOf, prefillOf, shapeOf } from '../../sim/gpu/testing.ts';
import { createSvgPainter } from '../../ui/svg-painter.ts';
import { dark, light, type Theme } from '../../ui/theme.ts';
import { formatsOf } from '../../ui/use-format.ts';
import { type StepSample, sampleFrame, sampleResult, sampleWindow } from '../batch/sample.ts';
import { draw, hit } from './draw.ts';
import { type RooflineInput, type RooflineModel, rooflineModel } from './model.ts';
import { operatorRows, readoutOf } from './words.ts';

/** Ceilings and rates of its own, so that the pictures do not change when a profile is fitted again. */
const device: DeviceProfile = {
  ...devices.h100,
  peakFlops: 989e12,
  peakBytesPerS: 3.35e12,
  operators: plainOperators({ fixedUs: 2, bytesPerS: 3e12, flopsPerS: 700e12, wastedRows: 16 }),
};
const other: Roofs = {
  name: 'Apple M4',
  bytesPerS: 120e9,
  compute: [{ precision: 'bf16', flopsPerS: 4.26e12 }],
  reached: { bytesPerS: 102e9, flopsPerS: 3.6e12 },
};

const cost = createCost(models['llama-3.1-8b'], device, { maxTokens: 8192, maxSequences: 256 });
const decodes = (count: number) => decodesOf(Array.from({ length: count }, (_, i) => 300 + 20 * i));

/** A frame after steps of these shapes; request 0 takes part in every other one. */
function frameOf(shapes: readonly BatchShape[]): Frame {
  const times = shapes.map((shape) => cost.explain(shape));
  const sums = (of: (time: (typeof times)[number][number]) => number) =>
    Float64Array.from(times, (parts) => parts.reduce((sum, part) => sum + of(part), 0));
  const steps = shapes.map(
    (shape, i): StepSample => ({
      us: cost.stepUs(shape),
      entries: [
        ...(shape.decodes > 0 ? [{ request: i % 2, tokens: shape.decodes }] : []),
        ...(shape.chunkCount > 0 ? [{ request: 7, tokens: shape.chunkNew[0], flags: EntryFlag.prefill }] : []),
      ],
    }),
  );
  return sampleFrame(sampleWindow(100, steps), {
    operators: times.at(-1),
    work: {
      count: shapes.length,
      firstStep: 100,
      us: sums((t) => t.us),
      flops: sums((t) => t.flops),
      bytes: sums((t) => t.bytes),
    },
  });
}

const result = sampleResult([], { roofs: roofsOf(device) });
const decoding = frameOf([prefillOf([[2048, 0]]), ...[8, 16, 24, 32, 40, 48].map(decodes)]);
const prefilling = frameOf([decodes(30), decodes(31), shapeOf({ contexts: [400, 500], chunks: [[4096, 0]] })]);

function model(input: Partial<RooflineInput>, language: 'en' | 'zh' = 'en'): RooflineModel {
  const all = { frame: decoding, result, other: null, selected: -1, hovered: '' as const, ...input };
  const made = rooflineModel(all, translator(language), formatsOf(language));
  if (made === null) throw new Error('no model');
  return made;
}

function svg(shown: RooflineModel, size = { width: 720, height: 420 }, theme: Theme = light): string {
  const painter = createSvgPainter(size, theme.page);
  draw(painter, shown, theme, size);
  return painter.toSvg();
}

describe('roofline model', () => {
  it('lays decodes left of the knee and a long prompt right of it, both under the roofs', () => {
    const decode = model({});
    const prefill = model({ frame: prefilling });
    expect(decode.steps.at(-1)?.intensity).toBeLessThan(decode.knee);
    expect(prefill.steps.at(-1)?.intensity).toBeGreaterThan(prefill.knee);
    for (const { roofs, steps, operators } of [decode, prefill]) {
      const [own] = roofs;
      for (const { intensity, flopsPerS } of [...steps, ...operators]) {
        expect(flopsPerS).toBeLessThan(Math.min(own.flopsPerS, own.bytesPerS * intensity));
      }
    }
    expect(decode.steps.map((step) => step.kind)).toEqual(['prefill', ...Array(6).fill('decode')]);
    expect(prefill.steps.at(-1)?.kind).toBe('prefill');
  });

  it('gives operators their share of the whole step, those without products too', () => {
    const { operators } = model({});
    const listed = operators.reduce((sum, each) => sum + each.share, 0);
    expect(listed).toBeGreaterThan(0.8);
    expect(listed).toBeLessThan(1);
    expect(operators.map((each) => each.operator)).not.toContain('norm-rope');
    expect(operators[0].operator).toBe('gate-up');
  });

  it('marks the steps of the selected request', () => {
    expect(model({ selected: 1 }).steps.map((step) => step.isSelected)).toEqual([
      false,
      true,
      false,
      true,
      false,
      true,
      false,
    ]);
  });

  it('takes the roof of the precision in which products run', () => {
    const eight = model({ result: { ...result, products: 'fp8' } });
    expect(eight.roofs[0].flopsPerS).toBe(2 * device.peakFlops);
    expect(eight.roofs.map(({ kind, flat }) => [kind, flat.split(' ')[0]])).toEqual([
      ['own', 'fp8'],
      ['precision', 'bf16'],
    ]);
  });

  it('says in a sentence which roof a step is under, and how near', () => {
    expect(model({}).sentence.replaceAll('\u00a0', ' ')).toMatch(
      /^Decode: 3\d\.\d operations a byte, below the knee of 295: memory decides\. \d+(\.\d)? TFLOP\/s, \d+ % of the slanted roof\.$/,
    );
    expect(model({ frame: prefilling }).sentence).toMatch(/^Prefill and decode: .* beyond the knee .* flat roof\.$/);
    expect(model({ frame: null }).sentence).toBe('No step has run yet');
    const idle = frameOf([decodes(3)]);
    const nothing = { ...idle, work: { ...idle.work, flops: new Float64Array(1) } };
    expect(model({ frame: nothing }).sentence).toBe('Step 100 computes no product: it has no place in the picture.');
    expect(model({ frame: nothing }).steps).toEqual([]);
  });
});

describe('roofline drawing', () => {
  it('draws decodes under the slanted roof', async () => {
    await expect(svg(model({ selected: 1 }))).toMatchFileSnapshot('testdata/decode.svg');
  });

  it('draws a prompt under the flat roof, with another device, in the dark, in Chinese', async () => {
    const shown = model({ frame: prefilling, other }, 'zh');
    await expect(svg(shown, undefined, dark)).toMatchFileSnapshot('testdata/prefill-zh.svg');
  });

  it('draws the steps of another run as outlines, with a line to the shown one', async () => {
    const shown = model({ pinned: prefilling });
    expect(shown.pinned).toHaveLength(3);
    await expect(svg(shown)).toMatchFileSnapshot('testdata/pinned.svg');
  });

  it('leaves out what a small place has no room for', async () => {
    await expect(svg(model({ hovered: 'lm-head' }), { width: 336, height: 150 })).toMatchFileSnapshot(
      'testdata/small.svg',
    );
  });

  it('stands empty before the first step', () => {
    expect(svg(model({ frame: null }))).toContain('No step has run yet');
  });
});

describe('roofline hit', () => {
  const size = { width: 720, height: 420 };

  it('finds every point where it is drawn', () => {
    const shown = model({});
    const found = new Set<string>();
    for (let x = 200; x < 500; x++) {
      for (let y = 60; y < 260; y++) {
        const at = hit(shown, size, x, y);
        if (at !== null) found.add(`${at.of} ${at.index}`);
      }
    }
    for (let i = 0; i < shown.operators.length; i++) expect(found).toContain(`operator ${i}`);
    for (let i = 1; i < shown.steps.length; i++) expect(found).toContain(`step ${i}`);
    expect(hit(shown, size, 60, 20)).toBeNull();
  });

  it('tells what it is', () => {
    const shown = model({});
    const read = (of: 'step' | 'operator', index: number) =>
      readoutOf(shown, { of, index }, translator('en'), formatsOf('en')).join('; ').replaceAll('\u00a0', ' ');
    expect(read('operator', 0)).toMatch(
      /^mlp: gate and up: [\d.]+ ms, \d+ % of the step; [\d.]+ operations a byte, [\d.]+ TFLOP\/s; waits for memory$/,
    );
    expect(read('step', 0)).toMatch(
      /^step 100: [\d.]+ ms; [\d,.]+ operations a byte, \d+ TFLOP\/s; press to go there$/,
    );
  });
});

describe('operator table', () => {
  it('lists each operator that takes time with its limit, and the sum', () => {
    const rows = operatorRows(decoding.operators, translator('en'), formatsOf('en'));
    expect(rows.map((row) => row.operator)).toEqual([
      'embedding',
      'norm-rope',
      'qkv',
      'attention-decode',
      'o-proj',
      'gate-up',
      'activation',
      'down',
      'lm-head',
      'sampling',
      'all',
    ]);
    expect(rows.find((row) => row.operator === 'gate-up')?.limit).toBe('memory');
    expect(rows.find((row) => row.operator === 'norm-rope')).toMatchObject({ limit: 'kernel starts', flops: '–' });
    expect(rows.at(-1)?.share.replaceAll('\u00a0', ' ')).toBe('100 %');
    expect(rows.slice(0, -1).reduce((sum, row) => sum + row.part, 0)).toBeCloseTo(1, 9);
    expect(operatorRows([], translator('en'), formatsOf('en'))).toEqual([]);
  });
});
