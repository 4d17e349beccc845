import { describe, expect, it } from 'vitest';
import { EntryFlag } from '../batch.ts';
import { Because, DecisionKind } from '../decision.ts';
import { defaultEngineConfig, type EngineConfig } from '../engine-config.ts';
import { RadixMemory } from '../memory/radix-memory.ts';
import type { SpeculationConfig } from '../phase/speculation.ts';
import { PLACEHOLDER_SEGMENT, type RequestSpec, Status } from '../request.ts';
import { Simulation } from '../simulation.ts';
import { openSource, toyCost } from '../testing.ts';
import { NewTokenRatio } from './sglang/new-token-ratio.ts';
import { AddResult, PrefillAdder } from './sglang/prefill-adder.ts';
import { retractionOrder } from './sglang/retraction.ts';
import { type SglangSettings, sglangDefaults } from './sglang/settings.ts';
import { treeSpeculation } from './sglang/speculation.ts';
import { SglangPolicy } from './sglang.ts';

function configOf(
  places: number,
  settings: Partial<SglangSettings> = {},
  config: Partial<EngineConfig> = {},
): EngineConfig {
  return {
    ...defaultEngineConfig(1 + places),
    policy: 'sglang',
    settings: { ...sglangDefaults, ...settings },
    memory: 'own',
    blockSize: 1,
    maxModelLen: 100_000,
    maxNumSeqs: 100,
    asyncScheduling: false,
    batchesInFlight: 1,
    ...config,
  };
}

/** A simulation with its own policy and memory, by their types. */
function start(config: EngineConfig, specs: readonly RequestSpec[]) {
  const simulation = new Simulation(config, openSource(specs), toyCost);
  const { policy, memory, sequences } = simulation.engine;
  if (!(policy instanceof SglangPolicy && memory instanceof RadixMemory)) throw new Error('not SGLang');
  return { simulation, policy, memory, sequences };
}

/** Entries of the batch launched last: request and tokens. */
function entries({ lastBatch }: Simulation): [number, number][] {
  return Array.from({ length: lastBatch.count }, (_, i) => [lastBatch.request[i], lastBatch.tokens[i]]);
}

const prompt = (arrivalUs: number, promptTokens: number, outputTokens: number, more: Partial<RequestSpec> = {}) => ({
  arrivalUs,
  promptTokens,
  outputTokens,
  ...more,
});

/** An adder over a pool of which nothing is used, for requests of these outputs; the first `running` of them run. */
function adderFor(places: number, outputs: readonly number[], running: number, ratio: number) {
  const specs = outputs.map((tokens) => prompt(0, 10, tokens));
  const { memory, sequences } = start(configOf(places), specs);
  outputs.forEach((tokens, request) => {
    sequences.arrive(request, tokens);
  });
  const context = { sequences, memory, settings: sglangDefaults };
  const adder = new PrefillAdder(context, [...outputs.keys()].slice(0, running), ratio, 0);
  const offer = (request: number) => adder.add(request, memory.findHit(request));
  return { adder, offer, memory, sequences };
}

