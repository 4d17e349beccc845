import { describe, expect, it } from 'vitest';
import { type ComparedMetrics, type ComparedRun, compareEngines, compareRun, traffics } from './comparison.ts';
import { engines } from './engines/engines.ts';
import { sanityOf } from './sanity.ts';

/** The traffics of the table, cut short. */
const short = traffics.map(({ id, knobs }) => ({ id, knobs: { ...knobs, requests: 250 } }));

describe.each(short)('what must hold on $id', ({ knobs }) => {
  const runs = [...compareEngines(knobs)];

  it('has every engine in it, and each can run', () => {
    expect(runs.map((run) => run.engine)).toEqual(engines().map((entry) => entry.id));
    expect(runs.filter((run) => run.metrics === null)).toEqual([]);
  });

  it('holds', () => {
    const checks = sanityOf(runs, (other) => compareRun(other));
    expect(checks.length).toBeGreaterThan(9);
    expect(checks.filter((check) => !check.holds)).toEqual([]);
  });
});

describe('a rule that is broken is told', () => {
  const [{ knobs }] = short;
  const sound = [...compareEngines({ ...knobs, requests: 40 }, {}, ['vllm', 'static', 'orca'])];
  const failing = (runs: readonly ComparedRun[], run = (other: ComparedRun['knobs']) => compareRun(other)) =>
    sanityOf(runs, run).flatMap((check) => (check.holds ? [] : [`${check.rule}: ${check.found}`]));
  const spoilt = (engine: string, summary: Partial<ComparedMetrics['summary']>) =>
    sound.map((run) =>
      run.engine === engine && run.metrics !== null
        ? { ...run, metrics: { ...run.metrics, summary: { ...run.metrics.summary, ...summary } } }
        : run,
    );

  it.each([
    ['orca', { finished: 1 }, /every request ends.*orca/],
    ['vllm', { kvUsePeak: 1.01 }, /no share is above 1.*vllm/],
    ['vllm', { computedTokens: 0, hitTokens: 0 }, /every prompt token/],
    // Also where requests are refused.
    ['vllm', { computedTokens: 0, hitTokens: 0, rejected: 3 }, /every prompt token/],
    ['static', { preemptions: 1 }, /preempt nobody.*static/],
    ['vllm', { outputTokensPerS: 1 }, /continuous batching/],
  ] as const)('%s %j', (engine, summary, message) => {
    expect(failing(spoilt(engine, summary)).join()).toMatch(message);
  });

  it('more seats with more reserved memory', () => {
    const upsideDown = (other: ComparedRun['knobs']) => {
      const [run] = spoilt('vllm', { runningPeak: other.memory === 'contiguous' ? 9 : 1 });
      return run;
    };
    expect(failing(sound, upsideDown)).toEqual([
      'orca: less reserved memory never runs fewer requests at once: 9 <= 1 <= 1 <= 1',
    ]);
  });
});
