import { expect, it } from 'vitest';
import { parseCeilings } from './saved-gpu.ts';

const ceilings = { name: 'gpu', bandwidthBytesPerS: 4e11, f32FlopsPerS: 1e13, memoryBytes: 2 ** 34, dispatchUs: 8 };

it('reads what was saved', () => {
  expect(parseCeilings(JSON.stringify(ceilings))).toEqual(ceilings);
});

it.each([null, 3, {}, { ...ceilings, memoryBytes: 0 }, { ...ceilings, dispatchUs: null }, { ...ceilings, name: 1 }])(
  'does not take %j for a GPU',
  (value) => {
    expect(parseCeilings(JSON.stringify(value))).toBeNull();
  },
);