describe('admission of SGLang', () => {
  it('passes nobody over: if the first does not fit, the second that would is not admitted either', () => {
    const runs = prompt(0, 10, 100);
    const { simulation, policy } = start(configOf(200), [runs, prompt(1, 60, 100), prompt(1, 5, 5)]);
    simulation.next();
    simulation.next();
    expect(entries(simulation)).toEqual([[0, 1]]);
    expect(policy.waiting()).toEqual([1, 2]);
    const { decisions } = simulation.engine;
    expect([decisions.kind[0], decisions.request[0]]).toEqual([DecisionKind.hold, 1]);
    // 200 slots, 10 of them taken, and 0.7 of the 99 tokens to come: 160 tokens are not less than 120.7.
    expect([decisions.because[0], decisions.need[0], decisions.have[0]]).toEqual([Because.tokensReserved, 160, 120]);
    simulation.next();
    expect([decisions.kind[0], decisions.because[0]]).toEqual([DecisionKind.hold, Because.latchedTokens]);
  });

  it('reserves all output of a new request, and a share of that of a running one, neither beyond 4096 tokens', () => {
    const fresh = adderFor(50_000, [10_000], 0, 0.5);
    expect(fresh.adder.remTotal).toBe(50_000);
    expect(fresh.offer(0)).toBe(AddResult.goOn);
    expect(fresh.adder.remTotal).toBe(50_000 - 10 - 4096);
    expect(fresh.adder.currentRem).toBe(50_000 - 10);
    const other = adderFor(50_000, [10_000], 1, 0.5);
    expect(other.adder.remTotal).toBe(50_000 - 4096 * 0.5);
  });

  it('looks again at what is left when the prefix of a request cannot be evicted any more', () => {
    const shared = { segments: [{ segment: 1, offset: 0, length: 100 }] };
    const { memory, sequences } = start(configOf(120), [prompt(0, 100, 20, shared), prompt(0, 100, 19, shared)]);
    sequences.arrive(0, 20);
    sequences.arrive(1, 19);
    const slots = memory.pool.take(100);
    if (slots !== null) memory.tree?.insert(memory.tokens.first(0, 100), slots);
    // 120 tokens are free or could be; 21 are while the 99 that a request hits are locked.
    const adder = new PrefillAdder({ sequences, memory, settings: sglangDefaults }, [], 1, 0);
    expect(adder.remTotal).toBe(120);
    expect(adder.add(0, memory.findHit(0))).toBe(AddResult.noToken);
    expect([adder.failure.need, adder.failure.have]).toEqual([21, 21]);
    expect(memory.protected).toBe(0);
    expect(adder.add(1, memory.findHit(1))).toBe(AddResult.goOn);
    expect(memory.protected).toBe(99);
  });

  it('goes on with a cut prompt within what is free, and with a whole chunk where nothing is', () => {
    const taken = (free: number, chunkedPrefillSize: number) => {
      const { memory, sequences } = start(configOf(100), [prompt(0, 10, 50), prompt(0, 40, 1)]);
      sequences.arrive(0, 50);
      sequences.arrive(1, 1);
      memory.pool.take(100 - free);
      // 50 tokens are reserved for the running request.
      const settings = { ...sglangDefaults, chunkedPrefillSize };
      const adder = new PrefillAdder({ sequences, memory, settings }, [0], 1, 0);
      const isCut = adder.addChunked(1);
      return [adder.extends[0], isCut];
    };
    expect(taken(80, 20)).toEqual([20, true]);
    expect(taken(62, 20)).toEqual([12, true]);
    expect(taken(50, 20)).toEqual([20, true]);
    expect(taken(100, 64)).toEqual([40, false]);
  });

  it('cuts one prompt at a time, and begins no other beside it', () => {
    const specs = [prompt(0, 150, 5), prompt(0, 150, 5)];
    const { simulation, policy } = start(configOf(2000, { chunkedPrefillSize: 100 }), specs);
    const seen: unknown[] = [];
    for (let step = 0; step < 4 && simulation.next(); step++) seen.push([entries(simulation), policy.chunkedRequest]);
    expect(seen).toEqual([
      [[[0, 100]], 0],
      [
        [
          [0, 50],
          [1, 50],
        ],
        1,
      ],
      [[[1, 100]], -1],
      [
        [
          [0, 1],
          [1, 1],
        ],
        -1,
      ],
    ]);
  });

  it('computes prompts before decodes, or both at once with mixed chunks', () => {
    const specs = [prompt(0, 10, 50), prompt(1500, 10, 5)];
    const seen = [false, true].map((enableMixedChunk) => {
      const { simulation } = start(configOf(500, { enableMixedChunk }), specs);
      for (let step = 0; step < 3; step++) simulation.next();
      return entries(simulation);
    });
    expect(seen).toEqual([
      [[1, 10]],
      [
        [1, 10],
        [0, 1],
      ],
    ]);
  });

  it('admits only what is sure to end, where requests say how long they are and nothing is cached', () => {
    const specs = [prompt(0, 10, 60), prompt(0, 10, 60)];
    const together = (places: number, ignoreEos: boolean) => {
      const config = configOf(places, { ignoreEos }, { enablePrefixCaching: false });
      const { simulation } = start(config, specs);
      simulation.next();
      return entries(simulation).length;
    };
    // Both prompts, and 60 tokens of each at the end: 140 slots and one a sequence to spare.
    expect([142, 143].map((places) => together(places, true))).toEqual([1, 2]);
    expect(together(141, false)).toBe(2);
  });
});

