import { describe, expect, it } from 'vitest';
import { EntryFlag } from '../../batch.ts';
import { Because, DecisionKind } from '../../decision.ts';
import { TensorRtMemory } from '../../memory/tensorrt-llm.ts';
import { Status } from '../../request.ts';
import { createSimulation, nextStep, request, stepsOf } from './testing.ts';

const shared = (length: number) => ({ segments: [{ segment: 1, offset: 0, length }] });

describe('a step', () => {
  it('is decodes and as many prompts as fit: four seats, twelve tokens, prompts of five', () => {
    const specs = [5, 5, 5, 5, 5].map((prompt) => request(prompt, 20));
    const simulation = createSimulation(specs, { maxNumSeqs: 4, maxNumBatchedTokens: 12 });
    const [first, second, third] = stepsOf(simulation, 3);
    expect(first.contexts).toEqual([
      [0, 5],
      [1, 5],
    ]);
    expect(first.decisions).toContain('hold 2 tokenBudget 5 2');
    expect(second.generations).toEqual([0, 1]);
    expect(second.contexts).toEqual([
      [2, 5],
      [3, 5],
    ]);
    // Nothing but the number of requests holds the fifth.
    expect(second.decisions).toContain('hold 4 seats 1 4');
    expect(third).toMatchObject({ contexts: [], generations: [0, 1, 2, 3] });
  });

  it('stops at the first prompt that does not fit: without chunks a long one blocks shorter ones behind it', () => {
    const specs = [request(60, 9), request(90, 9), request(10, 9)];
    const [first, second] = stepsOf(createSimulation(specs, { maxNumBatchedTokens: 100 }), 2);
    expect(first.contexts).toEqual([[0, 60]]);
    expect(first.decisions).toContain('hold 1 tokenBudget 90 40');
    expect(second).toMatchObject({ generations: [0], contexts: [[1, 90]] });
  });

  it('splits prompts when that is on: 96 of 250 tokens in a step of 100, in blocks of 32', () => {
    const chunked = { enableChunkedPrefill: true, maxNumBatchedTokens: 100 };
    const steps = stepsOf(createSimulation([request(250, 3)], chunked), 4);
    expect(steps.map((s) => s.contexts)).toEqual([[[0, 96]], [[0, 96]], [[0, 58]], []]);
  });

  it('lets prompts advance equally when asked to: 64 and 64 of two of 200 in a step of 128', () => {
    const chunked = { enableChunkedPrefill: true, maxNumBatchedTokens: 128 };
    const specs = [request(200, 3), request(200, 3)];
    const simulation = createSimulation(specs, chunked, { contextChunkingPolicy: 'equal_progress' });
    expect(nextStep(simulation)?.contexts).toEqual([
      [0, 64],
      [1, 64],
    ]);
  });

  it('has the chunks that end their prompt behind the others', () => {
    const chunked = { enableChunkedPrefill: true, maxNumBatchedTokens: 96 };
    const specs = [request(40, 3), request(200, 3)];
    expect(nextStep(createSimulation(specs, chunked))?.contexts).toEqual([
      [1, 32],
      [0, 40],
    ]);
  });

  it('has no more requests than seats for each micro-batch, and a request in one of them only', () => {
    const specs = [1, 2, 3, 4, 5].map(() => request(8, 4));
    const simulation = createSimulation(specs, { maxNumSeqs: 2, batchesInFlight: 2 });
    const steps = stepsOf(simulation, 4);
    expect(steps.map((s) => [s.contexts.map(([r]) => r), s.generations])).toEqual([
      [[0, 1], []],
      [[2, 3], []],
      [[], [0, 1]],
      [[], [2, 3]],
    ]);
    expect(steps[1].decisions).toContain('hold 4 seats 1 4');
  });
});

