import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type FastGenSuite, replayFastGen } from './fastgen-replay.ts';

const file = new URL('../../../fixtures/recorded/fastgen/fastgen.json', import.meta.url);
const suite = JSON.parse(readFileSync(file, 'utf8')) as FastGenSuite;

describe("recorded runs of DeepSpeed-FastGen's scheduler", () => {
  it('replay without one difference', () => {
    const reports = replayFastGen(suite);
    expect(reports.filter((report) => report.verdict !== 'identical')).toEqual([]);
    expect(reports.length).toBe(suite.cases.length);
  });

  it('contain evictions, so that the rule for them is compared too', () => {
    const evictions = suite.cases.flatMap(({ steps }) => {
      const ended = new Set<number>();
      return steps.filter(({ flush = [], finished = [] }) => {
        const isEviction = flush.some((request) => !ended.has(request));
        for (const request of finished) ended.add(request);
        return isEviction;
      });
    });
    expect(evictions.length).toBeGreaterThan(5);
  });

  it('notice a changed number anywhere in an iteration', () => {
    for (const field of ['flush', 'run', 'finished', 'free', 'buffer'] as const) {
      const broken = structuredClone(suite);
      Object.assign(broken.cases[0].steps[3], { [field]: [12345] });
      const [report] = replayFastGen(broken);
      expect(report.verdict === 'different' && report.first).toMatchObject({ step: 3, field });
    }
  });
});
