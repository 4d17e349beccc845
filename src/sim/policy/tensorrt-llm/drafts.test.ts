import { describe, expect, it } from 'vitest';
import { EntryFlag } from '../../batch.ts';
import { DecisionKind } from '../../decision.ts';
import type { EngineConfig } from '../../engine-config.ts';
import { Status } from '../../request.ts';
import type { Simulation } from '../../simulation.ts';
import { createSimulation, nextStep, request, stepsOf } from './testing.ts';

/** Speculation in which all drafts are right, or none is. */
const drafting = (tokens: number, acceptanceRate: 0 | 1): Partial<EngineConfig> => ({
  speculation: { method: 'draft_model', tokens, parallelDrafting: false, acceptanceRate, seed: 1 },
});
const overlap = { asyncScheduling: true, batchesInFlight: 2 };
const everybody = { capacitySchedulerPolicy: 'max_utilization' } as const;

/** Tokens of the only row of each step. */
function rowsOf(simulation: Simulation): number[] {
  const rows: number[] = [];
  while (simulation.next()) rows.push(simulation.lastBatch.tokens[0]);
  return rows;
}

describe('a decode with drafts', () => {
  it('verifies three drafts beside its own token, and delivers as many as are right and one', () => {
    // A token with the prompt, then four a step.
    expect(rowsOf(createSimulation([request(10, 9)], drafting(3, 1)))).toEqual([10, 4, 4]);
  });

  it('delivers one where all are wrong; none lie behind the last that could be of use', () => {
    const simulation = createSimulation([request(10, 9)], drafting(3, 0));
    expect(rowsOf(simulation)).toEqual([10, 4, 4, 4, 4, 4, 3, 2, 1]);
    expect(simulation.engine.sequences.generated[0]).toBe(9);
  });

  it('ends within a step at its limit, whatever else is right', () => {
    const stops = createSimulation([request(10, 3, { endsBy: 'stop', maxTokens: 40 })], drafting(5, 1));
    expect(rowsOf(stops)).toEqual([10, 6]);
    expect(stops.engine.sequences.generated[0]).toBe(3);
  });

  it('is counted with its drafts: eight tokens are two decodes of four', () => {
    const specs = [1, 2, 3].map(() => request(8, 20));
    const simulation = createSimulation(specs, { ...drafting(3, 0), maxNumBatchedTokens: 8 });
    const steps = stepsOf(simulation, 4);
    // The prompts take a step each; then who came last finds no room.
    expect(steps.map((s) => [s.contexts.length, s.generations])).toEqual([
      [1, []],
      [0, [0]],
      [0, [0]],
      [0, [0]],
    ]);
    const wide = createSimulation(specs, { ...drafting(3, 0), maxNumBatchedTokens: 24 });
    expect(stepsOf(wide, 2).at(-1)?.generations).toEqual([0, 1, 2]);
    const narrow = createSimulation(specs.slice(0, 2), { ...drafting(3, 0), maxNumBatchedTokens: 16 });
    const [, second] = stepsOf(narrow, 2);
    expect(second.generations).toEqual([0, 1]);
  });

  it('leaves prompts what it does not take', () => {
    const specs = [request(10, 20), request(9, 20, { arrivalUs: 1 })];
    const config = { ...drafting(3, 0), maxNumBatchedTokens: 12 };
    const [, second] = stepsOf(createSimulation(specs, config), 2);
    expect(second).toMatchObject({ generations: [0], contexts: [] });
    expect(second.decisions).toContain('hold 1 tokenBudget 9 8');
    const chunked = { ...config, enableChunkedPrefill: true, blockSize: 4 };
    expect(stepsOf(createSimulation(specs, chunked), 2)[1].contexts).toEqual([[1, 8]]);
  });

  it('is a step of more rows over one context for the device', () => {
    const simulation = createSimulation([request(10, 20)], drafting(3, 0));
    stepsOf(simulation, 2);
    const { shape, decodeTokens, drafts } = simulation.lastBatch;
    // Rows 11 to 14 see as many tokens each; the last one's 14 are the context that is read.
    expect(shape).toMatchObject({ tokens: 4, samples: 4, decodes: 1, drafts: 3, decodeContextSum: 14 });
    expect(shape).toMatchObject({ draftPairs: 11 + 12 + 13, drafters: 1, drafterContextSum: 14 });
    expect([decodeTokens, drafts[0]]).toEqual([4, 3]);
  });
});