describe('guaranteed_no_evict', () => {
  const specs = [1, 2, 3].map(() => request(100, 1000));

  it('sets the whole output aside: of 100 blocks each takes 35, and the third prompt of 4 waits', () => {
    const simulation = createSimulation(specs, {});
    const step = nextStep(simulation);
    expect(step?.contexts).toEqual([
      [0, 100],
      [1, 100],
    ]);
    expect(step?.decisions).toContain('hold 2 wholeOutput 35 30');
    expect(simulation.engine.memory.freeBlocks).toBe(92);
    // Later it still waits: what the others have taken was set aside for them.
    expect(stepsOf(simulation, 400).at(-1)?.decisions).toContain('hold 2 wholeOutput 35 30');
    while (simulation.next());
    expect(simulation.preemptions).toBe(0);
  });

  it('lets nobody overtake', () => {
    const queue = [request(100, 1000), request(100, 2300), request(10, 10)];
    const step = nextStep(createSimulation(queue, {}));
    expect(step?.contexts).toEqual([[0, 100]]);
    expect(step?.decisions).toContain('hold 1 wholeOutput 75 65');
  });

  it('counts blocks that others hold once, but only if it may look', () => {
    // 68 tokens and 28 more: three blocks, two of them shared with whoever runs. Four blocks are there.
    const queue = [request(68, 28, shared(68)), { ...request(68, 28, shared(68)), arrivalUs: 1500 }];
    const small = { numBlocks: 5 };
    const fits = createSimulation(queue, small);
    stepsOf(fits, 2);
    expect(fits.engine.sequences.tableLength[1]).toBe(3);
    const blind = createSimulation(queue, small, { enablePrefixAwareScheduling: false });
    expect(stepsOf(blind, 2)[1].decisions).toContain('hold 1 wholeOutput 3 1');
  });

  it('refuses what could never be set aside', () => {
    const simulation = createSimulation([request(100, 10, { maxTokens: 3200 }), request(100, 10)], {});
    expect(nextStep(simulation)?.decisions).toContain('reject 0 largerThanPool 104 100');
    expect(simulation.engine.sequences.status[1]).toBe(Status.running);
  });
});

describe('max_utilization', () => {
  const settings = { capacitySchedulerPolicy: 'max_utilization' } as const;

  it('starts all that fit now, and pauses the youngest when blocks run out', () => {
    const simulation = createSimulation(
      [1, 2, 3].map(() => request(100, 1000)),
      {},
      settings,
    );
    const first = nextStep(simulation);
    expect(first?.contexts.map(([r]) => r)).toEqual([0, 1, 2]);
    expect(simulation.engine.memory.freeBlocks).toBe(88);
    let step = nextStep(simulation);
    while (step !== null && simulation.preemptions === 0) step = nextStep(simulation);
    // 33 blocks each and one left: 1,056 tokens are computed, and three requests want a 34th block.
    expect(step?.decisions).toContain('preempt 2 noBlocks 1 0');
    expect(step?.generations).toEqual([0, 1]);
    expect(simulation.engine.sequences.computed[0]).toBe(1057);
    const { decisions } = simulation.engine;
    expect(decisions.other[0]).toBe(1);
    // The paused one computes prompt and output again, as far as the cache has lost them.
    while (step !== null && !step.decisions.some((d) => d.startsWith('resume'))) step = nextStep(simulation);
    expect(step?.contexts.map(([r]) => r)).toEqual([2]);
    while (simulation.next());
    expect(simulation.finished).toBe(3);
  });

  it('takes the blocks for a whole prompt with its first chunk', () => {
    const chunked = { enableChunkedPrefill: true, maxNumBatchedTokens: 32 };
    const simulation = createSimulation([request(100, 10)], chunked, settings);
    expect(nextStep(simulation)?.contexts).toEqual([[0, 32]]);
    expect(simulation.engine.sequences.tableLength[0]).toBe(4);
  });

  it('may pause the request itself, and asks again at once', () => {
    // Four blocks: the first two requests take one each and want a second after 32 tokens, the third takes two.
    const specs = [request(31, 40), request(31, 40), request(64, 2, { arrivalUs: 1 })];
    const simulation = createSimulation(specs, { numBlocks: 5 }, settings);
    const steps = stepsOf(simulation, 30);
    expect(steps.flatMap((s) => s.decisions).filter((d) => d.startsWith('preempt'))).not.toEqual([]);
    while (simulation.next());
    expect(simulation.finished).toBe(3);
  });

  it('looks two steps ahead when several micro-batches are in flight', () => {
    const ahead = (batchesInFlight: number): number => {
      // Three blocks. Both hold one; the first wants a second one step ahead after 31 tokens, two steps ahead after 30.
      const specs = [request(28, 20), request(33, 20)];
      const config = { numBlocks: 4, batchesInFlight, maxNumSeqs: 1 };
      const simulation = createSimulation(specs, { ...config, maxNumSeqs: 2 }, settings);
      let last = 0;
      while (simulation.preemptions === 0 && simulation.next()) last = simulation.engine.sequences.computed[0];
      return last;
    };
    expect(ahead(1)).toBeGreaterThan(ahead(2));
  });

  it('computes a prompt that has become too long for a step as far as it goes, and the rest a token a step', () => {
    const config = { numBlocks: 5, blockSize: 16, maxNumBatchedTokens: 30, enablePrefixCaching: false };
    const simulation = createSimulation([request(20, 30), request(20, 40)], config, settings);
    const redone: number[] = [];
    while (simulation.next()) {
      const { lastBatch: batch } = simulation;
      for (let i = 0; i < batch.count; i++) {
        const isPrompt = (batch.flags[i] & EntryFlag.prefill) !== 0;
        if (isPrompt) expect(batch.tokens[i]).toBeLessThanOrEqual(30);
        if (!isPrompt && (batch.flags[i] & EntryFlag.samples) === 0) redone.push(batch.computed[i]);
      }
    }
    // The younger one was paused with 32 tokens known: 30 are a prompt, the next is computed again, and then it goes on.
    expect(redone).toEqual([30]);
    expect(simulation.finished).toBe(2);
    expect(Array.from(simulation.engine.sequences.generated.subarray(0, 2))).toEqual([30, 40]);
  });
});

