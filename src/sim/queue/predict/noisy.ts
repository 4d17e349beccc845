import { exp } from '../../math.ts';
import { outputEnd } from '../../policy/finish.ts';
import { normal, Purpose } from '../../random.ts';
import type { Sequences } from '../../sequences.ts';
import type { LengthPredictor } from './predictor.ts';

/**
 * Knows the truth and errs by a factor that is lognormal: prediction = truth x exp(sigma x standard normal). The error of a
 * request is its own and the same in every run of a seed. With sigma 0 it is the oracle.
 */
export class NoisyPredictor implements LengthPredictor {
  private readonly sequences: Sequences;
  private readonly sigma: number;
  private readonly seed: number;

  constructor(sequences: Sequences, sigma: number, seed: number) {
    this.sequences = sequences;
    this.sigma = sigma;
    this.seed = seed;
  }

  predict(request: number): number {
    const truth = outputEnd(this.sequences, request);
    if (this.sigma === 0) return truth;
    return Math.max(1, truth * exp(this.sigma * normal(this.seed, Purpose.prediction, request, 0)));
  }

  learn(): void {}

  save(): null {
    return null;
  }

  restore(): void {}
}
