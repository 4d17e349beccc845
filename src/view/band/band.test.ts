import { describe, expect, it } from 'vitest';
import { translator } from '../../i18n/i18n.ts';
import type { RunResult } from '../../protocol/run.ts';
import type { Band, Load } from '../../scenario/band.ts';
import { formatsOf } from '../../ui/use-format.ts';
import { type OutcomeSample, sampleResult } from '../batch/sample.ts';
import { sampleBand } from './sample.ts';
import { bandWords } from './words.ts';

const result: RunResult = sampleResult(
  Array.from(
    { length: 200 },
    (_, i): OutcomeSample => [i * 1e5, 100, 40, i * 1e5, i * 1e5 + 20_000 + 100 * i, i * 1e5 + 500_000, 4],
  ),
);

function words(band: Band, language: 'en' | 'zh' = 'en') {
  const { load, verdict, isWarning } = bandWords(result, band, translator(language), formatsOf(language));
  return [load, verdict.replaceAll('\u00a0', ' '), isWarning];
}

const around = (low: number, high: number, load: Load) => sampleBand(result, low, high, load);

describe('words of the band', () => {
  it.each<[string, Band, string, string, boolean]>([
    [
      'calm',
      around(0.95, 1.05, { low: 0.2, high: 0.2 }),
      'Load ρ 0.2',
      'an error of 5 % in step times stays small: −5 % … +5 % in P50 TTFT at most',
      false,
    ],
    [
      'near',
      around(0.8, 1.5, { low: 0.88, high: 0.91 }),
      'Load ρ 0.88 to 0.91',
      'near saturation: an error of 5 % in step times grows to −20 % … +50 % in P50 TTFT',
      true,
    ],
    [
      'uneven',
      around(0.8, 1.5, { low: 0.3, high: 0.35 }),
      'Load ρ 0.3 to 0.35',
      'saturated at times: an error of 5 % in step times grows to −20 % … +50 % in P50 TTFT',
      true,
    ],
    [
      'overloaded',
      around(0.9, 1.1, { low: 1.2, high: 1.3 }),
      'Load ρ 1.2 to 1.3',
      'overloaded: an error of 5 % in step times grows to −10 % … +10 % in P50 TTFT',
      true,
    ],
    [
      'closed',
      around(0.95, 1.05, { low: null, because: 'closed' }),
      'No load ρ: arrivals follow the answers',
      'an error of 5 % in step times stays small: −5 % … +5 % in P50 TTFT at most',
      false,
    ],
    [
      'not known',
      { error: null, faster: null, slower: null, load: { low: null, because: 'few' } },
      'No load ρ: fewer than 100 requests',
      'no band: the step error of this device is not known',
      false,
    ],
    [
      'not known, overloaded',
      { error: null, faster: null, slower: null, load: { low: 1.4, high: 1.5 } },
      'Load ρ 1.4 to 1.5',
      'overloaded: the queue grows as long as requests arrive',
      true,
    ],
  ])('%s', (_, band, load, verdict, isWarning) => {
    expect(words(band)).toEqual([load, verdict, isWarning]);
    expect(words(band, 'zh')[1]).not.toMatch(/[{}]/);
  });

  it('explains both on demand', () => {
    const { means, intervals } = bandWords(
      result,
      around(0.9, 1.1, { low: 0.5, high: 0.5 }),
      translator('en'),
      formatsOf('en'),
    );
    expect(intervals.split('; ')).toHaveLength(12 - 3);
    expect(intervals.replaceAll('\u00a0', ' ')).toMatch(/^TTFT P50 29.9 ms \(26.9 ms to 32.9 ms\); TTFT P90 /);
    expect(means).toContain('offered work over capacity');
    expect(means.replaceAll('\u00a0', ' ')).toContain('all step times 5 % shorter and longer, the P95');
  });
});