describe('static_batch', () => {
  it('lets nobody join until all have ended', () => {
    const specs = [request(10, 2), request(10, 4), request(10, 2, { arrivalUs: 500 })];
    const simulation = createSimulation(specs, {}, { capacitySchedulerPolicy: 'static_batch' });
    const steps = stepsOf(simulation, 6);
    expect(steps.map((s) => [s.contexts.map(([r]) => r), s.generations])).toEqual([
      [[0, 1], []],
      [[], [0, 1]],
      [[], [1]],
      [[], [1]],
      [[2], []],
      [[], [2]],
    ]);
    expect(steps[2].decisions).toContain('hold 2 batchRunning 0 0');
  });
});

describe('a request that could reuse what another one computes', () => {
  const two = [request(100, 5, shared(100)), request(100, 5, shared(100))];

  it('waits for it', () => {
    const [first, second] = stepsOf(createSimulation(two, {}), 2);
    expect(first.contexts).toEqual([[0, 100]]);
    expect(first.decisions).toContain('skip 1 awaitsReuse 0 0');
    // Three whole blocks are there; the fourth is not full and still belongs to the first.
    expect(second).toMatchObject({ generations: [0], contexts: [[1, 4]] });
  });

  it('is passed by others', () => {
    const [first] = stepsOf(createSimulation([...two, request(50, 5)], {}), 1);
    expect(first.contexts.map(([r]) => r)).toEqual([0, 2]);
  });

  it('waits for a prompt in the middle of its chunks too', () => {
    const chunked = { enableChunkedPrefill: true, maxNumBatchedTokens: 32 };
    const specs = [request(96, 5, shared(96)), request(96, 5, { ...shared(96), arrivalUs: 1400 })];
    const steps = stepsOf(createSimulation(specs, chunked), 4);
    expect(steps.map((s) => s.contexts)).toEqual([[[0, 32]], [[0, 32]], [[0, 32]], [[1, 1]]]);
    expect(steps[2].decisions).toContain('skip 1 awaitsReuse 0 0');
  });

  it('does not wait where the schedulers do not look, or nothing is reused', () => {
    const blind = createSimulation(two, {}, { enablePrefixAwareScheduling: false });
    expect(nextStep(blind)?.contexts.map(([r]) => r)).toEqual([0, 1]);
    const none = createSimulation(two, { enablePrefixCaching: false });
    expect(nextStep(none)?.contexts.map(([r]) => r)).toEqual([0, 1]);
  });

  it('does not wait for a step in flight: its prompt is done, but nobody finds its blocks yet', () => {
    const overlap = { asyncScheduling: true, batchesInFlight: 2 };
    const [first, second] = stepsOf(createSimulation(two, overlap), 2);
    expect(first.contexts).toEqual([[0, 100]]);
    expect(second.contexts).toEqual([[1, 100]]);
  });
});

