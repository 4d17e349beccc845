import { expect, it } from 'vitest';
import { sampleResult } from '../batch/sample.ts';
import { advance } from './baseline.ts';

const results = ['a', 'b', 'c', 'd'].map((fingerprint) => sampleResult([], { fingerprint }));

it('compares with the result before the edit, through all results of one drag', () => {
  const [a, b, c, d] = results;
  const start = advance({ result: null, edit: 0, before: null, preset: '' }, a, 0, 'chat');
  expect(start.before).toBeNull();
  const first = advance(start, b, 1, 'chat');
  const second = advance(first, c, 1, 'chat');
  expect([first.before, second.before]).toEqual([a, a]);
  expect(advance(second, d, 2, 'chat').before).toBe(c);
  // Another preset is another story.
  expect(advance(second, d, 2, 'code').before).toBe(null);
});
