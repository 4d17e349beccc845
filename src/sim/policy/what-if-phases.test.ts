/** Drafts and images in engines that have none: every policy by itself, and generated runs of all of them. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultEngineConfig, type EngineConfig } from '../engine-config.ts';
import { expectGoesOn } from '../goes-on-testing.ts';
import type { SpeculationConfig } from '../phase/speculation.ts';
import { type ImageSpan, type RequestSpec, Status } from '../request.ts';
import { Simulation } from '../simulation.ts';
import {
  assert,
  cases,
  checkEnd,
  checkInvariants,
  disturb,
  disturbancesArb,
  openSource,
  runsOf,
  toyCost,
  watchOwnership,
  whatIfPolicies,
} from '../testing.ts';

const drafts = (tokens: number, acceptanceRate: number): SpeculationConfig => ({
  method: 'draft_model',
  tokens,
  parallelDrafting: false,
  acceptanceRate,
  seed: 1,
});

function configOf(policy: string, change: Partial<EngineConfig> = {}): EngineConfig {
  return {
    ...defaultEngineConfig(1 + 250),
    policy,
    memory: policy === 'deepspeed' ? 'own' : 'paged',
    blockSize: 4,
    maxModelLen: 400,
    maxNumSeqs: 8,
    asyncScheduling: false,
    batchesInFlight: 1,
    enablePrefixCaching: false,
    staticBatchSize: 2,
    staticTimeoutUs: 0,
    settings: policy === 'deepspeed' ? { maxOutTokens: 400 } : {},
    ...change,
  };
}

const prompt = (promptTokens: number, outputTokens: number, images: readonly ImageSpan[] = []): RequestSpec => ({
  arrivalUs: 0,
  promptTokens,
  outputTokens,
  ...(images.length > 0 ? { images } : {}),
});

interface Step {
  readonly entries: readonly (readonly [request: number, tokens: number, computed: number])[];
  readonly shape: { tokens: number; decodes: number; drafts: number; drafters: number; context: number };
  readonly windows: number;
}

/** What every step computes, until the end. */
function stepsOf(config: EngineConfig, specs: readonly RequestSpec[]) {
  const simulation = new Simulation(config, openSource(specs), toyCost);
  const steps: Step[] = [];
  while (simulation.next()) {
    const { count, request, tokens, computed, shape } = simulation.lastBatch;
    if (count === 0) continue;
    steps.push({
      entries: Array.from({ length: count }, (_, i) => [request[i], tokens[i], computed[i]] as const),
      shape: {
        tokens: shape.tokens,
        decodes: shape.decodes,
        drafts: shape.drafts,
        drafters: shape.drafters,
        context: shape.decodeContextMax,
      },
      windows: shape.imageWindows,
    });
  }
  const { sequences } = simulation.engine;
  return { steps, simulation, generated: specs.map((_, r) => sequences.generated[r]) };
}

const all = [...whatIfPolicies];

describe.each(all)('drafts in %s', (policy) => {
  it('give four tokens a step if all three are right, and go no further than the output', () => {
    const { steps, generated } = stepsOf(configOf(policy, { speculation: drafts(3, 1) }), [prompt(10, 10)]);
    // A token with the prompt, then 4 + 4, then the last with no drafts beside it.
    expect(steps.map(({ entries }) => entries)).toEqual([[[0, 10, 0]], [[0, 4, 10]], [[0, 4, 14]], [[0, 1, 18]]]);
    expect(generated).toEqual([10]);
    expect(steps[1].shape).toEqual({ tokens: 4, decodes: 1, drafts: 3, drafters: 1, context: 14 });
    expect(steps[0].shape).toMatchObject({ drafts: 0, drafters: 1 });
  });

  it('change no decision if none is right and there is room', () => {
    const specs = [prompt(30, 12), prompt(40, 7), prompt(20, 9), prompt(70, 4)];
    const who = (speculation: SpeculationConfig | null) =>
      stepsOf(configOf(policy, { speculation }), specs).steps.map(({ entries }) =>
        entries.map(([request, , computed]) => [request, computed]),
      );
    // Idle rows of static batches count what they would have computed; nobody else has any.
    expect(who(drafts(5, 0))).toEqual(who(null));
  });
});

