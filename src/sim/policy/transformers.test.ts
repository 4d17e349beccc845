import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Batch, EntryFlag } from '../batch.ts';
import { Because, DecisionKind } from '../decision.ts';
import { createEngine, resolveLimits } from '../engine.ts';
import { defaultEngineConfig, type EngineConfig } from '../engine-config.ts';
import { RequestTable } from '../request.ts';
import { cases } from '../testing.ts';
import { TransformersPolicy, type TransformersSettings } from './transformers.ts';
import { type TwinConfig, TwinScheduler } from './transformers-testing.ts';

interface Given {
  readonly blocks: number;
  readonly blockSize?: number;
  readonly tokens?: number;
  readonly rows?: number;
  readonly isAsync?: boolean;
  readonly hostBlocks?: number;
  readonly settings?: Partial<TransformersSettings>;
}

/** A server whose requests are all there; blocks of 4 tokens, no margin, no padding unless asked for. */
function serve(requests: readonly (readonly [prompt: number, output: number])[], given: Given) {
  const { blocks, blockSize = 4, tokens = 100, rows = 8, isAsync = false, hostBlocks = 0, settings = {} } = given;
  const own: TransformersSettings = {
    scheduler: 'fifo',
    safetyMargin: 0,
    maxBlocksPerRequest: 32,
    padsInputs: false,
    qPadding: 8,
    ...settings,
  };
  const config: EngineConfig = {
    ...defaultEngineConfig(blocks + 1),
    policy: 'transformers',
    settings: own,
    batchesInFlight: isAsync ? 2 : 1,
    asyncScheduling: isAsync,
    maxNumSeqs: rows,
    maxNumBatchedTokens: tokens,
    maxNumScheduledTokens: tokens,
    maxModelLen: blocks * blockSize,
    blockSize,
    enablePrefixCaching: false,
    hostBlocks,
    hostLinkBytesPerS: 1e9,
    kvBytesPerBlock: 100_000,
  };
  const table = new RequestTable(requests.length);
  for (const [promptTokens, outputTokens] of requests) table.push({ arrivalUs: 0, promptTokens, outputTokens });
  const ended: number[] = [];
  const engine = createEngine(config, table, (request) => ended.push(request), false, false);
  const { policy, sequences, memory, decisions } = engine;
  if (!(policy instanceof TransformersPolicy)) throw new Error('another policy');
  const arrive = (request: number) => {
    sequences.arrive(request, resolveLimits(engine, request).outputLimit);
    memory.arrive(request);
    const refusal = policy.refuse(request);
    if (refusal === null) policy.arrive(request);
    return refusal;
  };
  const inFlight: Batch[] = [];
  const launch = () => {
    const batch = new Batch();
    decisions.clear();
    policy.schedule(0, batch);
    if (!batch.isEmpty) inFlight.push(batch);
    return batch;
  };
  const finishOldest = () => {
    const batch = inFlight.shift();
    if (batch !== undefined) policy.complete(batch, 1);
  };
  return { engine, policy, memory, sequences, decisions, ended, arrive, launch, finishOldest };
}

type Server = ReturnType<typeof serve>;

/** All requests arrive. */
function serveAll(requests: readonly (readonly [number, number])[], given: Given): Server {
  const server = serve(requests, given);
  requests.forEach((_, r) => {
    server.arrive(r);
  });
  return server;
}

/** One synchronous step: who computes how many tokens. */
function step({ launch, finishOldest }: Server): [request: number, tokens: number][] {
  const batch = launch();
  finishOldest();
  return entriesOf(batch);
}

function entriesOf(batch: Batch): [number, number][] {
  return Array.from({ length: batch.count }, (_, i) => [batch.request[i], batch.tokens[i]]);
}

function decisionsOf({ decisions }: Server): number[][] {
  return Array.from({ length: decisions.count }, (_, i) => [
    decisions.kind[i],
    decisions.request[i],
    decisions.because[i],
    decisions.need[i],
    decisions.have[i],
  ]);
}