describe('the estimate of SGLang', () => {
  it('falls from 0.7 to 0.098 in 600 decode steps, and stays', () => {
    const ratio = new NewTokenRatio(1);
    expect(ratio.value).toBe(0.7);
    for (let step = 0; step < 600; step++) ratio.decay();
    expect(ratio.value).toBeCloseTo(0.098, 12);
    ratio.decay();
    expect(ratio.value).toBe(ratio.least);
    ratio.reset();
    expect(ratio.value).toBe(0.7);
    expect(new NewTokenRatio(2).value).toBe(1);
  });

  it('is made anew when nothing runs', () => {
    const specs = [prompt(0, 10, 20), prompt(1_000_000, 10, 20)];
    const { simulation, policy } = start(configOf(200), specs);
    const ratios: number[] = [];
    while (simulation.next()) ratios.push(policy.ratio.value);
    expect(ratios[19]).toBeLessThan(0.69);
    expect(ratios[20]).toBe(0.7);
  });
});

describe('retraction', () => {
  it('takes the request with the least output first, and of equal ones that with the longest prompt', () => {
    const specs = [prompt(0, 500, 9), prompt(0, 100, 9), prompt(0, 50, 9), prompt(0, 70, 9)];
    const { sequences } = start(configOf(1000), specs);
    sequences.generated.set([3, 10, 3, 3]);
    expect(retractionOrder([0, 1, 2, 3], sequences, false).toReversed()).toEqual([0, 3, 2, 1]);
    // Of ties the one that stands later.
    sequences.generated.set([3, 3, 3, 3]);
    sequences.requests.promptTokens.fill(50);
    expect(retractionOrder([2, 0, 3, 1], sequences, false).toReversed()).toEqual([1, 3, 0, 2]);
  });

  it('lets the victim compute again what the tree has lost, keeps its output, and raises the estimate', () => {
    const specs = [prompt(0, 20, 60), prompt(0, 30, 60)];
    const { simulation, policy, sequences } = start(configOf(115, { scheduleConservativeness: 0.05 }), specs);
    let before = 0;
    while (simulation.preemptions === 0) {
      before = sequences.generated[1];
      if (!simulation.next()) throw new Error('nobody was retracted');
    }
    const { decisions } = simulation.engine;
    expect([decisions.kind[0], decisions.request[0], decisions.because[0]]).toEqual([
      DecisionKind.preempt,
      1,
      Because.decodeRoom,
    ]);
    expect(sequences.status[1]).toBe(Status.preempted);
    expect(sequences.generated[1]).toBe(before + 1);
    expect(policy.waiting()).toEqual([1]);
    expect(policy.ratio.value).toBeCloseTo((sequences.generated[0] + 20) / 61, 9);
    while (simulation.next());
    expect([sequences.generated[0], sequences.generated[1]]).toEqual([60, 60]);
  });
});