describe('tokens that the cache spares', () => {
  it('do not count against the budget', () => {
    const late = { arrivalUs: 1 };
    const specs = [request(96, 1, shared(96)), request(100, 5, { ...shared(100), ...late }), request(90, 5, late)];
    const [, second] = stepsOf(createSimulation(specs, { maxNumBatchedTokens: 100 }), 2);
    expect(second.contexts).toEqual([
      [1, 4],
      [2, 90],
    ]);
  });

  it('are only those of blocks that somebody holds, where everybody may start', () => {
    const late = { arrivalUs: 1 };
    const specs = [request(96, 1, shared(96)), request(100, 5, { ...shared(100), ...late }), request(90, 5, late)];
    const settings = { capacitySchedulerPolicy: 'max_utilization' } as const;
    const [, second] = stepsOf(createSimulation(specs, { maxNumBatchedTokens: 100 }, settings), 2);
    // Nobody holds them, so 100 tokens are counted, but not computed.
    expect(second.contexts).toEqual([[1, 4]]);
  });

  it('move a chunk on, to the end of a block', () => {
    const chunked = { enableChunkedPrefill: true, maxNumBatchedTokens: 64 };
    // The cache has 40 tokens of the second: its chunk of 64 would end at 104, and ends at 96.
    const specs = [request(41, 1, shared(41)), request(200, 5, { segments: [], arrivalUs: 1 })];
    specs[1] = {
      ...specs[1],
      segments: [
        { segment: 1, offset: 0, length: 40 },
        { segment: 2, offset: 0, length: 160 },
      ],
    };
    const [first, second, third] = stepsOf(createSimulation(specs, chunked), 3);
    expect(first.contexts[0]).toEqual([0, 41]);
    expect(second.contexts).toEqual([[1, 56]]);
    expect(third.contexts).toEqual([[1, 64]]);
  });
});

describe('the overlap scheduler', () => {
  const overlap = { asyncScheduling: true, batchesInFlight: 2 };
  const rows = (steps: readonly { generations: readonly number[] }[]): number =>
    steps.reduce((sum, step) => sum + step.generations.length, 0);

  it('does not schedule a request whose last possible token is on its way', () => {
    const simulation = createSimulation([request(10, 4), request(10, 9)], overlap);
    const steps = stepsOf(simulation, 20);
    expect(steps.filter((s) => s.generations.includes(0))).toHaveLength(3);
    expect(steps.flatMap((s) => s.decisions)).toContain('skip 0 endsInFlight 0 0');
    expect(rows(steps)).toBe(3 + 8);
  });

  it('sees a stop token a step late: one row for nothing', () => {
    const stops = [request(10, 4, { endsBy: 'stop', maxTokens: 50 }), request(10, 9)];
    expect(rows(stepsOf(createSimulation(stops, overlap), 20))).toBe(4 + 8);
    expect(rows(stepsOf(createSimulation(stops, {}), 20))).toBe(3 + 8);
  });

  it('lets a request to be completed keep its place and its blocks', () => {
    const specs = [request(10, 2), request(10, 2)];
    const steps = stepsOf(createSimulation(specs, { ...overlap, maxNumSeqs: 1 }), 3);
    expect(steps[1]).toMatchObject({ generations: [0], contexts: [] });
    expect(steps[1].decisions).toContain('hold 1 seats 1 1');
    expect(steps[2].contexts).toEqual([[1, 10]]);
  });

  it('keeps the token that was on its way when its request was paused', () => {
    const specs = [request(30, 40), request(30, 40)];
    const settings = { capacitySchedulerPolicy: 'max_utilization' } as const;
    const simulation = createSimulation(specs, { ...overlap, numBlocks: 4, enablePrefixCaching: false }, settings);
    const { decisions, sequences } = simulation.engine;
    let known = 0;
    while (simulation.next()) {
      for (let i = 0; i < decisions.count; i++) {
        if (decisions.kind[i] === DecisionKind.preempt) known = sequences.known(decisions.request[i]);
        if (decisions.kind[i] === DecisionKind.resume) {
          // It knows one token more than when it lost its blocks, and computes all of them as its prompt.
          expect(simulation.lastBatch.tokens[0]).toBe(known + 1);
        }
      }
    }
    expect(simulation.preemptions).toBeGreaterThan(0);
    expect(simulation.finished).toBe(2);
  });
});