describe('the order of a step', () => {
  it('fifo: decodes, begun prompts, new ones, cut at the budget', () => {
    const server = serveAll(
      [
        [6, 4],
        [10, 4],
        [3, 4],
      ],
      { blocks: 50, tokens: 10 },
    );
    expect(step(server)).toEqual([
      [0, 6],
      [1, 4],
    ]);
    expect(step(server)).toEqual([
      [0, 1],
      [1, 6],
      [2, 3],
    ]);
    expect(step(server)).toEqual([
      [0, 1],
      [1, 1],
      [2, 1],
    ]);
  });

  it('prefill_first: begun prompts before decodes, which wait for what is left', () => {
    const server = serveAll(
      [
        [6, 4],
        [20, 4],
      ],
      { blocks: 50, tokens: 10, settings: { scheduler: 'prefill_first' } },
    );
    expect(step(server)).toEqual([
      [0, 6],
      [1, 4],
    ]);
    expect(step(server)).toEqual([[1, 10]]);
    expect(step(server)).toEqual([
      [1, 6],
      [0, 1],
    ]);
  });

  it('takes no more rows than max_requests_per_batch', () => {
    const server = serveAll(
      [
        [2, 9],
        [2, 9],
        [2, 9],
      ],
      { blocks: 50, rows: 2 },
    );
    expect(step(server)).toEqual([
      [0, 2],
      [1, 2],
    ]);
    expect(decisionsOf(server)).toContainEqual([DecisionKind.hold, 2, Because.seats, 1, 2]);
  });
});

describe('blocks', () => {
  it('are taken for one token more than a step computes', () => {
    // Of 4 tokens: 2 need one block, 3 would fill it with the token more, so there are two; 4 and the token more have two.
    for (const [prompt, blocks] of [
      [2, 1],
      [3, 2],
      [4, 2],
      [7, 3],
      [8, 3],
    ]) {
      const server = serveAll([[prompt, 3]], { blocks: 20 });
      step(server);
      expect(server.sequences.tableLength[0], `${prompt} tokens`).toBe(blocks);
    }
  });

  it('are taken again only when all are full', () => {
    const server = serveAll([[2, 9]], { blocks: 20 });
    const held: number[] = [];
    for (let i = 0; i < 8; i++) {
      step(server);
      held.push(server.sequences.tableLength[0]);
    }
    // Stored after each step: 2, 3, 4, 5 ... A fifth token finds one block full.
    expect(held).toEqual([1, 1, 1, 2, 2, 2, 2, 3]);
  });

  it('keep a margin free from prompts, but not from the first of a step nor from decodes', () => {
    const server = serveAll(
      [
        [20, 9],
        [10, 9],
        [10, 9],
      ],
      { blocks: 16, settings: { safetyMargin: 0.5 } },
    );
    // 6 blocks for 20 tokens leave 10, 3 for 10 leave 7: fewer than half of 16.
    expect(step(server)).toEqual([
      [0, 20],
      [1, 10],
    ]);
    expect(decisionsOf(server)).toContainEqual([DecisionKind.hold, 2, Because.watermark, 8, 7]);
    expect(step(server)).toEqual([
      [0, 1],
      [1, 1],
    ]);
  });

  it('that a waiting request lacks do not hold those behind it', () => {
    const server = serveAll(
      [
        [20, 2],
        [30, 2],
        [2, 2],
      ],
      { blocks: 10 },
    );
    expect(step(server)).toEqual([
      [0, 20],
      [2, 2],
    ]);
    expect(decisionsOf(server)).toContainEqual([DecisionKind.hold, 1, Because.noBlocks, 8, 4]);
    expect(server.policy.waiting()).toEqual([1]);
  });

  it('are refused to a request that could want more than there are', () => {
    const server = serve(
      [
        [30, 9],
        [30, 8],
      ],
      { blocks: 10 },
    );
    // 39 tokens and one more come to 11 blocks, 38 and one more to 10.
    expect(server.arrive(0)).toEqual({ rule: 'largerThanPool', need: 11, have: 10 });
    expect(server.arrive(1)).toBeNull();
  });
});

