import { describe, expect, it } from 'vitest';
import { Because, Bound, DecisionKind } from '../decision.ts';
import { defaultEngineConfig, type EngineConfig } from '../engine-config.ts';
import { PaddedMemory } from '../memory/padded.ts';
import type { RequestSpec } from '../request.ts';
import { Simulation } from '../simulation.ts';
import { openSource, toyCost } from '../testing.ts';
import { type Tgi2023Settings, tgi2023 } from './tgi-2023.ts';

function server(
  places: number,
  settings: Partial<Tgi2023Settings> = {},
  config: Partial<EngineConfig> = {},
): EngineConfig {
  return {
    ...defaultEngineConfig(1 + places),
    policy: 'tgi-2023',
    settings,
    memory: 'own',
    asyncScheduling: false,
    batchesInFlight: 1,
    maxNumBatchedTokens: 4096,
    blockSize: 1,
    ...config,
  };
}

const ask = (promptTokens: number, outputTokens: number, arrivalUs = 0): RequestSpec => ({
  arrivalUs,
  promptTokens,
  outputTokens,
});
const eager: Partial<Tgi2023Settings> = { waitingServedRatio: 0 };

/** The next forward as rows `request:tokens@computed`. */
function next(simulation: Simulation): string {
  if (!simulation.next()) return '';
  const { lastBatch: batch } = simulation;
  return Array.from(
    { length: batch.count },
    (_, i) => `${batch.request[i]}:${batch.tokens[i]}@${batch.computed[i]}`,
  ).join(' ');
}

function start(config: EngineConfig, specs: readonly RequestSpec[]): Simulation {
  return new Simulation(config, openSource(specs), toyCost);
}

/** The rule that holds the head now, with its numbers. */
function held(simulation: Simulation): unknown[] {
  const { decisions } = simulation.engine;
  for (let i = decisions.count - 1; i >= 0; i--) {
    if (decisions.kind[i] !== DecisionKind.hold) continue;
    return [decisions.request[i], decisions.because[i], decisions.need[i], decisions.have[i]];
  }
  return [];
}

const used = ({ engine }: Simulation): number => engine.memory.usableBlocks - engine.memory.freeBlocks;
const rows = ({ engine: { sequences } }: Simulation, ...requests: number[]): number[] =>
  requests.map((r) => sequences.tableLength[r]);

describe('padding', () => {
  it('is computed in prompts: all are as long as the longest', () => {
    const simulation = start(server(1000), [ask(10, 5), ask(30, 5)]);
    expect(next(simulation)).toBe('0:10@0 1:30@0');
    const { shape, paddingTokens, prefillTokens } = simulation.lastBatch;
    expect([shape.tokens, paddingTokens, prefillTokens, shape.samples]).toEqual([60, 20, 40, 2]);
    expect(Array.from(shape.chunkNew.subarray(0, shape.chunkCount))).toEqual([30, 30]);
  });

  it('is read in decodes, but not computed', () => {
    const simulation = start(server(1000), [ask(10, 5), ask(30, 5)]);
    next(simulation);
    expect(next(simulation)).toBe('0:1@10 1:1@30');
    const { shape, paddingTokens } = simulation.lastBatch;
    // The longest row attends to its 30, its first token and nothing else; so does the other one, to padding.
    expect([shape.tokens, shape.decodes, shape.decodeContextSum, shape.decodeContextMax]).toEqual([2, 2, 62, 31]);
    expect(paddingTokens).toBe(0);
  });

  it('takes memory: a row is as long as the longest, and has places for its own output', () => {
    const simulation = start(server(1000), [ask(10, 5), ask(30, 7)]);
    next(simulation);
    expect(rows(simulation, 0, 1)).toEqual([35, 37]);
    expect(used(simulation)).toBe(72);
    expect(simulation.engine.memory.wastedTokens).toBe(72 - 40);
    // A decode moves a place from what is to come to what is there.
    next(simulation);
    expect(rows(simulation, 0, 1)).toEqual([35, 37]);
    next(simulation);
    expect(simulation.engine.memory.wastedTokens).toBe(72 - 44);
  });

  it('comes when rows join, and goes when the longest leaves', () => {
    const simulation = start(server(1000, eager), [ask(10, 9), ask(100, 4, 1)]);
    next(simulation);
    expect(next(simulation)).toBe('1:100@0');
    // Two tensors until the next decode: the first has 1 token of its 9.
    expect(rows(simulation, 0, 1)).toEqual([11 + 8, 100 + 4]);
    expect(next(simulation)).toBe('0:1@10 1:1@100');
    expect(rows(simulation, 0, 1)).toEqual([101 + 8, 101 + 3]);
    expect(simulation.lastBatch.shape.decodeContextSum).toBe(2 * 101);
    next(simulation);
    next(simulation);
    expect(next(simulation)).toBe('0:1@13');
    // It has 14 tokens and 5 to come, and nobody else is there.
    expect(rows(simulation, 0)).toEqual([14 + 5]);
    expect(simulation.lastBatch.shape.decodeContextSum).toBe(14);
  });
});

