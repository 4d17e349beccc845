import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { models } from '../sim/gpu/model.ts';
import { createCost } from '../sim/gpu/operator-cost.ts';
import { gemmUs } from '../sim/gpu/operators.ts';
import { roughDevice } from '../sim/gpu/rough-device.ts';
import { decodesOf } from '../sim/gpu/testing.ts';
import { toCeilings } from './ceilings.ts';
import { toProfile } from './profile.ts';
import { type CalibrationResult, parseResult } from './result.ts';

function read(name: string): CalibrationResult {
  const parsed = parseResult(readFileSync(new URL(`./testdata/${name}`, import.meta.url), 'utf8'));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed));
  return parsed.result;
}
const h200 = read('h200.json');
const memoryBytes = 141e9;

describe('the device made of a calibration', () => {
  const profile = toProfile(h200, memoryBytes);

  it('is this device, with the error of shapes that no fit has seen', () => {
    expect(profile).toMatchObject({ id: 'this-device', evidence: 'this-device', name: 'nvidia-h200', memoryBytes });
    expect(profile.error.count).toBeGreaterThanOrEqual(8);
    expect(profile.error.median).toBeLessThan(0.2);
    expect(profile.peakBytesPerS).toBe(h200.fit.readBytesPerSecond);
    expect(profile.stepOverheadUs).toBeCloseTo(h200.overhead.submitUs + h200.overhead.readbackUs, 6);
  });

  it('has operators as fast as the fastest kernels measured', () => {
    const { gemm } = profile.operators;
    for (const [m, n, k] of [
      [1, 11008, 4096],
      [32, 4096, 4096],
      [2048, 2048, 2048],
    ]) {
      const own = h200.points.filter(
        ({ shape, precision }) =>
          shape.kind === 'product' && precision !== 'f32' && shape.m === m && shape.n === n && shape.k === k,
      );
      const measured = Math.min(...own.map(({ us }) => us));
      expect(gemmUs(gemm, m, k, n, 2) / measured).toBeGreaterThan(0.7);
      expect(gemmUs(gemm, m, k, n, 2) / measured).toBeLessThan(1.3);
    }
    // Decoding streams weights and keys at the rates measured, far below the native stack's.
    const cost = createCost(models['llama-3.1-8b'], profile, { maxTokens: 512, maxSequences: 64 });
    const decodeMs = cost.stepUs(decodesOf([1000])) / 1000;
    expect(decodeMs).toBeGreaterThan((16e9 / h200.fit.readBytesPerSecond) * 1000);
    expect(decodeMs).toBeLessThan(12);
  });

  it('is the same for the same calibration', () => {
    expect(toProfile(h200, memoryBytes)).toEqual(profile);
  });

  it('falls back to the ceilings for a family that could not be measured', () => {
    const only = (families: readonly string[]) => ({
      ...h200,
      points: h200.points.filter((p) => families.includes(p.family)),
    });
    const noAttention = toProfile(only(['copy', 'read', 'gemm', 'skinny']), memoryBytes);
    const rough = roughDevice(toCeilings(h200, memoryBytes));
    expect(noAttention.operators.gemm).toEqual(profile.operators.gemm);
    expect(noAttention.operators.decodeAttention).toEqual(rough.operators.decodeAttention);
    expect(noAttention.operators.prefillAttention).toEqual(rough.operators.prefillAttention);
    expect(toProfile(only(['copy', 'read']), memoryBytes).error).toEqual(rough.error);
  });
});
