import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseResult } from '../../calibrate/result.ts';
import { translator } from '../../i18n/i18n.ts';
import type { Roofs } from '../../sim/gpu/roofs.ts';
import { createSvgPainter } from '../../ui/svg-painter.ts';
import { dark, light, type Theme } from '../../ui/theme.ts';
import { formatsOf } from '../../ui/use-format.ts';
import { draw as drawRoofline } from '../roofline/draw.ts';
import { draw, hit } from './fit-draw.ts';
import { type FamilyChoice, type FitModel, familiesOf, fitModel, seriesRows } from './fit-model.ts';
import { calibratedRoofs, kernelRoofline } from './kernel-roofline.ts';
import { sampleCalibration } from './sample.ts';

const parsed = parseResult(readFileSync('src/calibrate/testdata/synthetic.json', 'utf8'));
if (!parsed.ok) throw new Error(parsed.because);
const { result } = parsed;

/** For pictures: the other one changes with the kernels. */
const sample = sampleCalibration(result);

const model = (family: FamilyChoice, language: 'en' | 'zh' = 'en', of = result) =>
  fitModel(of, family, translator(language), formatsOf(language));

const size = { width: 640, height: 360 };

function svg(shown: FitModel, theme: Theme = light, at = size, pointed = -1): string {
  const painter = createSvgPainter(at, theme.page);
  draw(painter, shown, theme, at, pointed);
  return painter.toSvg();
}

describe('fit model', () => {
  it('sets every measured shape against its prediction', () => {
    const all = model('all');
    expect(all.points).toHaveLength(result.points.length);
    expect(all.points.filter((point) => point.isHeldOut)).toHaveLength(result.points.filter((p) => p.isHeldOut).length);
    for (const { predictedUs, measuredUs } of all.points) {
      expect(predictedUs).toBeGreaterThan(all.fromUs);
      expect(measuredUs).toBeLessThan(all.toUs);
      expect(Math.max(measuredUs / predictedUs, predictedUs / measuredUs)).toBeLessThan(all.mostOff);
    }
    const parts = familiesOf(result).map((family) => model(family).points.length);
    expect(parts.reduce((sum, count) => sum + count, 0)).toBe(result.points.length);
  });

  it('gives the errors that the calibration itself found on what it kept out', () => {
    for (const { family, errors } of result.fit.heldOutByFamily) {
      const held = model(family).points.filter((point) => point.isHeldOut);
      const found = held.map((p) => Math.abs(p.predictedUs / p.measuredUs - 1)).sort((a, b) => a - b);
      expect(found).toHaveLength(errors.count);
      expect(found[found.length - 1]).toBeCloseTo(errors.max, 9);
    }
  });

  it('says the errors in words, of shapes kept out where there are any', () => {
    const heldOut = result.fit.heldOut;
    expect(model('all').sentence).toContain(`On the ${heldOut?.count} that the fit has not seen`);
    const none = { ...result, fit: { ...result.fit, heldOut: null, heldOutByFamily: [] } };
    expect(fitModel(none, 'gemm', translator('en'), formatsOf('en')).sentence).toMatch(
      /^Prefill matrix product: \d+ shapes measured, none kept out of the fit\. On its own shapes the fit is off by/,
    );
    expect(model('decode-attention', 'zh').sentence).toMatch(/^解码注意力：测了 \d+ 个形状/);
  });

  it('lists every series with its errors', () => {
    const rows = seriesRows(result, 'all', translator('en'), formatsOf('en'));
    expect(rows).toHaveLength(result.fit.series.length);
    expect(new Set(rows.map((row) => row.key)).size).toBe(rows.length);
    expect(rows.every((row) => /^[\d.]+\s% \/ [\d.]+\s% \(\d+\)$/.test(row.seen))).toBe(true);
    expect(seriesRows(result, 'gemm', translator('en'), formatsOf('en')).length).toBeLessThan(rows.length);
  });
});

describe('fit drawing', () => {
  it('draws measured against predicted times over the strip of residuals', async () => {
    await expect(svg(model('decode-attention', 'en', sample))).toMatchFileSnapshot('testdata/fit.svg');
  });

  it('draws all kernels on a phone, in the dark, in Chinese', async () => {
    const at = { width: 330, height: 360 };
    await expect(svg(model('all', 'zh', sample), dark, at, 3)).toMatchFileSnapshot('testdata/fit-phone-zh.svg');
  });

  it('finds a shape in the picture and in the strip', () => {
    const shown = model('gemm');
    const found = { picture: new Set<number>(), strip: new Set<number>() };
    for (let x = 0; x < size.width; x += 3) {
      for (let y = 0; y < size.height; y += 3) {
        const at = hit(shown, size, x, y);
        if (at >= 0) found[y < 220 ? 'picture' : 'strip'].add(at);
      }
    }
    expect(found.picture.size).toBeGreaterThan(shown.points.length / 2);
    expect(found.strip.size).toBeGreaterThan(shown.points.length / 2);
    expect(hit(shown, size, 2, 2)).toBe(-1);
  });
});

describe('roofline of the kernels', () => {
  it('holds every measured product and attention under what was measured at best', () => {
    const roofs = calibratedRoofs(result);
    const flopsPerS = Math.max(...roofs.compute.map((each) => each.flopsPerS));
    const shown = kernelRoofline(result, null, translator('en'), formatsOf('en'));
    expect(shown.operators.length).toBe(result.points.filter((point) => point.work.flops > 0).length);
    for (const point of shown.operators) expect(point.flopsPerS).toBeLessThanOrEqual(flopsPerS * 1.001);
    expect(new Set(shown.operators.map((point) => point.kind))).toEqual(new Set(['plain', 'decode', 'prefill']));
  });

  it('draws it beside a built-in device', async () => {
    const other: Roofs = {
      name: 'NVIDIA GeForce RTX 4090',
      bytesPerS: 1.008e12,
      compute: [{ precision: 'bf16', flopsPerS: 165e12 }],
      reached: { bytesPerS: 0.95e12, flopsPerS: 160e12 },
    };
    const shown = kernelRoofline(sample, other, translator('en'), formatsOf('en'));
    const painter = createSvgPainter(size, light.page);
    drawRoofline(painter, shown, light, size);
    await expect(painter.toSvg()).toMatchFileSnapshot('testdata/kernels.svg');
  });
});