describe('blocks for drafts', () => {
  it('are none to be set aside: each still reserves 35 for 1,100 tokens, and the third waits', () => {
    const specs = [1, 2, 3].map(() => request(100, 1000));
    const step = nextStep(createSimulation(specs, drafting(3, 0)));
    expect(step?.contexts.map(([r]) => r)).toEqual([0, 1]);
    expect(step?.decisions).toContain('hold 2 wholeOutput 35 30');
  });

  it('are taken for the step, and given back when it is done', () => {
    // 30 tokens and one row are in a block of 32; with three drafts there are 34.
    const simulation = createSimulation([request(30, 20), request(30, 1, { arrivalUs: 2500 })], drafting(3, 0));
    stepsOf(simulation, 2);
    const { memory, sequences, policy } = simulation.engine;
    expect([sequences.tableLength[0], memory.freeBlocks]).toEqual([2, 98]);
    policy.complete(simulation.lastBatch, 9000);
    expect([sequences.computed[0], sequences.tableLength[0], memory.freeBlocks]).toEqual([31, 1, 99]);
  });

  it.each([
    [0, {}],
    [1, {}],
    [0, overlap],
    [1, overlap],
  ] as const)('never exceed what was set aside: acceptance %d, %o', (rate, more) => {
    // Two requests of 128 tokens, and eight blocks.
    const specs = [request(100, 28), request(100, 28)];
    const simulation = createSimulation(specs, { ...drafting(8, rate), numBlocks: 9, ...more });
    while (simulation.next());
    expect([simulation.finished, simulation.preemptions]).toEqual([2, 0]);
  });

  it('make who may use all memory pause somebody three tokens earlier', () => {
    const known = (config: Partial<EngineConfig>): number => {
      const specs = [1, 2, 3].map(() => request(100, 1000));
      const simulation = createSimulation(specs, config, everybody);
      while (simulation.preemptions === 0 && simulation.next());
      return simulation.engine.sequences.known(0);
    };
    // Three have 33 blocks each, one is left: a 34th is wanted for place 1,057, which is the last draft's.
    expect(known({})).toBe(1057);
    expect(known(drafting(3, 0))).toBe(1054);
  });
});

it('refuses a request that has no room for the drafts of two steps, where it would pause itself for ever', () => {
  // 30 tokens, two of at most 40 to come, one more and twice four drafts: 41 places.
  const specs = [request(30, 2, { endsBy: 'stop', maxTokens: 40 })];
  const run = (blocks: number) => {
    const config = { ...drafting(4, 0), ...overlap, blockSize: 1, numBlocks: 1 + blocks };
    const simulation = createSimulation(specs, config, everybody);
    while (simulation.next());
    return [simulation.finished, simulation.rejected];
  };
  expect([run(41), run(40)]).toEqual([
    [1, 0],
    [0, 1],
  ]);
});

