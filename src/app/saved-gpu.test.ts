import { expect, it } from 'vitest';
import { roughDevice } from '../sim/gpu/rough-device.ts';
import { parseGpu, writeGpu } from './saved-gpu.ts';

const ceilings = { name: 'gpu', bandwidthBytesPerS: 4e11, f32FlopsPerS: 1e13, memoryBytes: 2 ** 34, dispatchUs: 8 };
const rough = roughDevice(ceilings);
const profile = {
  ...rough,
  operators: { ...rough.operators, gemm: { ...rough.operators.gemm, streamedRows: 4, wastedRows: 20 } },
};

it('reads what was saved', () => {
  const { operators, ...others } = parseGpu(writeGpu(profile)) ?? rough;
  expect(others).toEqual({ ...profile, operators: undefined });
  expect(operators.gemm).toEqual(profile.operators.gemm);
  // Not a limit: as good as infinite.
  expect(operators.decodeAttention.blockBytesPerS).toBeGreaterThan(1e100);
});

it('still reads what was saved when a device was three ceilings', () => {
  expect(parseGpu(JSON.stringify(ceilings))).toEqual(rough);
});

const { gemm: _, ...noGemm } = profile.operators;
it.each([
  null,
  3,
  {},
  { ...ceilings, memoryBytes: 0 },
  { ...ceilings, dispatchUs: null },
  { ...ceilings, name: 1 },
  { ...profile, id: 'h200' },
  { ...profile, memoryBytes: -1 },
  { ...profile, operators: noGemm },
  { ...profile, operators: { ...profile.operators, sampling: { fixedUs: '1', perRowUs: 0 } } },
])('does not take %j for a GPU', (value) => {
  expect(parseGpu(JSON.stringify(value))).toBeNull();
});
