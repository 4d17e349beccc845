/** How many tokens requests have: distributions as data, and samplers over them. */

import { exp } from '../sim/math.ts';
import { choose, normal, Purpose, uniform } from '../sim/random.ts';
import type { ImageSpan, Segment } from '../sim/request.ts';

/** A distribution of token counts. Samples are rounded, then limited to `min .. max`. */
export type TokenDistribution =
  | { readonly type: 'fixed'; readonly tokens: number }
  | { readonly type: 'uniform'; readonly min: number; readonly max: number }
  | {
      readonly type: 'normal';
      readonly mean: number;
      readonly deviation: number;
      readonly min: number;
      readonly max: number;
    }
  /** `mu` and `sigma` are of the natural logarithm. */
  | {
      readonly type: 'lognormal';
      readonly mu: number;
      readonly sigma: number;
      readonly min: number;
      readonly max: number;
    };

/** One hump of a joint distribution: lognormal in both lengths, with correlation `rho` between the logarithms. */
export interface Lognormal2d {
  readonly weight: number;
  readonly muIn: number;
  readonly sdIn: number;
  readonly muOut: number;
  readonly sdOut: number;
  readonly rho: number;
}

/** Prompt and output lengths, independent of each other or jointly. */
export type Lengths =
  | { readonly type: 'independent'; readonly prompt: TokenDistribution; readonly output: TokenDistribution }
  | {
      readonly type: 'lognormal2d-mixture';
      readonly components: readonly Lognormal2d[];
      readonly clampIn: readonly [number, number];
      readonly clampOut: readonly [number, number];
    };

/** The part of a request that does not depend on when it arrives. Filled in place: one object serves a whole workload. */
export interface Body {
  promptTokens: number;
  outputTokens: number;
  /** Left out: the prompt shares nothing with other requests. */
  segments?: readonly Segment[];
  /** Left out: the answer is in no later prompt. */
  outputSegment?: number;
  /** Left out: none. */
  images?: readonly ImageSpan[];
  /** Left out: class 0. */
  klass?: number;
  /** Who asks, and how urgently; left out: user 0, priority 0. */
  user?: number;
  priority?: number;
}

/** Fills in the lengths (and shared prompt pieces) of the request number `index`. Same index, same body. */
export type Bodies = (index: number, into: Body) => void;

/** Samples `lengths`. Prompt and output have streams of their own, so that changing one never changes the other. */
export function sampleLengths(lengths: Lengths, seed: number): Bodies {
  if (lengths.type === 'independent') {
    return (index, into) => {
      into.promptTokens = sampleTokens(lengths.prompt, seed, Purpose.prompt, index);
      into.outputTokens = sampleTokens(lengths.output, seed, Purpose.output, index);
    };
  }
  const { components, clampIn, clampOut } = lengths;
  const weights = components.map((c) => c.weight);
  const shares = components.map((c) => Math.sqrt(1 - c.rho * c.rho));
  return (index, into) => {
    const k = choose(uniform(seed, Purpose.prompt, index, 0), weights);
    const c = components[k];
    const a = normal(seed, Purpose.prompt, index, 1);
    const b = c.rho * a + shares[k] * normal(seed, Purpose.output, index, 0);
    into.promptTokens = roundInto(exp(c.muIn + c.sdIn * a), clampIn[0], clampIn[1]);
    into.outputTokens = roundInto(exp(c.muOut + c.sdOut * b), clampOut[0], clampOut[1]);
  };
}

function sampleTokens(of: TokenDistribution, seed: number, purpose: Purpose, index: number): number {
  switch (of.type) {
    case 'fixed':
      return of.tokens;
    case 'uniform':
      return of.min + Math.floor(uniform(seed, purpose, index, 0) * (of.max - of.min + 1));
    case 'normal':
      return roundInto(of.mean + of.deviation * normal(seed, purpose, index, 0), of.min, of.max);
    case 'lognormal':
      return roundInto(exp(of.mu + of.sigma * normal(seed, purpose, index, 0)), of.min, of.max);
  }
}

function roundInto(x: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, Math.floor(x + 0.5)));
}

/** Shortens outputs, then prompts, of `bodies` so that both together have at most `maxTotal` tokens. */
export function fitBodies(bodies: Bodies, maxTotal: number): Bodies {
  return (index, into) => {
    bodies(index, into);
    into.outputTokens = Math.max(1, Math.min(into.outputTokens, maxTotal - 1));
    into.promptTokens = Math.max(1, Math.min(into.promptTokens, maxTotal - into.outputTokens));
  };
}