describe('overlap', () => {
  it('sees the end of a request a step late: one row and one slot for nothing', () => {
    const rows = [false, true].map((asyncScheduling) => {
      const config = configOf(200, {}, { asyncScheduling, batchesInFlight: asyncScheduling ? 2 : 1 });
      const { simulation, memory } = start(config, [prompt(0, 10, 5)]);
      let tokens = 0;
      while (simulation.next()) tokens += simulation.lastBatch.decodeTokens;
      return [tokens, memory.evictable];
    });
    expect(rows).toEqual([
      [4, 14],
      [5, 15],
    ]);
  });

  it('throws the token away that a retracted request has in flight', () => {
    const specs = [prompt(0, 20, 60), prompt(0, 30, 60)];
    const settings = { scheduleConservativeness: 0.05 };
    const { simulation, sequences } = start(
      configOf(115, settings, { asyncScheduling: true, batchesInFlight: 2 }),
      specs,
    );
    while (simulation.preemptions === 0 && simulation.next());
    const kept = sequences.generated[1];
    simulation.next();
    expect(sequences.generated[1]).toBe(kept);
    while (simulation.next());
    expect(sequences.generated[1]).toBe(60);
  });
});

describe('the radix cache of SGLang', () => {
  const shared = { segments: [{ segment: 1, offset: 0, length: 50 }] };

  it('has a prompt as soon as it is computed, all but its last token for one that is the same', () => {
    const specs = [prompt(0, 50, 100, shared), prompt(3000, 50, 5, shared)];
    const { simulation, sequences } = start(configOf(500), specs);
    while (simulation.next()) if (simulation.lastBatch.hitTokens > 0) break;
    expect(simulation.lastBatch.hitTokens).toBe(49);
    expect(entries(simulation)).toEqual([[1, 1]]);
    expect(sequences.status[0]).toBe(Status.running);
  });

  it('is not there when it is switched off', () => {
    const specs = [prompt(0, 50, 100, shared), prompt(3000, 50, 5, shared)];
    const { simulation, memory } = start(configOf(500, {}, { enablePrefixCaching: false }), specs);
    let hits = 0;
    while (simulation.next()) hits += simulation.lastBatch.hitTokens;
    expect([hits, memory.evictable, memory.available]).toEqual([0, 0, 500]);
  });

  it('lets the first of several requests with one new prefix compute it for the others, under longest prefix first', () => {
    const own = (segment: number) => ({ segments: [...shared.segments, { segment, offset: 0, length: 10 }] });
    const specs = [prompt(0, 60, 5, own(11)), prompt(0, 60, 5, own(12)), prompt(0, 30, 5)];
    const { simulation } = start(configOf(90, { schedulePolicy: 'lpm' }), specs);
    simulation.next();
    // There is room for two; the one that waits is the second with the prefix.
    expect(entries(simulation)).toEqual([[0, 60]]);
  });
});

describe('priorities', () => {
  const settings = { enablePriorityScheduling: true, scheduleLowPriorityValuesFirst: true };
  const seats = { maxNumSeqs: 2 };
  const specs = [
    prompt(0, 10, 200, { priority: 30 }),
    prompt(0, 10, 200, { priority: 20 }),
    prompt(5000, 10, 5, { priority: 15 }),
    prompt(5000, 10, 5, { priority: 1 }),
  ];

  it('preempt who is less important by more than the threshold, the least important first', () => {
    const { simulation, policy } = start(configOf(1000, settings, seats), specs);
    simulation.next();
    while (simulation.lastBatch.prefillTokens === 0 || simulation.steps === 1) simulation.next();
    const { decisions } = simulation.engine;
    const taken = Array.from({ length: decisions.count }, (_, i) => i)
      .filter((i) => decisions.kind[i] === DecisionKind.preempt)
      .map((i) => [decisions.request[i], decisions.other[i], decisions.because[i]]);
    // 1 against 30 and 20; for 15 nobody is left that differs by more than 10.
    expect(taken).toEqual([[0, 3, Because.moreImportant]]);
    expect(entries(simulation)).toEqual([[3, 10]]);
    expect(policy.waiting()).toEqual([2, 0]);
  });

  it('only order the queue when nobody differs by more than the threshold', () => {
    const calm = { ...settings, prioritySchedulingPreemptionThreshold: 100 };
    const { simulation, policy } = start(configOf(1000, calm, seats), specs);
    for (let step = 0; step < 10; step++) simulation.next();
    expect(simulation.preemptions).toBe(0);
    expect(policy.waiting()).toEqual([3, 2]);
  });
});

