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
  expect(blocksForPrompt(32, 100, 0, 0)).toBe(4);
  expect(blocksForPrompt(32, 96, 0, 0)).toBe(3);
  expect(blocksForPrompt(32, 100, 0, 3)).toBe(1);
  // 128 places hold 28 drafts behind 100 tokens, not 29.
  expect(blocksForPrompt(32, 100, 28, 0)).toBe(4);
  expect(blocksForPrompt(32, 100, 29, 0)).toBe(5);
  expect(blocksForPrompt(32, 96, 1, 3)).toBe(1);
});

it('looks one step ahead or two, and never past the end', () => {
  expect(blocksForSteps(32, 127, 1, 0, 50)).toBe(0);
  expect(blocksForSteps(32, 127, 2, 0, 50)).toBe(1);
  expect(blocksForSteps(32, 128, 1, 0, 50)).toBe(1);
  expect(blocksForSteps(32, 127, 2, 0, 1)).toBe(0);
  expect(blocksForSteps(32, 128, 2, 0, 0)).toBe(0);
});

it('takes places for all drafts of a step, of two steps twice, as far as tokens may come', () => {
  // Four places: 125 to 128 are in the block, 126 to 129 are not.
  expect(blocksForSteps(32, 124, 1, 3, 50)).toBe(0);
  expect(blocksForSteps(32, 125, 1, 3, 50)).toBe(1);
  expect(blocksForSteps(32, 120, 2, 3, 50)).toBe(0);
  expect(blocksForSteps(32, 121, 2, 3, 50)).toBe(1);
  expect(blocksForSteps(32, 125, 1, 3, 3)).toBe(0);
  // A draft of 40 tokens can take two blocks.
  expect(blocksForSteps(32, 127, 1, 40, 50)).toBe(2);
});
