import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { adapterName, toCeilings } from './ceilings.ts';
import { fitPoints, markHeldOut } from './fit.ts';
import { type CalibrationResult, checkResult, parseResult, writeResult } from './result.ts';
import { forgetCalibration, loadCalibration, saveCalibration } from './storage.ts';

const read = (name: string) => readFileSync(new URL(`./testdata/${name}`, import.meta.url), 'utf8');

function parsed(name: string): CalibrationResult {
  const result = parseResult(read(name));
  if (!result.ok) throw new Error(JSON.stringify(result));
  return result.result;
}

/** Made-up figures: only their shape matters here. */
const sample = parsed('synthetic.json');

describe('a result as a file', () => {
  it('comes back as it was written', () => {
    expect(parseResult(writeResult(sample))).toEqual({ ok: true, result: sample });
    expect(writeResult(sample)).toBe(read('synthetic.json'));
  });

  it.each([
    ['{', { because: 'not-json' }],
    ['{"format":"something else"}', { because: 'not-a-calibration' }],
    ['[]', { because: 'not-a-calibration' }],
    ['{"format":"tokenyard-calibration","version":1}', { because: 'older-version' }],
    ['{"format":"tokenyard-calibration","version":3}', { because: 'newer-version' }],
  ])('%s', (text, expected) => {
    expect(parseResult(text)).toMatchObject({ ok: false, ...expected });
  });

  it('names the field that is wrong', () => {
    const wrong = { ...sample, fit: { ...sample.fit, f32FlopsPerSecond: -1 } };
    expect(checkResult(wrong)).toMatchObject({ ok: false, because: 'invalid-value', field: 'fit.f32FlopsPerSecond' });
    const strange = { ...sample, notices: [{ kind: 'strange' }] };
    expect(checkResult(strange)).toMatchObject({ ok: false, because: 'invalid-value', field: 'notices.0.kind' });
    const [point] = sample.points;
    const shapeless = { ...sample, points: [{ ...point, shape: { kind: 'memory' } }, point, point] };
    expect(checkResult(shapeless)).toMatchObject({
      ok: false,
      because: 'invalid-value',
      field: 'points.0.shape.bytes',
    });
  });
});

describe('a run on an NVIDIA H200', () => {
  // Measured with `node tools/calibrate-node.mjs backend=vulkan` (Dawn on Vulkan, driver 580.159.04): docs/performance.md.
  const run = parsed('h200.json');

  it('is read, and its points give its fit again', () => {
    expect(run.adapter.device).toBe('nvidia-h200');
    expect(markHeldOut(run.points)).toEqual(run.points);
    const again = fitPoints(run.points, run.overhead.dispatchGpuUs);
    expect(again.copyBytesPerSecond).toBeCloseTo(run.fit.copyBytesPerSecond, -6);
    expect(again.series.length).toBe(run.fit.series.length);
    for (const [i, { inSample }] of again.series.entries())
      expect(inSample.median).toBeCloseTo(run.fit.series[i].inSample.median, 3);
    expect(again.heldOut?.median).toBeCloseTo(run.fit.heldOut?.median ?? 0, 2);
  });

  it('predicts the shapes it has not seen: median within a tenth, P90 within a quarter', () => {
    expect(run.fit.heldOut?.count).toBeGreaterThan(20);
    expect(run.fit.heldOut?.median).toBeLessThan(0.1);
    expect(run.fit.heldOut?.p90).toBeLessThan(0.25);
    expect(run.fit.heldOutByFamily.length).toBe(6);
  });

  it('reaches what the card reaches: of the copy rate of torch 85 %, of cuBLAS in f32 60 %', () => {
    // Measured on the same machine: copy_ of 256 MiB 4,175 GB/s, matmul of f32 at 4,096 51.3 TFLOP/s.
    expect(run.fit.copyBytesPerSecond).toBeGreaterThan(0.85 * 4175e9);
    expect(run.fit.f32FlopsPerSecond).toBeGreaterThan(0.6 * 51.3e12);
  });
});

describe('a result saved on the device', () => {
  function storage() {
    const kept = new Map<string, string>();
    return {
      kept,
      source: () => ({
        getItem: (key: string) => kept.get(key) ?? null,
        setItem: (key: string, value: string) => void kept.set(key, value),
        removeItem: (key: string) => void kept.delete(key),
      }),
    };
  }

  it('is found again, until it is forgotten', () => {
    const { source } = storage();
    expect(loadCalibration(source)).toEqual({ kind: 'none' });
    expect(saveCalibration(source, sample)).toBe(true);
    expect(loadCalibration(source)).toEqual({ kind: 'found', result: sample });
    expect(forgetCalibration(source)).toBe(true);
    expect(loadCalibration(source)).toEqual({ kind: 'none' });
  });

  it('that is damaged is reported, not believed', () => {
    const { kept, source } = storage();
    saveCalibration(source, sample);
    for (const key of kept.keys()) kept.set(key, '{"format":"tokenyard-calibration","version":2}');
    expect(loadCalibration(source)).toEqual({ kind: 'unreadable' });
  });

  it('cannot be saved in a frame of opaque origin, where reading the storage throws', () => {
    const source = () => {
      throw new DOMException('denied', 'SecurityError');
    };
    expect(loadCalibration(source)).toEqual({ kind: 'no-storage' });
    expect(saveCalibration(source, sample)).toBe(false);
    expect(forgetCalibration(source)).toBe(false);
  });
});

describe('toCeilings', () => {
  it('gives copy bandwidth, the best product rate, dispatch cost and what the visitor said about memory', () => {
    expect(toCeilings(sample, 16e9)).toEqual({
      name: 'acme synthetic',
      bandwidthBytesPerS: sample.fit.copyBytesPerSecond,
      f32FlopsPerS: sample.fit.f16FlopsPerSecond,
      memoryBytes: 16e9,
      dispatchUs: 3.41,
    });
    const plain = { ...sample, fit: { ...sample.fit, f16FlopsPerSecond: null } };
    expect(toCeilings(plain, 1).f32FlopsPerS).toBe(sample.fit.f32FlopsPerSecond);
  });

  it('takes the cost on the GPU where the wall clock is too coarse to see a dispatch', () => {
    const coarse = { ...sample, overhead: { ...sample.overhead, dispatchUs: 0 } };
    expect(toCeilings(coarse, 1).dispatchUs).toBe(sample.overhead.dispatchGpuUs);
  });

  it('names the device before the architecture, and nothing if the browser says nothing', () => {
    const named = { ...sample, adapter: { ...sample.adapter, device: 'x9' } };
    expect(adapterName(named)).toBe('acme x9');
    const hidden = {
      ...sample,
      adapter: { ...sample.adapter, vendor: '', architecture: '', device: '', description: '' },
    };
    expect(adapterName(hidden)).toBe('');
  });
});
