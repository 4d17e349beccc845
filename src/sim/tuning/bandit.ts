import { ln } from '../math.ts';
import { Purpose, uniform } from '../random.ts';

/** How a bandit chooses. */
export type BanditRule =
  /** Always the same arm: what the others are measured against. */
  | { readonly kind: 'fixed'; readonly arm: number }
  /** A random arm in a share `epsilon` of the rounds, else the best so far. */
  | { readonly kind: 'epsilon-greedy'; readonly epsilon: number }
  /** The arm that could be best: mean + exploration x sqrt(ln(rounds) / rounds of the arm). With sqrt(2) it is UCB1 (Auer et al. 2002). */
  | { readonly kind: 'ucb'; readonly exploration: number }
  /**
   * The same with a memory that fades: every round all counts and sums of its situation are multiplied by `discount` first
   * (Garivier and Moulines, On Upper-Confidence Bound Policies for Switching Bandit Problems, ALT 2011).
   */
  | { readonly kind: 'discounted-ucb'; readonly exploration: number; readonly discount: number };

/**
 * A bandit with arms 0 .. arms - 1 and rewards between 0 and 1, that learns in each situation (context) by itself. An arm that
 * was never tried in a situation comes first; of equal arms the first. Deterministic: its dice are those of `seed` and the
 * round.
 */
export class Bandit {
  /** Rounds played so far. */
  rounds = 0;
  private readonly arms: number;
  private readonly rule: BanditRule;
  private readonly seed: number;
  /** By situation, then arm: rounds, and the sum of their rewards. */
  private readonly count: Float64Array;
  private readonly sum: Float64Array;

  constructor(arms: number, contexts: number, rule: BanditRule, seed: number) {
    this.arms = arms;
    this.rule = rule;
    this.seed = seed;
    this.count = new Float64Array(arms * contexts);
    this.sum = new Float64Array(arms * contexts);
  }

  /** The arm for the next round. */
  choose(context: number): number {
    const { rule, arms } = this;
    if (rule.kind === 'fixed') return rule.arm;
    const first = context * arms;
    for (let arm = 0; arm < arms; arm++) if (this.count[first + arm] === 0) return arm;
    if (rule.kind !== 'epsilon-greedy') return this.best(first, rule.exploration);
    if (uniform(this.seed, Purpose.tuning, this.rounds, 0) >= rule.epsilon) return this.best(first, 0);
    return Math.floor(uniform(this.seed, Purpose.tuning, this.rounds, 1) * arms);
  }

  /** The round is over. */
  learn(context: number, arm: number, reward: number): void {
    this.rounds++;
    const first = context * this.arms;
    if (this.rule.kind === 'discounted-ucb') {
      for (let i = first; i < first + this.arms; i++) {
        this.count[i] *= this.rule.discount;
        this.sum[i] *= this.rule.discount;
      }
    }
    this.count[first + arm]++;
    this.sum[first + arm] += reward;
  }

  save(): BanditState {
    return { rounds: this.rounds, count: this.count.slice(), sum: this.sum.slice() };
  }

  restore(state: BanditState): void {
    this.rounds = state.rounds;
    this.count.set(state.count);
    this.sum.set(state.sum);
  }

  private best(first: number, exploration: number): number {
    let total = 0;
    for (let arm = 0; arm < this.arms; arm++) total += this.count[first + arm];
    const width = Math.max(0, ln(total));
    let best = 0;
    let highest = Number.NEGATIVE_INFINITY;
    for (let arm = 0; arm < this.arms; arm++) {
      const n = this.count[first + arm];
      const value = this.sum[first + arm] / n + exploration * Math.sqrt(width / n);
      if (value > highest) {
        highest = value;
        best = arm;
      }
    }
    return best;
  }
}

export interface BanditState {
  readonly rounds: number;
  readonly count: Float64Array;
  readonly sum: Float64Array;
}