describe('lengths', () => {
  it('leave some tokens of pool and context to spare', () => {
    const { simulation, sequences } = start(configOf(100, {}, { maxModelLen: 80 }), [
      prompt(0, 74, 50),
      prompt(0, 75, 50),
    ]);
    while (simulation.next());
    expect(sequences.status[1]).toBe(Status.rejected);
    expect(sequences.generated[0]).toBe(80 - 2 - 74);
  });

  it('let the largest request through that is taken', () => {
    for (const blockSize of [1, 16]) {
      const config = configOf(128 / blockSize, { ignoreEos: true }, { blockSize, enablePrefixCaching: false });
      const { simulation, sequences } = start(config, [prompt(0, 3, 1000)]);
      while (simulation.next());
      expect(sequences.status[0]).toBe(Status.finished);
    }
  });
});

describe('speculative decoding of SGLang', () => {
  const speculation = (tokens: number, acceptanceRate: number): SpeculationConfig => ({
    method: 'eagle',
    tokens,
    parallelDrafting: false,
    acceptanceRate,
    seed: 1,
  });

  it('asks for slots of all branches or of all verified tokens, in whole pages', () => {
    const tree = (steps: number, topk: number, verified: number, blockSize = 1) =>
      treeSpeculation(configOf(320, {}, { speculation: speculation(steps, 1), blockSize }), {
        ...sglangDefaults,
        speculativeEagleTopk: topk,
        speculativeNumDraftTokens: verified,
      });
    expect(tree(5, 4, 8)).toEqual({ depth: 5, drafts: 7, slots: 20 });
    expect(tree(5, 4, 8, 16)).toEqual({ depth: 5, drafts: 7, slots: 128 });
    // A chain is verified whole, whatever is set.
    expect(tree(3, 1, 8)).toEqual({ depth: 3, drafts: 3, slots: 4 });
    expect(tree(16, 1, 8, 16)).toEqual({ depth: 16, drafts: 16, slots: 32 });
    // A tree of which little is verified cannot be right to its full depth.
    expect(tree(5, 2, 3)).toEqual({ depth: 2, drafts: 2, slots: 10 });
  });

  it('delivers four tokens a step if all three drafts are right, and keeps no slot of a draft beyond the end', () => {
    const config = configOf(100, {}, { speculation: speculation(3, 1) });
    const { simulation, memory, sequences } = start(config, [prompt(0, 10, 8)]);
    const seen: number[][] = [];
    do {
      if (simulation.steps > 0) seen.push([sequences.generated[0], sequences.computed[0], memory.available]);
    } while (simulation.next());
    // The prompt; a decode of four places, all right; another one, of which three tokens are wanted.
    expect(seen).toEqual([
      [0, 10, 90],
      [1, 14, 86],
      [5, 18, 82],
    ]);
    expect([sequences.generated[0], memory.available + memory.evictable]).toEqual([8, 100]);
    // Of eight tokens the last has no keys and values.
    expect(memory.evictable).toBe(17);
  });

  it('decides as without drafts where none is right and there is room', () => {
    // All there from the beginning, so that slower steps change nothing.
    const specs = [prompt(0, 30, 12), prompt(0, 40, 7), prompt(0, 20, 9), prompt(0, 70, 4)];
    const run = (config: Partial<EngineConfig>) => {
      const { simulation } = start(configOf(1000, { chunkedPrefillSize: 32, cudaGraphMaxBs: 0 }, config), specs);
      const steps: [number, boolean][][] = [];
      while (simulation.next()) {
        const { count, request, flags } = simulation.lastBatch;
        steps.push(Array.from({ length: count }, (_, i) => [request[i], (flags[i] & EntryFlag.prefill) !== 0]));
      }
      return steps;
    };
    expect(run({ speculation: speculation(5, 0) })).toEqual(run({}));
  });

  it('retracts from the end of the batch, whoever has more output or the longer prompt', () => {
    const settings = { speculativeEagleTopk: 4, scheduleConservativeness: 0.05, cudaGraphMaxBs: 0 };
    const config = configOf(60, settings, { speculation: speculation(5, 0) });
    const { simulation, policy, sequences } = start(config, [prompt(0, 10, 25), prompt(0, 5, 15)]);
    // 15 slots after the prompts and two more a step; two requests ask for 40. 39 are left before the fourth decode.
    for (let i = 0; i < 4; i++) simulation.next();
    expect(policy.batch.requests).toEqual([0, 1]);
    simulation.next();
    expect([policy.batch.requests, policy.waiting(), sequences.generated[1]]).toEqual([[0], [1], 4]);
    while (simulation.next());
    expect([sequences.generated[0], sequences.generated[1]]).toEqual([25, 15]);
  });

  it('pads a step to whole rows of a captured graph, and drafts for those that are there', () => {
    const config = configOf(1000, {}, { speculation: speculation(3, 0.5) });
    const { simulation } = start(
      config,
      Array.from({ length: 9 }, () => prompt(0, 10, 20)),
    );
    simulation.next();
    expect(simulation.lastBatch.shape.drafters).toBe(0);
    simulation.next();
    const { shape, paddingTokens } = simulation.lastBatch;
    // Nine rows of four, and a tenth for the graph.
    expect([shape.tokens, shape.samples, shape.decodes, paddingTokens]).toEqual([40, 40, 10, 4]);
    expect([shape.drafts, shape.drafters, shape.drafterContextSum]).toEqual([27, 9, 90]);
  });

  it('goes with neither overlap nor decodes beside prompts', () => {
    const both = { speculation: speculation(3, 1), asyncScheduling: true, batchesInFlight: 2 };
    expect(() => start(configOf(100, {}, both), [prompt(0, 10, 3)])).toThrow('overlap');
    const { simulation } = start(
      configOf(200, { enableMixedChunk: true, chunkedPrefillSize: 16 }, { speculation: speculation(3, 0) }),
      [prompt(0, 10, 9), prompt(1, 40, 2)],
    );
    while (simulation.next()) {
      const { prefillTokens, decodeTokens } = simulation.lastBatch;
      expect(Math.min(prefillTokens, decodeTokens)).toBe(0);
    }
  });
});

