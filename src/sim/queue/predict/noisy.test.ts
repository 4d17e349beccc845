import { expect, it } from 'vitest';
import { RequestTable } from '../../request.ts';
import { Sequences } from '../../sequences.ts';
import { NoisyPredictor } from './noisy.ts';

const requests = new RequestTable();
for (let i = 0; i < 4000; i++) requests.push({ arrivalUs: 0, promptTokens: 1, outputTokens: 10_000, endsBy: 'stop' });
const sequences = new Sequences(requests);
for (let r = 0; r < requests.count; r++) sequences.arrive(r, 20_000);
const rows = Array.from({ length: requests.count }, (_, r) => r);

it('is the oracle without an error, and knows limits too', () => {
  expect(new NoisyPredictor(sequences, 0, 1).predict(7)).toBe(10_000);
  sequences.outputLimit[8] = 5;
  expect(new NoisyPredictor(sequences, 0, 1).predict(8)).toBe(5);
  sequences.outputLimit[8] = 20_000;
});

it('errs by a lognormal factor of the given deviation, each request by its own', () => {
  const sigma = 0.5;
  const errors = rows.map((r) => Math.log(new NoisyPredictor(sequences, sigma, 1).predict(r) / 10_000));
  const mean = errors.reduce((a, b) => a + b, 0) / errors.length;
  const deviation = Math.sqrt(errors.reduce((a, b) => a + (b - mean) ** 2, 0) / errors.length);
  expect(Math.abs(mean)).toBeLessThan(0.03);
  expect(Math.abs(deviation - sigma)).toBeLessThan(0.03);
  expect(new Set(errors).size).toBeGreaterThan(3900);
  const again = rows.map((r) => Math.log(new NoisyPredictor(sequences, sigma, 1).predict(r) / 10_000));
  expect(again).toEqual(errors);
  const other = new NoisyPredictor(sequences, sigma, 2);
  expect(rows.filter((r) => Math.log(other.predict(r) / 10_000) === errors[r])).toEqual([]);
});
