import { describe, expect, it } from 'vitest';
import { Because } from '../sim/decision.ts';
import { engines } from './engines/engines.ts';
import { presetOf } from './presets.ts';
import { findKnob, isRead, knobEntry } from './registry.ts';
import { namedSettings, ruleSettings } from './rule-settings.ts';
import { withEngine } from './with-engine.ts';

const base = presetOf('azure-chat').knobs;

describe('ruleSettings', () => {
  it.each([
    ['vllm', Because.seats, '--max-num-seqs'],
    ['vllm', Because.tokenBudget, '--max-num-batched-tokens'],
    ['vllm', Because.noBlocks, '--gpu-memory-utilization'],
    ['vllm', Because.fullPrompt, '--scheduler-reserve-full-isl'],
    ['sglang', Because.seats, '--max-running-requests'],
    ['sglang', Because.tokensReserved, '--schedule-conservativeness'],
    ['tensorrt-llm', Because.seats, '--max_batch_size'],
    ['tgi', Because.tooManyRequests, '--max-concurrent-requests'],
    ['llama-cpp', Because.seats, '-np, --parallel'],
  ])('%s, rule %i: %s', (engine, because, flag) => {
    const knobs = withEngine(base, engine);
    const settings = ruleSettings(because, knobs);
    expect(settings.map((setting) => setting.flag)).toContain(flag);
    for (const { knob } of settings) expect(isRead(knobEntry(knob), knobs)).toBe(true);
  });

  it('names a number of blocks where one is set, and the share of the memory where none is', () => {
    const fixed = { ...base, 'num-gpu-blocks-override': 64 };
    expect(ruleSettings(Because.noBlocks, fixed).map(({ knob }) => knob)).toEqual(['num-gpu-blocks-override']);
    expect(ruleSettings(Because.noBlocks, base).map(({ knob }) => knob)).toEqual(['gpu-memory-utilization']);
  });

  it('names knobs that exist, and none for a rule that no setting changes', () => {
    for (const name of namedSettings) expect(findKnob(name), name).toBeDefined();
    for (const { id } of engines()) {
      const settings = ruleSettings(Because.preemptedThisStep, withEngine(base, id));
      expect(settings).toEqual([]);
    }
  });
});