describe('admission', () => {
  it('counts prompts as padded against the prefill budget', () => {
    const simulation = start(server(1000, eager, { maxNumBatchedTokens: 60 }), [ask(10, 5), ask(10, 5), ask(25, 5)]);
    // 3 x 25 would be 75.
    expect(next(simulation)).toBe('0:10@0 1:10@0');
    expect(held(simulation)).toEqual([2, Because.tokenBudget, 55, 40]);
    expect(simulation.lastBatch.bound).toBe(Bound.tokenBudget);
  });

  it('counts padded prompts and all outputs against the limit of the batch', () => {
    const simulation = start(server(1000, { maxBatchTotalTokens: 100 }), [ask(10, 20), ask(30, 19), ask(1, 2)]);
    // 2 x 30 + 39 are 99; a third row would need 32 more.
    expect(next(simulation)).toBe('0:10@0 1:30@0');
    expect(held(simulation)).toEqual([2, Because.batchTokens, 32, 1]);
    expect(simulation.lastBatch.bound).toBe(Bound.blocks);
  });

  it('takes off what the running batch is counted with, and does not foresee the padding of who joins', () => {
    const settings = { ...eager, maxBatchTotalTokens: 160 };
    const simulation = start(server(1000, settings), [ask(100, 10), ask(10, 40, 1), ask(1, 1, 5000)]);
    next(simulation);
    // 160 - 110 is just enough for 10 + 40; joined they take 2 x 101 + 9 + 39.
    expect(next(simulation)).toBe('1:10@0');
    next(simulation);
    expect(used(simulation)).toBe(250);
    while (simulation.nowUs < 5000) next(simulation);
    expect(held(simulation)).toEqual([2, Because.batchTokens, 1, 0]);
  });

  it('lets a row wait that would not fit into the memory when it joins, which the server does not foresee', () => {
    const settings = { ...eager, maxBatchTotalTokens: 160 };
    const simulation = start(server(249, settings), [ask(100, 10), ask(10, 40, 1)]);
    next(simulation);
    expect(next(simulation)).toBe('0:1@100');
    expect(held(simulation)).toEqual([1, Because.noBlocks, 250, 249]);
    const fitting = start(server(250, settings), [ask(100, 10), ask(10, 40, 1)]);
    next(fitting);
    expect(next(fitting)).toBe('1:10@0');
  });

  it('refuses what is too long for a prefill or too large for the batch', () => {
    const simulation = start(server(1000, { maxBatchTotalTokens: 100 }, { maxNumBatchedTokens: 50 }), [
      ask(51, 2),
      ask(50, 51),
      ask(50, 50),
    ]);
    expect(next(simulation)).toBe('2:50@0');
    const { decisions } = simulation.engine;
    expect(Array.from({ length: 2 }, (_, i) => [decisions.because[i], decisions.need[i], decisions.have[i]])).toEqual([
      [Because.promptOverBudget, 51, 50],
      [Because.largerThanPool, 101, 100],
    ]);
  });

  it('interrupts decodes only for more than run: with the ratio of 1.2, or after 20 steps', () => {
    const five = Array.from({ length: 5 }, () => ask(5, 90));
    const simulation = start(server(10_000), [...five, ask(5, 9, 1)]);
    next(simulation);
    let decodes = 0;
    while (next(simulation) !== '5:5@0') {
      expect(held(simulation)).toEqual([5, Because.tooFewWaiting, 6, 1]);
      decodes++;
    }
    expect(decodes).toBe(19);
  });
});

it('blocks are places of one token', () => {
  expect(() => start(server(100, {}, { blockSize: 16 }), [ask(1, 1)])).toThrow('places of one token');
});

it('a row has no place without its tensor', () => {
  const { memory } = start(server(100), [ask(1, 1)]).engine;
  if (!(memory instanceof PaddedMemory)) throw new Error('not the memory of tgi-2023');
  expect(() => memory.admit()).toThrow('without its tensor');
});

it('the defaults are those of v0.9', () => {
  expect(tgi2023.defaults).toEqual({
    waitingServedRatio: 1.2,
    maxWaitingTokens: 20,
    maxBatchSize: 0,
    maxConcurrentRequests: 128,
    maxBatchTotalTokens: 16_000,
  });
});