describe('eviction', () => {
  /** Three requests of 6 tokens in 6 blocks of 4: each takes two, and at 9 tokens wants a third. */
  const three: readonly (readonly [number, number])[] = [
    [6, 12],
    [6, 12],
    [6, 12],
  ];

  it('takes the newest of those that got no block, until the others can go on', () => {
    const server = serveAll(three, { blocks: 6 });
    for (let i = 0; i < 3; i++) expect(step(server)).toHaveLength(3);
    // All are at 8 tokens and want a block: none is free. The third is evicted, whose two blocks are enough for both others.
    expect(step(server)).toEqual([
      [0, 1],
      [1, 1],
    ]);
    expect(server.policy.running).toEqual([0, 1]);
    expect(server.policy.waiting()).toEqual([2]);
    expect(server.memory.freeBlocks).toBe(0);
  });

  it('lets nobody join until somebody has finished, and the victim comes back with all its tokens', () => {
    const server = serveAll([...three, [1, 1]], { blocks: 6, rows: 3 });
    for (let i = 0; i < 4; i++) step(server);
    expect(server.policy.waiting()).toEqual([3, 2]);
    const later: [number, number][] = [];
    while (server.ended.length === 0) {
      expect(later.map(([request]) => request)).not.toContain(3);
      later.push(...step(server));
      expect(decisionsOf(server)).toContainEqual([DecisionKind.hold, 3, Because.awaitsFinish, 0, 0]);
    }
    while (!server.ended.includes(2)) later.push(...step(server));
    expect(later.find(([request]) => request === 3)).toEqual([3, 1]);
    // Six tokens of the prompt and the three that it had generated.
    expect(later.find(([request]) => request === 2)).toEqual([2, 9]);
    expect(server.sequences.generated[2]).toBe(12);
  });

  it('keeps KV in host memory as far as there is room, and goes on with the last token', () => {
    const server = serveAll(three, { blocks: 6, hostBlocks: 2 });
    for (let i = 0; i < 4; i++) step(server);
    expect(server.policy.host?.blocksOf(2)).toBe(2);
    expect(server.sequences.computed[2]).toBe(8);
    while (server.ended.length === 0) step(server);
    // It has 6 + 3 tokens, of which the last is not stored yet.
    expect(step(server).find(([request]) => request === 2)).toEqual([2, 1]);
    expect(server.policy.host?.swappedBlocks).toBe(0);
    while (server.ended.length < 3) step(server);
    expect(server.sequences.generated[2]).toBe(12);
  });

  it('takes up again when the last one that runs is cancelled', () => {
    const server = serveAll(three.slice(0, 2), { blocks: 5 });
    do step(server);
    while (server.policy.waitingCount === 0);
    expect(server.policy.waiting()).toEqual([1]);
    server.policy.abort(0, 0);
    expect(step(server).map(([request]) => request)).toEqual([1]);
  });
});

describe('asynchronous batching', () => {
  it('computes a token for nothing for a request whose last one is on its way', () => {
    const server = serveAll([[4, 2]], { blocks: 10, isAsync: true });
    const sizes: number[] = [];
    sizes.push(server.launch().count);
    sizes.push(server.launch().count);
    server.finishOldest();
    sizes.push(server.launch().count);
    server.finishOldest();
    expect(server.ended).toEqual([0]);
    expect(sizes).toEqual([1, 1, 1]);
    server.finishOldest();
    expect(server.sequences.generated[0]).toBe(2);
    expect(server.memory.freeBlocks).toBe(10);
  });
});

