import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Purpose, uniform } from '../random.ts';
import { cases } from '../testing.ts';
import { Bandit, type BanditRule } from './bandit.ts';

const ruleArb: fc.Arbitrary<BanditRule> = fc.oneof(
  fc.record({ kind: fc.constant('fixed' as const), arm: fc.constantFrom(0, 1) }),
  fc.record({ kind: fc.constant('epsilon-greedy' as const), epsilon: fc.constantFrom(0, 0.3, 1) }),
  fc.record({ kind: fc.constant('ucb' as const), exploration: fc.constantFrom(0, 0.7, Math.SQRT2) }),
  fc.record({
    kind: fc.constant('discounted-ucb' as const),
    exploration: fc.constantFrom(0.3, 1),
    discount: fc.constantFrom(0.6, 0.95),
  }),
);

interface Round {
  readonly context: number;
  readonly arm: number;
  readonly reward: number;
}

/** What a rule may choose after these rounds, worked out from their list: several arms only if they are worth the same. */
function slowChoices(
  rule: BanditRule,
  arms: number,
  rounds: readonly Round[],
  context: number,
  seed: number,
): number[] {
  if (rule.kind === 'fixed') return [rule.arm];
  const own = rounds.filter((r) => r.context === context);
  const weight = (i: number) => (rule.kind === 'discounted-ucb' ? rule.discount ** (own.length - 1 - i) : 1);
  const all = Array.from({ length: arms }, (_, arm) => {
    const mine = own.map((r, i) => ({ ...r, w: weight(i) })).filter((r) => r.arm === arm);
    const n = mine.reduce((sum, r) => sum + r.w, 0);
    return { arm, n, mean: mine.reduce((sum, r) => sum + r.w * r.reward, 0) / n };
  });
  const untried = all.find(({ n }) => n === 0);
  if (untried !== undefined) return [untried.arm];
  if (rule.kind === 'epsilon-greedy' && uniform(seed, Purpose.tuning, rounds.length, 0) < rule.epsilon) {
    return [Math.floor(uniform(seed, Purpose.tuning, rounds.length, 1) * arms)];
  }
  const total = all.reduce((sum, { n }) => sum + n, 0);
  const exploration = rule.kind === 'epsilon-greedy' ? 0 : rule.exploration;
  const value = (a: (typeof all)[0]) => a.mean + exploration * Math.sqrt(Math.max(0, Math.log(total)) / a.n);
  const highest = Math.max(...all.map(value));
  return all.filter((a) => value(a) > highest - 1e-9).map(({ arm }) => arm);
}

describe('a bandit', () => {
  it('chooses what its rule says of the rounds so far, and goes on from a saved state', () => {
    fc.assert(
      fc.property(
        ruleArb,
        fc.integer({ min: 2, max: 4 }),
        fc.array(fc.record({ context: fc.nat(1), reward: fc.double({ min: 0, max: 1, noNaN: true }) }), {
          maxLength: 40,
        }),
        fc.nat(9),
        (rule, arms, plays, seed) => {
          const rounds: Round[] = [];
          let bandit = new Bandit(arms, 2, rule, seed);
          for (const { context, reward } of plays) {
            const arm = bandit.choose(context);
            expect(slowChoices(rule, arms, rounds, context, seed)).toContain(arm);
            bandit.learn(context, arm, reward);
            rounds.push({ context, arm, reward });
            const copy = new Bandit(arms, 2, rule, seed);
            copy.restore(bandit.save());
            bandit = copy;
          }
        },
      ),
      { numRuns: cases },
    );
  });

  it.each<[BanditRule, number]>([
    [{ kind: 'epsilon-greedy', epsilon: 0.1 }, 0.8],
    [{ kind: 'ucb', exploration: Math.SQRT2 }, 0.75],
    [{ kind: 'discounted-ucb', exploration: 0.5, discount: 0.99 }, 0.6],
  ])('finds the better arm of each situation: %o', (rule, share) => {
    const bandit = new Bandit(2, 2, rule, 3);
    let right = 0;
    for (let round = 0; round < 2000; round++) {
      const context = round % 2;
      const arm = bandit.choose(context);
      if (arm === context) right++;
      const chance = arm === context ? 0.8 : 0.5;
      bandit.learn(context, arm, uniform(1, Purpose.acceptance, round, 0) < chance ? 1 : 0);
    }
    expect(right / 2000).toBeGreaterThan(share);
  });

  it('with a fading memory notices that the better arm has changed', () => {
    const lateShare = (rule: BanditRule) => {
      const bandit = new Bandit(2, 1, rule, 3);
      let late = 0;
      for (let round = 0; round < 1400; round++) {
        const arm = bandit.choose(0);
        const better = round < 1000 ? 0 : 1;
        if (round >= 1000 && round < 1400 && arm === better) late++;
        bandit.learn(0, arm, uniform(1, Purpose.acceptance, round, 0) < (arm === better ? 0.7 : 0.4) ? 1 : 0);
      }
      return late / 400;
    };
    const fading = lateShare({ kind: 'discounted-ucb', exploration: 0.5, discount: 0.98 });
    expect(fading).toBeGreaterThan(0.6);
    expect(fading).toBeGreaterThan(lateShare({ kind: 'ucb', exploration: 0.5 }));
  });
});