describe('images in SGLang', () => {
  const picture = (hash: number) => ({
    images: [{ position: 5, tokens: 20, hash }],
    segments: [
      { segment: 1, offset: 0, length: 5 },
      { segment: PLACEHOLDER_SEGMENT, offset: 0, length: 20 },
      { segment: 2, offset: 0, length: 5 },
    ],
  });
  const encoder = { budget: 0, cacheSize: 0, disableChunkedInput: false, imageWindow: 8 };

  it('are encoded in the step that first touches them, and hit by what they show', () => {
    const specs = [prompt(0, 30, 2, picture(7)), prompt(50_000, 30, 2, picture(7)), prompt(90_000, 30, 2, picture(8))];
    const { simulation } = start(configOf(200, { chunkedPrefillSize: 12 }, { encoder }), specs);
    const seen: number[][] = [];
    while (simulation.next()) {
      const { prefillTokens, hitTokens, shape, request } = simulation.lastBatch;
      if (prefillTokens > 0) seen.push([request[0], hitTokens, prefillTokens, shape.imageWindows]);
    }
    expect(seen).toEqual([
      [0, 0, 12, 3],
      [0, 0, 12, 0],
      [0, 0, 6, 0],
      // The same picture: all but the last token are there.
      [1, 29, 1, 0],
      // Another one: only the text before it is.
      [2, 5, 12, 3],
      [2, 0, 12, 0],
      [2, 0, 1, 0],
    ]);
  });
});
