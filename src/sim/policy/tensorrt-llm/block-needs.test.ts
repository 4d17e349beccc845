import { expect, it } from 'vitest';
import { blocksForPrompt, blocksForSteps, blocksToCompletion } from './block-needs.ts';

it('sets aside blocks for all that a request may become', () => {
  // 1,100 tokens in blocks of 32: 34.4.
  expect(blocksToCompletion(32, 100, 1000, 0, 0)).toBe(35);
  // The prompt's four are there; or two of the prompt's are somebody else's.
  expect(blocksToCompletion(32, 100, 1000, 4, 0)).toBe(31);
  expect(blocksToCompletion(32, 100, 1000, 0, 2)).toBe(33);
  expect(blocksToCompletion(32, 96, 32, 3, 0)).toBe(1);
  expect(blocksToCompletion(32, 96, 32, 4, 0)).toBe(0);
});

it('wants the whole prompt at once', () => {
  expect(blocksForPrompt(32, 100, 0)).toBe(4);
  expect(blocksForPrompt(32, 96, 0)).toBe(3);
  expect(blocksForPrompt(32, 100, 3)).toBe(1);
});

it('looks one step ahead or two, and never past the end', () => {
  expect(blocksForSteps(32, 127, 1, 50)).toBe(0);
  expect(blocksForSteps(32, 127, 2, 50)).toBe(1);
  expect(blocksForSteps(32, 128, 1, 50)).toBe(1);
  expect(blocksForSteps(32, 127, 2, 1)).toBe(0);
  expect(blocksForSteps(32, 128, 2, 0)).toBe(0);
});
