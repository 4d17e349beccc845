import { describe, expect, it } from 'vitest';
import { Bound } from '../sim/decision.ts';
import { bindings, idleKnobs } from './binding.ts';
import { presetOf } from './presets.ts';

const chat = presetOf('azure-chat').knobs;

function steps(by: Partial<Record<keyof typeof Bound, number>>): number[] {
  const counts = [0, 0, 0, 0, 0];
  for (const [name, n] of Object.entries(by)) counts[Bound[name as keyof typeof Bound]] = n;
  return counts;
}

describe('bindings', () => {
  it('counts the steps behind each knob', () => {
    const found = bindings(chat, steps({ nothingLeft: 70, tokenBudget: 25, blocks: 5 }));
    expect(found.find((b) => b.knob === 'max-num-batched-tokens')).toEqual({
      knob: 'max-num-batched-tokens',
      steps: 25,
      share: 0.25,
    });
    expect(found.find((b) => b.knob === 'gpu-memory-utilization')?.share).toBe(0.05);
    expect(idleKnobs(chat, steps({ nothingLeft: 70, tokenBudget: 25, blocks: 5 }))).toEqual(['max-num-seqs']);
  });

  it('names every limit where nothing binds', () => {
    expect(idleKnobs(chat, steps({ nothingLeft: 10 }))).toEqual([
      'max-num-batched-tokens',
      'max-num-seqs',
      'gpu-memory-utilization',
      'num-gpu-blocks-override',
    ]);
  });

  it('leaves out knobs that the scenario does not read', () => {
    const fixed = { ...chat, engine: 'static', 'num-gpu-blocks-override': 64 } as const;
    expect(idleKnobs(fixed, steps({}))).toEqual(['num-gpu-blocks-override', 'batch-size']);
  });
});
