import { describe, expect, it } from 'vitest';
import { givenLengths, type LengthSetId, lengthSets } from './length-sets.ts';
import { fitBodies, type Lengths, sampleLengths } from './lengths.ts';
import { meanOf } from './test-statistics.ts';

const count = 40_000;

function sample(lengths: Lengths, maxTotal: number) {
  const bodies = fitBodies(sampleLengths(lengths, 11), maxTotal);
  const into = { promptTokens: 0, outputTokens: 0 };
  const prompt = new Float64Array(count);
  const output = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    bodies(i, into);
    prompt[i] = into.promptTokens;
    output[i] = into.outputTokens;
  }
  return { prompt, output };
}

const quantile = (values: Float64Array, q: number) => values.slice().sort()[Math.floor(q * count)];
const within = (x: number, expected: number, share: number) => expect(Math.abs(x / expected - 1)).toBeLessThan(share);

describe('length sets', () => {
  const means: readonly (readonly [LengthSetId, number, number])[] = [
    ['sharegpt', 161.31, 337.99],
    ['alpaca', 19.31, 58.45],
  ];
  for (const [id, prompt, output] of means)
    it(`${id} has the published means, ${prompt} in and ${output} out`, () => {
      const set = lengthSets[id];
      const drawn = sample(set.lengths, set.maxTotal);
      within(meanOf(drawn.prompt), prompt, 0.02);
      within(meanOf(drawn.output), output, 0.02);
    });

  const percentiles: readonly (readonly [LengthSetId, number, number, number, number])[] = [
    ['openchat', 1730, 5696, 415, 834],
    ['arxiv', 7059, 12_985, 208, 371],
  ];
  for (const [id, promptP50, promptP90, outputP50, outputP90] of percentiles)
    it(`${id} has the published medians and 90th percentiles`, () => {
      const { lengths, maxTotal } = lengthSets[id];
      const { prompt, output } = sample(lengths, maxTotal);
      within(quantile(prompt, 0.5), promptP50, 0.06);
      within(quantile(prompt, 0.9), promptP90, 0.06);
      within(quantile(output, 0.5), outputP50, 0.06);
      within(quantile(output, 0.9), outputP90, 0.06);
    });

  it('azure-chat has the medians that Splitwise’s paper gives for its conversations', () => {
    const { lengths, maxTotal } = lengthSets['azure-chat'];
    const { prompt, output } = sample(lengths, maxTotal);
    within(quantile(prompt, 0.5), 1020, 0.1);
    within(quantile(output, 0.5), 129, 0.06);
  });

  it('never make a request longer than they say', () => {
    for (const { lengths, maxTotal } of Object.values(lengthSets)) {
      const { prompt, output } = sample(lengths, maxTotal);
      expect(Math.max(...prompt.map((tokens, i) => tokens + output[i]))).toBeLessThanOrEqual(maxTotal);
      expect(Math.min(...prompt, ...output)).toBeGreaterThanOrEqual(1);
    }
  });
});

describe('givenLengths', () => {
  it('fixed: all the same', () => {
    const { prompt, output } = sample(
      givenLengths('fixed', { tokens: 512, spread: 0.3 }, { tokens: 64, spread: 0 }),
      1e6,
    );
    expect(new Set(prompt)).toEqual(new Set([512]));
    expect(new Set(output)).toEqual(new Set([64]));
  });

  it('uniform: about the mean, half the width on each side', () => {
    const ranges = givenLengths('uniform', { tokens: 272, spread: 0.8824 }, { tokens: 64.5, spread: 0.9845 });
    const { prompt, output } = sample(ranges, 1e6);
    expect([Math.min(...prompt), Math.max(...prompt)]).toEqual([32, 512]);
    expect([Math.min(...output), Math.max(...output)]).toEqual([1, 128]);
  });

  it('normal: the spread is the deviation, and what is too long is cut', () => {
    const shape = givenLengths('normal', { tokens: 2600, spread: 0.3 }, { tokens: 60, spread: 0.3 });
    const { prompt, output } = sample(shape, 4000);
    within(meanOf(output), 60, 0.01);
    within(meanOf(prompt), 2600, 0.02);
    expect(Math.max(...prompt)).toBeLessThan(4000);
    const deviation = Math.sqrt(meanOf(output.map((x) => (x - meanOf(output)) ** 2)));
    within(deviation, 18, 0.03);
  });
});