describe('memory of drafts', () => {
  it('is a victim’s if need be, and else as much as there is', () => {
    // 10 blocks of 4: 16 + 12 tokens with their prompts, in 7 blocks.
    const config = (change: Partial<EngineConfig>) =>
      configOf('orca', { numBlocks: 11, maxModelLen: 40, watermark: 0, ...change });
    const specs = [prompt(16, 20), prompt(12, 20)];
    // Without drafts each has a block to itself until the pool is full: nine tokens, in ten blocks.
    const plain = stepsOf(config({}), specs);
    const drafted = stepsOf(config({ speculation: drafts(7, 0) }), specs);
    const first = (run: typeof plain) => run.steps.findIndex(({ entries }) => entries.length === 1);
    expect(first(plain)).toBeGreaterThan(first(drafted));
    // Both begin with one block free of two that the first one's eight tokens take.
    expect(drafted.steps[1].entries).toEqual([
      [0, 8, 16],
      [1, 4, 12],
    ]);
    expect(drafted.generated).toEqual([20, 20]);
    expect(drafted.simulation.preemptions).toBeGreaterThan(0);
  });

  it('of a sequence that has the whole pool ends with it', () => {
    const config = configOf('orca', { numBlocks: 6, maxModelLen: 20, speculation: drafts(7, 0) });
    const { steps, generated } = stepsOf(config, [prompt(10, 10)]);
    // 20 places: none of its decodes goes beyond the 19 tokens that are ever stored.
    expect(steps.slice(1).map(({ entries }) => entries[0])).toEqual(
      [10, 11, 12, 13, 14, 15, 16, 17, 18].map((before) => [0, Math.min(8, 19 - before), before]),
    );
    expect(generated).toEqual([10]);
  });

  it('in FastGen is what the budget and the blocks leave when everybody has a token', () => {
    const config = configOf('fastgen', {
      maxNumBatchedTokens: 20,
      maxNumScheduledTokens: 20,
      speculation: drafts(15, 0),
    });
    const { steps } = stepsOf(config, [prompt(6, 30), prompt(5, 30), prompt(4, 30)]);
    expect(steps[1].entries).toEqual([
      [0, 16, 6],
      [1, 3, 5],
      [2, 1, 4],
    ]);
  });
});

describe('drafts in padded batches', () => {
  it('advance each row by its own, in a tensor as long as the longest', () => {
    const { steps, generated } = stepsOf(configOf('static', { speculation: drafts(3, 1) }), [
      prompt(10, 2),
      prompt(6, 14),
    ]);
    expect(generated).toEqual([2, 14]);
    expect(steps.map(({ entries }) => entries)).toEqual([
      [
        [0, 10, 0],
        [1, 6, 0],
      ],
      // The first row has one token to go: it has no use for drafts, and is padded to the other's.
      [
        [0, 1, 10],
        [1, 4, 6],
      ],
      [
        [0, 4, 11],
        [1, 4, 10],
      ],
      [
        [0, 4, 11],
        [1, 4, 14],
      ],
      // One token is left; its row is 10 + 12 + 1 places long.
      [
        [0, 1, 11],
        [1, 1, 18],
      ],
    ]);
    expect(steps.map(({ shape }) => [shape.tokens, shape.drafts, shape.context])).toEqual([
      [20, 0, 0],
      [8, 6, 14],
      [8, 6, 18],
      [8, 6, 22],
      [2, 0, 23],
    ]);
  });
});

const pictures: readonly ImageSpan[] = [
  { position: 4, tokens: 10, hash: 1 },
  { position: 20, tokens: 30, hash: 2 },
];
const encoder = { budget: 0, cacheSize: 0, disableChunkedInput: false, imageWindow: 8 };