it('takes blocks back in the order of the active requests, prompts and decodes alike', () => {
  const specs = [request(20, 2), request(20, 1, { arrivalUs: 1 })];
  const simulation = createSimulation(specs, { numBlocks: 4 });
  const [, second] = stepsOf(simulation, 2);
  // The second step ends a decode and, before it in the batch, a prompt.
  expect(second).toMatchObject({ contexts: [[1, 20]], generations: [0] });
  while (simulation.next());
  const { memory } = simulation.engine;
  expect(memory instanceof TensorRtMemory && memory.freeList()).toEqual([3, 1, 2]);
});

it('refuses a prompt that does not fit into a step without chunks', () => {
  const specs = [request(101, 5), request(100, 5)];
  const simulation = createSimulation(specs, { maxNumBatchedTokens: 100 });
  expect(nextStep(simulation)?.decisions[0]).toBe('reject 0 promptOverBudget 101 100');
  while (simulation.next());
  expect([simulation.rejected, simulation.finished]).toEqual([1, 1]);
  const chunked = createSimulation(specs, { maxNumBatchedTokens: 100, enableChunkedPrefill: true });
  while (chunked.next());
  expect(chunked.finished).toBe(2);
});

it('gives back what a client leaves, wherever its request is', () => {
  const specs = [request(100, 50), request(100, 50), request(100, 50)];
  const simulation = createSimulation(specs, { numBlocks: 11 });
  stepsOf(simulation, 3);
  const { policy, memory, sequences } = simulation.engine;
  expect(policy.waiting()).toEqual([2]);
  expect(policy.abort(2, simulation.nowUs)).toBe(true);
  expect(policy.abort(0, simulation.nowUs)).toBe(true);
  expect(policy.abort(0, simulation.nowUs)).toBe(false);
  expect(memory.freeBlocks).toBe(6);
  while (simulation.next());
  expect(Array.from(sequences.status.subarray(0, 3))).toEqual([Status.aborted, Status.finished, Status.aborted]);
});

it('waits for blocks that come back from host memory', () => {
  const specs = [
    request(96, 1, shared(96)),
    request(96, 1, { arrivalUs: 1 }),
    request(97, 1, { ...shared(97), arrivalUs: 2 }),
  ];
  const host = { numBlocks: 5, hostBlocks: 8, hostLinkBytesPerS: 1e9, kvBytesPerBlock: 32_000 };
  const simulation = createSimulation(specs, { ...host, maxNumBatchedTokens: 100 });
  stepsOf(simulation, 2);
  expect(simulation.lastBatch.transferUs).toBe(0);
  expect(nextStep(simulation)?.contexts).toEqual([[2, 1]]);
  // Of three whole blocks the first two were pushed out, 32 us each.
  expect(simulation.lastBatch.transferUs).toBe(64);
});

it('uses codes of its own for its reasons', () => {
  expect(new Set(Object.values(Because)).size).toBe(Object.keys(Because).length);
});
