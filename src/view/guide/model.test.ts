import { expect, test } from 'vitest';
import { build } from '../../scenario/build.ts';
import { presetOf } from '../../scenario/presets.ts';
import { Run } from '../../sim/run.ts';
import { guideFigures } from './model.ts';

function figuresOf(tokens: number) {
  const built = build({ ...presetOf('long-prompt-stall').knobs, 'max-num-batched-tokens': tokens });
  if (!built.ok) throw new Error(JSON.stringify(built.problems));
  const { config, source, cost } = built.value;
  const run = new Run(config, source, cost, 1e12);
  while (!run.advance(1000));
  return guideFigures(run.account());
}

test('the guide tells of the prompt that the scenario is about, and what it promises comes true', () => {
  const before = figuresOf(8192);
  const after = figuresOf(512);
  expect(before.promptTokens).toBe(8192);
  expect(after.promptTokens).toBe(8192);
  // One step holds the whole prompt: who waits for it waits nearly as long as the prompt for its first token.
  expect(before.pauseUs).toBeGreaterThan(0.9 * before.firstTokenUs);
  expect(after.pauseUs).toBeLessThan(before.pauseUs / 5);
  expect(after.firstTokenUs).toBeGreaterThan(before.firstTokenUs);
});
