import type { Sequences } from '../../sequences.ts';
import { LearnedPredictor } from './learned.ts';
import { NoisyPredictor } from './noisy.ts';

/** What is known of output lengths before they are there. */
export interface PredictionConfig {
  /** `none` knows nothing, `oracle` the truth, `noisy` the truth with an error, `learned` what finished requests have shown. */
  readonly kind: 'none' | 'oracle' | 'noisy' | 'learned';
  /** `noisy`: deviation of the natural logarithm of prediction / truth. 0.5 is off by a factor of 1.65 in a third of the cases. */
  readonly sigma: number;
  readonly seed: number;
}

/** Predicts how many tokens a request will generate, when it arrives. */
export interface LengthPredictor {
  /** Tokens, at least 1; not whole. */
  predict(request: number): number;
  /** A request has ended by itself, with that many tokens. Requests that were given up teach nothing: nobody saw their end. */
  learn(request: number, outputTokens: number): void;
  save(): unknown;
  restore(state: unknown): void;
}

/** The predictor of a configuration; null = none. */
export function createPredictor({ kind, sigma, seed }: PredictionConfig, sequences: Sequences): LengthPredictor | null {
  switch (kind) {
    case 'none':
      return null;
    case 'oracle':
      return new NoisyPredictor(sequences, 0, seed);
    case 'noisy':
      return new NoisyPredictor(sequences, sigma, seed);
    case 'learned':
      return new LearnedPredictor(sequences.requests);
  }
}
