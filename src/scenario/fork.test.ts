import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstDifference } from '../sim/first-difference.ts';
import { Run } from '../sim/run.ts';
import { Simulation } from '../sim/simulation.ts';
import { type Built, build } from './build.ts';
import { buildFork, fixedDifferences } from './fork.ts';
import type { Knobs, KnobValue } from './knobs.ts';
import { presetOf } from './presets.ts';
import { withValue } from './value.ts';
import { withEngine } from './with-engine.ts';

/** With a pool that does not follow from the knobs that change. */
const chat: Knobs = {
  ...presetOf('azure-chat-x3').knobs,
  requests: 300,
  'kv-tokens': 400_000,
  'max-model-len': 16_384,
};
const changed = (base: Knobs, name: string, value: KnobValue) => withValue(base, name, value);

function runOf({ config, source, cost, device }: Built) {
  const run = new Run(config, source, cost, device.peakFlops);
  run.advance(Number.POSITIVE_INFINITY);
  return {
    run,
    account: run.account(),
    replay: { simulation: new Simulation(config, source, cost), snapshots: run.snapshots },
  };
}

function built(knobs: Knobs): Built {
  const result = build(knobs);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

function forked(knobs: Knobs, base: Knobs, step: number) {
  const result = buildFork(knobs, { base, step });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

const changes = [
  ['max-num-batched-tokens', 256],
  ['max-num-batched-tokens', 8192],
  ['max-num-seqs', 8],
  ['long-prefill-token-threshold', 128],
  ['queue-order', 'longest-prefix'],
] as const;

describe('a fork', () => {
  for (const [name, value] of changes) {
    it(`${name}=${value}: at the first step it is the other run, after the last one it changes nothing`, () => {
      const knobs = changed(chat, name, value);
      const [before, after] = [runOf(built(chat)), runOf(built(knobs))];
      const first = forked(knobs, chat, 0);
      expect(first.isFromStep).toBe(true);
      expect(runOf(first).account.fingerprint).toBe(after.account.fingerprint);
      const never = forked(knobs, chat, before.account.summary.steps);
      expect(runOf(never).account.fingerprint).toBe(before.account.fingerprint);
    });
  }

  it('is the same as its base up to the step, at least, and differs by the knob from then on', () => {
    const knobs = changed(chat, 'max-num-batched-tokens', 128);
    const base = runOf(built(chat));
    for (const step of [1, 300, 900]) {
      const branch = runOf(forked(knobs, chat, step));
      const difference = firstDifference(base.replay, branch.replay);
      expect(difference?.step).toBeGreaterThanOrEqual(step);
      // Somebody has a prompt above 128 tokens soon after.
      expect(difference?.step).toBeLessThan(step + 200);
    }
  });

  it('ends every request for generated changes at generated steps, and can be looked at again anywhere', () => {
    const engineArb = fc.constantFrom('vllm', 'sarathi', 'fastgen');
    fc.assert(
      fc.property(
        engineArb,
        fc.constantFrom(...changes),
        fc.integer({ min: 0, max: 900 }),
        (engine, [name, value], step) => {
          const base = { ...withEngine(chat, engine), requests: 80, 'kv-tokens': 12_000, 'max-model-len': 4096 };
          const fork = forked(changed(base, name, value), base, step);
          const { account, run } = runOf(fork);
          expect(account.summary.finished + account.summary.rejected).toBe(80);
          // A state from before the change knows what comes.
          const again = new Simulation(fork.config, fork.source, fork.cost);
          for (const snapshot of run.snapshots.all.slice(0, 3)) {
            again.restore(snapshot);
            while (again.next());
            expect([again.steps, again.nowUs]).toEqual([account.summary.steps, account.summary.durationUs]);
          }
        },
      ),
      { numRuns: 12 },
    );
  }, 120_000);

  it('is a whole run under the new knobs where they cannot change while the engine runs', () => {
    const other = withEngine(chat, 'sglang');
    expect(fixedDifferences(chat, other)).toContain('engine');
    expect(forked(other, chat, 500).isFromStep).toBe(false);
    expect(forked(changed(chat, 'gpu-memory-utilization', 0.5), chat, 500).isFromStep).toBe(false);
    // A static batch is what it was begun as.
    const batch = presetOf('static-against-continuous').knobs;
    expect(forked(changed(batch, 'max-num-seqs', 4), batch, 5).isFromStep).toBe(false);
  });
});

it('keeps the pool that was laid out before', () => {
  const base = { ...chat, 'kv-tokens': 0 };
  const knobs = changed(base, 'max-num-batched-tokens', 16_384);
  expect(built(knobs).config.numBlocks).toBeLessThan(built(base).config.numBlocks);
  const fork = forked(knobs, base, 100);
  expect(fork.isFromStep).toBe(true);
  expect(fork.config.numBlocks).toBe(built(base).config.numBlocks);
  expect(fork.facts.blocks).toBe(built(base).facts.blocks);
});

describe('the first difference', () => {
  it('is none between equal runs, and found by a comparison of all steps', () => {
    const [a, b] = [runOf(built(chat)), runOf(built({ ...chat, requests: 300 }))];
    expect(firstDifference(a.replay, b.replay)).toBeNull();
    for (const budget of [64, 512, 1500]) {
      const other = runOf(built(changed(chat, 'max-num-batched-tokens', budget)));
      expect(firstDifference(a.replay, other.replay)).toEqual(
        slowDifference(built(chat), built(changed(chat, 'max-num-batched-tokens', budget))),
      );
    }
  });
});

/** From the beginning, with everything about a step as a text. */
function slowDifference(first: Built, second: Built) {
  const sides = [first, second].map(({ config, source, cost }) => new Simulation(config, source, cost));
  for (const side of sides) side.engine.policy.watch(true);
  for (;;) {
    const steps = sides.map((side) => (side.next() ? side.lastBatch : null));
    if (steps.every((step) => step === null)) return null;
    const texts = steps.map((batch) =>
      batch === null
        ? ''
        : [
            batch.startUs,
            batch.endUs,
            ...[batch.request, batch.tokens, batch.flags].map((column) => column.slice(0, batch.count)),
          ].join(),
    );
    if (texts[0] === texts[1]) continue;
    const there = steps.flatMap((batch) => (batch === null ? [] : [batch]));
    return { step: there[0].step, timeUs: Math.min(...there.map((batch) => batch.startUs)) };
  }
}