it.each([...all, 'tgi', 'tgi-2023', 'llama-cpp'])(
  'images in %s are encoded once, when their first token is computed',
  (policy) => {
    const isOfTokens = policy === 'tgi-2023' || policy === 'llama-cpp';
    const config = configOf(policy, {
      encoder,
      memory: ['tgi', 'tgi-2023', 'llama-cpp', 'deepspeed'].includes(policy) ? 'own' : 'paged',
      ...(isOfTokens ? { blockSize: 1, numBlocks: 1001 } : {}),
      maxNumBatchedTokens: 24,
      maxNumScheduledTokens: 24,
      maxModelLen: 100,
    });
    const { steps, generated } = stepsOf(config, [prompt(60, 3, pictures)]);
    if (policy === 'tgi-2023') return expect(generated).toEqual([0]);
    expect(generated).toEqual([3]);
    // Windows of 8: two for 10 tokens, four for 30. A prompt in pieces of 24 touches both at once.
    const windows = steps.map((step) => step.windows);
    expect(windows.filter((count) => count > 0)).toEqual([6]);
    expect(windows[0]).toBe(6);
  },
);

it('images of a chunked prompt are encoded where they begin, and again after a preemption', () => {
  const config = configOf('sarathi', { encoder, maxNumBatchedTokens: 12, maxNumScheduledTokens: 12 });
  const { steps } = stepsOf(config, [prompt(60, 1, pictures)]);
  expect(steps.map((step) => step.windows)).toEqual([2, 4, 0, 0, 0]);
});

describe('any run with drafts or images', () => {
  const arb = runsOf(...whatIfPolicies).filter(({ config }) => config.speculation !== null || config.encoder !== null);

  it('conserves blocks and loses nobody, after every step', () => {
    const seen = { right: 0, wrong: 0, preemptions: 0, images: 0 };
    fc.assert(
      fc.property(arb, disturbancesArb, ({ requests, config }, disturbances) => {
        const simulation = new Simulation(config, openSource(requests), toyCost);
        const { sequences } = simulation.engine;
        const ownership = watchOwnership(simulation);
        const before = new Map<number, number>();
        do {
          for (const [request, generated] of before) {
            const more = sequences.generated[request] - generated;
            if (more > 1) seen.right++;
            else seen.wrong++;
          }
          before.clear();
          disturb(simulation, disturbances);
          checkInvariants(simulation, ownership);
          if (simulation.steps === 0) continue;
          const batch = simulation.lastBatch;
          seen.images += batch.shape.imageWindows + batch.shape.audioWindows;
          for (let i = 0; i < batch.count; i++) {
            if (batch.drafts[i] > 0) before.set(batch.request[i], sequences.generated[batch.request[i]]);
            // Nobody's drafts are stored beyond what it may come to.
            const request = batch.request[i];
            const places = sequences.requests.promptTokens[request] + sequences.outputLimit[request];
            assert(sequences.computed[request] < places, () => `request ${request} has more than it may come to`);
          }
        } while (simulation.next());
        checkEnd(simulation, ownership);
        seen.preemptions += simulation.preemptions;
      }),
      { numRuns: 4 * cases },
    );
    // The runs are worth something only if the rules had their turn.
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(20);
  });

  it('encodes every image once where nothing is cached and nobody is preempted', () => {
    let encoded = 0;
    fc.assert(
      fc.property(
        runsOf(...whatIfPolicies, 'tgi', 'tgi-2023', 'sglang').filter(({ config }) => config.encoder !== null),
        ({ requests, config }) => {
          const simulation = new Simulation({ ...config, enablePrefixCaching: false }, openSource(requests), toyCost);
          let windows = 0;
          while (simulation.next()) {
            const { imageWindows, audioWindows } = simulation.lastBatch.shape;
            windows += imageWindows + audioWindows;
          }
          const { sequences } = simulation.engine;
          const { imageWindow = 1, audioWindow = 1 } = config.encoder ?? {};
          let expected = 0;
          for (const [request, items] of sequences.requests.images) {
            if (sequences.status[request] !== Status.finished) continue;
            for (const { tokens, kind } of items)
              expected += Math.ceil(tokens / (kind === 'audio' ? audioWindow : imageWindow));
          }
          if (simulation.preemptions > 0) expect(windows).toBeGreaterThanOrEqual(expected);
          else expect(windows).toBe(expected);
          encoded += expected;
        },
      ),
      { numRuns: cases },
    );
    expect(encoded).toBeGreaterThan(100);
  });

  it('goes on from a saved state as if nothing had happened', () => {
    expectGoesOn(arb, Math.ceil(cases / 3), ({ nowUs, engine }) => ({ nowUs, policy: engine.policy.save() }));
  });
});
