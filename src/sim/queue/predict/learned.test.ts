import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { azureChat2023, azureCode2023 } from '../../../workload/azure-2023.ts';
import { batchJob } from '../../../workload/batch.ts';
import { type Lengths, sampleLengths } from '../../../workload/lengths.ts';
import { RequestTable } from '../../request.ts';
import { cases } from '../../testing.ts';
import { LearnedPredictor } from './learned.ts';

const requestArb = fc.record({
  promptTokens: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 20_000 })),
  outputTokens: fc.integer({ min: 1, max: 2000 }),
  klass: fc.integer({ min: 0, max: 2 }),
});

describe('the learned predictor', () => {
  it('says what its formula says over all that it has seen, and goes on from a saved state', () => {
    fc.assert(
      fc.property(fc.array(requestArb, { minLength: 1, maxLength: 40 }), (specs) => {
        const requests = new RequestTable();
        for (const spec of specs) requests.push({ arrivalUs: 0, ...spec });
        const first = new LearnedPredictor(requests);
        for (let r = 0; r < specs.length; r++) {
          const predictor = new LearnedPredictor(requests);
          predictor.restore(JSON.parse(JSON.stringify(first.save())));
          expect(predictor.predict(r)).toBe(first.predict(r));
          expect(Math.log(first.predict(r))).toBeCloseTo(Math.max(0, slowEstimate(specs.slice(0, r), specs[r])), 9);
          first.learn(r, specs[r].outputTokens);
        }
      }),
      { numRuns: cases },
    );
  });

  /**
   * Mean absolute error of the logarithm, over three seeds of 2,000 requests each; what a request teaches is known 60 requests
   * later, as it is while others run.
   */
  it('is the best of the simple learners where prompts say something, and close to it where they do not', () => {
    const table = (lengths: Lengths) => {
      const errors: Record<string, number> = {};
      for (const [name, create] of Object.entries(rivals)) errors[name] = errorOf(lengths, create);
      return errors;
    };
    const chat = table(azureChat2023.lengths);
    expect(chat.learned).toBeLessThan(0.36);
    for (const rival of ['mean', 'octaves', 'regression']) expect(chat.learned).toBeLessThan(0.75 * chat[rival]);
    for (const lengths of [azureCode2023.lengths, batchJob.lengths]) {
      const { learned, ...others } = table(lengths);
      expect(learned).toBeLessThan(Math.min(...Object.values(others)) + 0.02);
    }
  });

  it('tells classes apart that have the same prompts', () => {
    const requests = new RequestTable();
    for (let i = 0; i < 200; i++) {
      requests.push({ arrivalUs: 0, promptTokens: 100, outputTokens: i % 2 === 0 ? 20 : 500, klass: i % 2 });
    }
    const predictor = new LearnedPredictor(requests);
    expect(predictor.predict(0)).toBe(predictor.predict(1));
    for (let r = 0; r < 198; r++) predictor.learn(r, requests.outputTokens[r]);
    expect(predictor.predict(198)).toBeCloseTo(20, -1);
    expect(predictor.predict(199) / 500).toBeCloseTo(1, 0);
  });
});

interface Request {
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly klass: number;
}

/** The formula, over everything seen before. */
function slowEstimate(seen: readonly Request[], request: Request): number {
  const logs = (isIn: (r: Request) => boolean) => seen.filter(isIn).map((r) => Math.log(r.outputTokens));
  const all = logs(() => true);
  const octave = (r: Request, parts: number) => Math.floor(Math.log2(r.promptTokens) * parts + 1e-12);
  const groups = [
    logs((r) => r.klass === request.klass),
    logs((r) => r.klass === request.klass && octave(r, 1) === octave(request, 1)),
    logs((r) => r.klass === request.klass && octave(r, 4) === octave(request, 4)),
  ];
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  const start = all.length > 0 ? sum(all) / all.length : Math.log(128);
  return groups.reduce((parent, group) => (sum(group) + 4 * parent) / (group.length + 4), start);
}

/** Guesses the logarithm of an output length. */
interface Learner {
  guess(promptTokens: number): number;
  learn(promptTokens: number, log: number): void;
}

const rivals: Readonly<Record<string, () => Learner>> = {
  mean: () => {
    let count = 0;
    let sum = 0;
    return {
      guess: () => (count > 0 ? sum / count : Math.log(128)),
      learn: (_, log) => {
        count++;
        sum += log;
      },
    };
  },
  /** One mean an octave of prompt length, shrunk to the mean of all. */
  octaves: () => {
    const seen: [number, number][] = [];
    return {
      guess: (prompt) => {
        const all = seen.reduce((sum, [, log]) => sum + log, 0) / Math.max(1, seen.length) || Math.log(128);
        const own = seen.filter(([p]) => Math.floor(Math.log2(p)) === Math.floor(Math.log2(prompt)));
        return (own.reduce((sum, [, log]) => sum + log, 0) + 4 * all) / (own.length + 4);
      },
      learn: (prompt, log) => seen.push([prompt, log]),
    };
  },
  regression,
  learned: () => {
    const requests = new RequestTable();
    const predictor = new LearnedPredictor(requests);
    const rowOf = (promptTokens: number) => requests.push({ arrivalUs: 0, promptTokens, outputTokens: 1 });
    return {
      guess: (prompt) => Math.log(predictor.predict(rowOf(prompt))),
      learn: (prompt, log) => predictor.learn(rowOf(prompt), Math.exp(log)),
    };
  },
};

/** Ridge regression on 1, z, z^2 with z the centred logarithm of the prompt, solved anew for each guess. */
function regression(): Learner {
  const features = (prompt: number) => {
    const z = (Math.log(prompt) - 6) / 2;
    return [1, z, z * z];
  };
  const left = [0, 1, 2].map((i) => [0, 1, 2].map((j) => (i === j ? 1 : 0)));
  const right = [Math.log(128), 0, 0];
  return {
    guess: (prompt) => {
      const rows = left.map((row, i) => [...row, right[i]]);
      for (let i = 0; i < 3; i++) {
        for (let j = 0; j < 3; j++) {
          const factor = j === i ? 0 : rows[j][i] / rows[i][i];
          for (let c = 0; c < 4; c++) rows[j][c] -= factor * rows[i][c];
        }
      }
      return features(prompt).reduce((sum, value, i) => sum + (value * rows[i][3]) / rows[i][i], 0);
    },
    learn: (prompt, log) => {
      const values = features(prompt);
      for (let i = 0; i < 3; i++) {
        right[i] += values[i] * log;
        for (let j = 0; j < 3; j++) left[i][j] += values[i] * values[j];
      }
    },
  };
}

function errorOf(lengths: Lengths, create: () => Learner): number {
  const count = 2000;
  let error = 0;
  for (const seed of [1, 2, 3]) {
    const bodies = sampleLengths(lengths, seed);
    const learner = create();
    const known: [number, number][] = [];
    const body = { promptTokens: 0, outputTokens: 0 };
    for (let i = 0; i < count; i++) {
      bodies(i, body);
      const log = Math.log(body.outputTokens);
      error += Math.abs(learner.guess(body.promptTokens) - log) / (3 * count);
      known.push([body.promptTokens, log]);
      if (i >= 60) learner.learn(...known[i - 60]);
    }
  }
  return error;
}
