import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type BaselineSuite, replayBaselines } from './baseline-replay.ts';

const folder = new URL('../../../fixtures/recorded/baselines/', import.meta.url);
const suites = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as BaselineSuite);

describe('recorded runs of the schedulers in sarathi-serve', () => {
  for (const suite of suites) {
    it(`${suite.suite} replays without one difference`, () => {
      const reports = replayBaselines(suite);
      expect(reports.filter((report) => report.verdict !== 'identical')).toEqual([]);
      expect(reports.length).toBe(suite.cases.length);
    });
  }

  it('notices a changed number anywhere in an iteration', () => {
    for (const field of ['run', 'preempted', 'finished', 'free', 'wait', 'running'] as const) {
      const broken = structuredClone(suites[0]);
      Object.assign(broken.cases[0].steps[3], { [field]: [12345] });
      const [report] = replayBaselines(broken);
      expect(report.verdict === 'different' && report.first).toMatchObject({ step: 3, field });
    }
  });
});