describe('padding', () => {
  const shapeOf = (prompts: readonly number[], given: Partial<Given> = {}) => {
    const server = serveAll(
      prompts.map((prompt) => [prompt, 4]),
      { blocks: 50, settings: { padsInputs: true, qPadding: 8 }, ...given },
    );
    return [server.launch(), server];
  };

  it('is to a multiple with prompts, with logits for as many rows as could be there', () => {
    const [batch] = shapeOf([5, 6]) as [Batch, Server];
    expect(batch.shape.tokens).toBe(16);
    expect(batch.paddingTokens).toBe(5);
    expect(batch.shape.samples).toBe(8);
    expect(batch.prefillTokens).toBe(11);
  });

  it('is to a power of two of decodes, up to the rows', () => {
    const [, server] = shapeOf([2, 2, 2], { rows: 3 }) as [Batch, Server];
    server.finishOldest();
    expect(server.launch().shape.tokens).toBe(3);
    const [, wider] = shapeOf([2, 2, 2]) as [Batch, Server];
    wider.finishOldest();
    expect(wider.launch().shape.tokens).toBe(4);
  });

  it('never exceeds the token budget', () => {
    const [batch] = shapeOf([9], { tokens: 10 }) as [Batch, Server];
    expect(batch.shape.tokens).toBe(10);
  });
});

describe('the policy and its plain twin', () => {
  const twinArb: fc.Arbitrary<TwinConfig & { isAsync: boolean }> = fc.record({
    prefillFirst: fc.boolean(),
    margin: fc.constantFrom(0, 0.15, 0.5),
    tokens: fc.integer({ min: 1, max: 60 }),
    rows: fc.integer({ min: 1, max: 6 }),
    blockSize: fc.constantFrom(4, 4, 16),
    blocks: fc.integer({ min: 8, max: 24 }),
    hostBlocks: fc.constantFrom(0, 0, 4, 20),
    isAsync: fc.boolean(),
  });
  const trafficArb = fc.array(
    fc.record({
      at: fc.integer({ min: 0, max: 40 }),
      prompt: fc.integer({ min: 1, max: 40 }),
      output: fc.integer({ min: 1, max: 30 }),
    }),
    { minLength: 1, maxLength: 14 },
  );

  const ids = (requests: readonly { readonly id: number }[]) => requests.map(({ id }) => id);

  it('schedule the same tokens of the same requests, and have the same blocks left', () => {
    let evictions = 0;
    fc.assert(
      fc.property(twinArb, trafficArb, ({ isAsync, ...config }, unsorted) => {
        const traffic = [...unsorted].sort((a, b) => a.at - b.at);
        const server = serve(
          traffic.map(({ prompt, output }) => [prompt, output]),
          {
            ...config,
            isAsync,
            settings: { scheduler: config.prefillFirst ? 'prefill_first' : 'fifo', safetyMargin: config.margin },
          },
        );
        const twin = new TwinScheduler(config);
        const flights: ReturnType<TwinScheduler['schedule']>[] = [];
        let next = 0;
        for (let t = 0; next < traffic.length || server.policy.hasWork || flights.length > 0; t++) {
          for (; next < traffic.length && traffic[next].at <= t; next++) {
            if (server.arrive(next) === null) twin.arrive(next, traffic[next].prompt, traffic[next].output);
          }
          const batch = server.launch();
          const expected = twin.schedule();
          if (expected.length > 0) flights.push(expected);
          const ours = Array.from({ length: batch.count }, (_, i) => ({
            request: batch.request[i],
            tokens: batch.tokens[i],
            computed: batch.computed[i],
            yields: (batch.flags[i] & EntryFlag.samples) !== 0,
            evictions: batch.epoch[i],
          }));
          const { policy, memory } = server;
          // As text: an expectation of an object a step would take most of the time.
          expect(JSON.stringify([ours, memory.freeBlocks, policy.waiting(), policy.running])).toBe(
            JSON.stringify([expected, twin.free, ids(twin.waitingOrder()), ids(twin.active)]),
          );
          evictions += batch.preemptions;
          if (flights.length < (isAsync ? 2 : 1) && expected.length > 0) continue;
          server.finishOldest();
          twin.complete(flights.shift() ?? []);
          expect(t, 'steps').toBeLessThan(5000);
        }
      }),
      { numRuns: cases },
    );
    expect(evictions).toBeGreaterThan(10);
  });
});
