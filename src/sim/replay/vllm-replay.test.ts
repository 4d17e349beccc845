import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { replayVllm } from './vllm-replay.ts';
import { type VllmTrace, writeBlocks } from './vllm-trace.ts';

const folder = new URL('../../../fixtures/recorded/vllm/', import.meta.url);
const traces = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as VllmTrace);

describe('recorded runs of the real vLLM scheduler', () => {
  for (const trace of traces) {
    it(`${trace.name} replays without one difference`, () => {
      expect(replayVllm(trace)).toEqual({ verdict: 'identical', name: trace.name, steps: trace.steps.length });
    });
  }

  it('notices a changed number anywhere in a step', () => {
    const trace = traces.find((t) => t.name === '09_preempt_mild_a');
    if (trace === undefined) throw new Error('recording is missing');
    const at = trace.steps.findIndex((s) => s.pre !== undefined);
    for (const field of ['S', 'pre', 'f', 'q', 'R'] as const) {
      const broken = structuredClone(trace);
      Object.assign(broken.steps[at], { [field]: [[12345]] });
      const report = replayVllm(broken);
      expect(report.verdict === 'different' && report.first).toMatchObject({ step: trace.steps[at].t, field });
    }
  });

  it('says what is not modelled instead of guessing', () => {
    const trace = structuredClone(traces.find((t) => t.name === '18_spec_ngram_a'));
    if (trace === undefined) throw new Error('recording is missing');
    Object.assign(trace.scenario.config.spec ?? {}, { method: 'crystal_ball' });
    expect(replayVllm(trace)).toMatchObject({ verdict: 'unsupported', features: ['speculation by crystal_ball'] });
  });
});

it('block lists are written in runs, up and down', () => {
  expect(writeBlocks([5, 6, 7, 3, 2, 9])).toBe('5-7,3-2,9');
  expect(writeBlocks([])).toBe('');
});
