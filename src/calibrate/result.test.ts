import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { adapterName, toCeilings } from './ceilings.ts';
import { fitPoints } from './fit.ts';
import { type CalibrationResult, checkResult, parseResult, writeResult } from './result.ts';
import { forgetCalibration, loadCalibration, saveCalibration } from './storage.ts';

const point = {
  kernel: 'k',
  m: 0,
  n: 0,
  k: 0,
  bytes: 512,
  flops: 0,
  us: 2,
  medianUs: 2,
  maxUs: 3,
  wallUs: 4,
  dispatches: 5,
  repeats: 5,
  source: 'timestamps' as const,
};
const line = { fixedUs: 1, ratePerSecond: 1e12, points: 3, medianError: 0, maxError: 0 };

/** Made-up figures: only their shape matters here. */
const sample: CalibrationResult = {
  format: 'tokenyard-calibration',
  version: 1,
  adapter: { vendor: 'acme', architecture: 'one', device: '', description: '', isSoftware: false },
  features: ['timestamp-query'],
  maxBufferBytes: 1e9,
  maxBindingBytes: 1e9,
  timing: { source: 'timestamps', quantumNs: 100_000, clockStepUs: 100 },
  poolBytes: 2 ** 28,
  warmUp: { ms: 1000, firstFlopsPerSecond: 1, lastFlopsPerSecond: 2 },
  points: [
    { ...point, family: 'copy' },
    { ...point, family: 'read' },
    { ...point, family: 'gemm-f32', m: 8, n: 8, k: 8, flops: 1024 },
  ],
  skipped: [],
  overhead: { roundTripUs: 20, dispatchGpuUs: 2, dispatchUs: 3, passUs: 7, submitUs: 20, readbackUs: 50 },
  fit: {
    copyBytesPerSecond: 4e11,
    readBytesPerSecond: 5e11,
    f32FlopsPerSecond: 1e13,
    copy: line,
    read: line,
    gemm: line,
  },
  notices: [{ kind: 'drift', share: 0.1 }],
};

describe('a result as a file', () => {
  it('comes back as it was written', () => {
    expect(parseResult(writeResult(sample))).toEqual({ ok: true, result: sample });
  });

  it.each([
    ['{', { because: 'not-json' }],
    ['{"format":"something else"}', { because: 'not-a-calibration' }],
    ['[]', { because: 'not-a-calibration' }],
    ['{"format":"tokenyard-calibration","version":2}', { because: 'newer-version' }],
  ])('%s', (text, expected) => {
    expect(parseResult(text)).toMatchObject({ ok: false, ...expected });
  });

  it('names the field that is wrong', () => {
    const wrong = { ...sample, fit: { ...sample.fit, f32FlopsPerSecond: -1 } };
    expect(checkResult(wrong)).toMatchObject({ ok: false, because: 'invalid-value', field: 'fit.f32FlopsPerSecond' });
    const strange = { ...sample, notices: [{ kind: 'strange' }] };
    expect(checkResult(strange)).toMatchObject({ ok: false, because: 'invalid-value', field: 'notices.0.kind' });
  });
});

it('a run on an NVIDIA H200 is read, and its points give its fit again', () => {
  // Measured with `node tools/calibrate-node.mjs` (Dawn on Vulkan, driver 580.159.04).
  const parsed = parseResult(readFileSync(new URL('./testdata/h200.json', import.meta.url), 'utf8'));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed));
  const { fit, points, adapter } = parsed.result;
  expect(adapter.device).toBe('nvidia-h200');
  const again = fitPoints(points);
  for (const key of ['copyBytesPerSecond', 'readBytesPerSecond', 'f32FlopsPerSecond'] as const) {
    expect(again[key]).toBeCloseTo(fit[key], -6);
  }
  for (const key of ['copy', 'read', 'gemm'] as const) {
    expect(again[key].ratePerSecond / fit[key].ratePerSecond).toBeCloseTo(1, 4);
  }
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
    for (const key of kept.keys()) kept.set(key, '{"format":"tokenyard-calibration","version":1}');
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
  it('gives the simulator copy bandwidth, f32 rate, dispatch cost and what the visitor said about memory', () => {
    expect(toCeilings(sample, 16e9)).toEqual({
      name: 'acme one',
      bandwidthBytesPerS: 4e11,
      f32FlopsPerS: 1e13,
      memoryBytes: 16e9,
      dispatchUs: 3,
    });
  });

  it('takes the cost on the GPU where the wall clock is too coarse to see a dispatch', () => {
    const coarse = { ...sample, overhead: { ...sample.overhead, dispatchUs: 0 } };
    expect(toCeilings(coarse, 1).dispatchUs).toBe(2);
  });

  it('names the device before the architecture, and nothing if the browser says nothing', () => {
    const named = { ...sample, adapter: { ...sample.adapter, device: 'x9' } };
    expect(adapterName(named)).toBe('acme x9');
    const hidden = { ...sample, adapter: { ...sample.adapter, vendor: '', architecture: '' } };
    expect(adapterName(hidden)).toBe('');
  });
});