describe('who comes back after a pause', () => {
  /** Two requests that outgrow four blocks; the younger one is paused, and computes all again when it is back. */
  const resumed = (config: Partial<EngineConfig>) => {
    const specs = [request(30, 60), request(30, 60)];
    const full = { numBlocks: 5, enablePrefixCaching: false, ...config };
    const simulation = createSimulation(specs, full, everybody);
    const { decisions, sequences } = simulation.engine;
    while (simulation.next()) {
      if (!Array.from(decisions.kind.subarray(0, decisions.count)).includes(DecisionKind.resume)) continue;
      const { lastBatch: batch } = simulation;
      const at = batch.flags.findIndex((flags) => (flags & EntryFlag.prefill) !== 0);
      return { simulation, known: sequences.known(batch.request[at]), tokens: batch.tokens[at], batch, at };
    }
    throw new Error('nobody came back');
  };

  it('still has its drafts, and verifies them with its prompt', () => {
    const { simulation, known, tokens, batch, at } = resumed(drafting(3, 0));
    expect([tokens, batch.drafts[at]]).toEqual([known + 3, 3]);
    expect(batch.flags[at] & EntryFlag.samples).toBe(EntryFlag.samples);
    // They count as prompt tokens of the step, not as tokens that are computed again.
    expect([batch.prefillTokens, batch.recomputedTokens]).toEqual([known + 3, known - 1]);
    while (simulation.next());
    expect(simulation.finished).toBe(2);
    expect(Array.from(simulation.engine.sequences.generated.subarray(0, 2))).toEqual([60, 60]);
  });

  it('loses those that do not fit behind the last block of its prompt, where prompts are cut', () => {
    const { known, tokens, batch, at } = resumed({
      ...drafting(3, 0),
      enableChunkedPrefill: true,
      maxNumBatchedTokens: 64,
    });
    // 62 tokens and three drafts are more than a step has. Two drafts fit into the last block of the 62.
    expect([known, tokens, batch.drafts[at]]).toEqual([62, 64, 2]);
  });

  it('has no more than a step takes with its prompt, where prompts are whole', () => {
    const { known, tokens, batch, at } = resumed({ ...drafting(3, 0), maxNumBatchedTokens: 63 });
    expect([known, tokens, batch.drafts[at]]).toEqual([62, 63, 1]);
  });

  it('takes a block for them with its prompt', () => {
    // 62 known tokens are in two blocks; with three drafts they take three.
    const { simulation, batch, at } = resumed(drafting(3, 0));
    expect(simulation.engine.sequences.tableLength[batch.request[at]]).toBe(3);
  });

  it('has none with a prompt that had to be cut', () => {
    const config = { blockSize: 16, numBlocks: 6, maxNumBatchedTokens: 30, enablePrefixCaching: false };
    const specs = [request(20, 30), request(20, 40)];
    const simulation = createSimulation(specs, { ...config, ...drafting(3, 1) }, everybody);
    const redone: number[] = [];
    while (simulation.next()) {
      const { lastBatch: batch } = simulation;
      for (let i = 0; i < batch.count; i++) {
        if (batch.epoch[i] === 0 || (batch.flags[i] & EntryFlag.samples) !== 0) continue;
        redone.push(batch.tokens[i]);
        expect(batch.drafts[i]).toBe(0);
      }
    }
    // The younger one knew 33 tokens: 30 are a prompt, two more are computed again, and the last one with drafts.
    expect(redone).toEqual([30, 1, 1]);
    expect(simulation.finished).toBe(2);
  });
});

describe('drafts and the overlap scheduler', () => {
  it('lets a step be scheduled before it is known how many were right: as if all were', () => {
    const simulation = createSimulation([request(10, 9)], { ...drafting(3, 1), ...overlap });
    // Five tokens may be all there are after the second step, so it takes part a fourth time, for nothing.
    expect(rowsOf(simulation)).toEqual([10, 4, 4, 1]);
    const wrong = createSimulation([request(10, 9)], { ...drafting(3, 0), ...overlap });
    const rows = rowsOf(wrong);
    expect(rows.slice(0, 3)).toEqual([10, 4, 4]);
    expect(wrong.engine.sequences.generated[0]).toBe(9);
    // One token a step is sure, so nobody is computed longer than without drafts.
    expect(rows).toHaveLength(9);
  });

  it('knows the last possible token only where no draft is needed for it', () => {
    const steps = stepsOf(createSimulation([request(10, 2), request(10, 30)], { ...drafting(3, 0), ...overlap }), 4);
    expect(steps.map((s) => s.generations.includes(0))).toEqual([false, true, false, false]);
    expect(steps[2].decisions).toContain('skip 0 endsInFlight 0 0');
  });

  it('keeps right drafts of a request that was paused meanwhile', () => {
    const specs = [request(30, 60), request(30, 60)];
    const config = { ...drafting(3, 1), ...overlap, numBlocks: 5, enablePrefixCaching: false };
    const simulation = createSimulation(specs, config, everybody);
    const { decisions, sequences } = simulation.engine;
    let known = 0;
    while (simulation.next() && known === 0) {
      for (let i = 0; i < decisions.count; i++)
        if (decisions.kind[i] === DecisionKind.preempt) known = sequences.known(decisions.request[i]);
    }
    expect(sequences.status[1]).toBe(Status.preempted);
    // Four tokens were on their way when it lost its blocks.
    expect(sequences.known(1)).toBe(known + 4);
    while (simulation.next());
    expect(simulation.finished).toBe(2);
  });
});
