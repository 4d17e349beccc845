import fc from 'fast-check';
import { defaultEngineConfig, type EngineConfig } from './engine-config.ts';
import type { CostModel } from './gpu/cost.ts';
import { ContiguousMemory } from './memory/contiguous.ts';
import { OwnershipChecker } from './memory/ownership.ts';
import { PagedMemory } from './memory/paged.ts';
import { type RequestSpec, RequestTable, Status } from './request.ts';
import type { Simulation } from './simulation.ts';
import type { Source } from './source.ts';

/** Generated cases a property gets: few in every test run, many in the deep one. */
export const cases = Number(process.env.TOKENYARD_CASES || 150);

/** A cost model for tests: simple, but of the right shape, so that batches of different kinds take different times. */
export const toyCost: CostModel = {
  stepUs: (shape) => 1000 + 10 * shape.tokens + Math.floor(shape.decodeContextSum / 100),
  flops: (shape) => shape.tokens,
  explain: () => [],
};

/** An open source over given requests. */
export function openSource(specs: readonly RequestSpec[]): Source {
  const requests = new RequestTable(specs.length);
  for (const spec of [...specs].sort((a, b) => a.arrivalUs - b.arrivalUs)) requests.push(spec);
  return {
    requests,
    classes: ['request'],
    next: () => Number.POSITIVE_INFINITY,
    finished: () => {},
    save: () => null,
    restore: () => {},
  };
}

const requestArb: fc.Arbitrary<RequestSpec> = fc
  .record({
    arrivalUs: fc.integer({ min: 0, max: 200_000 }),
    shared: fc.integer({ min: 0, max: 3 }),
    sharedTokens: fc.integer({ min: 0, max: 40 }),
    ownTokens: fc.integer({ min: 1, max: 60 }),
    outputTokens: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 150 })),
    isPrivate: fc.boolean(),
    endsBy: fc.constantFrom('length' as const, 'stop' as const),
    maxTokens: fc.option(fc.integer({ min: 1, max: 180 }), { nil: undefined }),
    priority: fc.integer({ min: 0, max: 2 }),
  })
  .map(({ shared, sharedTokens, ownTokens, isPrivate, arrivalUs, ...rest }) => ({
    ...rest,
    arrivalUs,
    promptTokens: sharedTokens + ownTokens,
    ...(isPrivate
      ? {}
      : {
          segments: [
            { segment: 1 + shared, offset: 0, length: sharedTokens },
            { segment: 100 + (arrivalUs % 7), offset: 0, length: ownTokens },
          ],
        }),
  }));

/** Traffic and engine of a small run in which every rule gets its turn: seats, tokens and blocks are scarce. */
export const runArb = fc.record({
  requests: fc.array(requestArb, { minLength: 1, maxLength: 25 }),
  config: fc
    .record({
      policy: fc.constantFrom(
        'vllm' as const,
        'static' as const,
        'vllm-2023' as const,
        'sarathi' as const,
        'simple-chunking' as const,
        'orca' as const,
        'faster-transformer' as const,
      ),
      memory: fc.constantFrom(
        'paged' as const,
        'paged' as const,
        'contiguous' as const,
        'contiguous-pow2' as const,
        'contiguous-oracle' as const,
      ),
      asyncScheduling: fc.boolean(),
      maxNumSeqs: fc.integer({ min: 1, max: 8 }),
      budget: fc.integer({ min: 8, max: 200 }),
      enableChunkedPrefill: fc.boolean(),
      longPrefillTokenThreshold: fc.constantFrom(0, 16),
      queue: fc.constantFrom('fcfs' as const, 'priority' as const),
      blockSize: fc.constantFrom(1, 4, 16),
      places: fc.integer({ min: 64, max: 600 }),
      enablePrefixCaching: fc.boolean(),
      watermark: fc.constantFrom(0, 0.1),
      reserveFullPrompt: fc.boolean(),
      staticBatchSize: fc.integer({ min: 1, max: 6 }),
      tokenAtPrefillEnd: fc.boolean(),
      paddedPrefillBudget: fc.boolean(),
    })
    .map(({ budget, places, ...rest }): EngineConfig => {
      const numBlocks = 1 + Math.ceil(places / rest.blockSize);
      const maxModelLen = Math.min(160, (numBlocks - 1) * rest.blockSize);
      // Without chunked prefill the engine raises its budget to the longest sequence.
      const tokens = rest.enableChunkedPrefill ? budget : Math.max(budget, maxModelLen);
      return {
        ...defaultEngineConfig(numBlocks),
        ...rest,
        maxModelLen,
        maxNumBatchedTokens: tokens,
        maxNumScheduledTokens: tokens,
        batchesInFlight: rest.policy === 'vllm' && rest.asyncScheduling ? 2 : 1,
        asyncScheduling: rest.policy === 'vllm' && rest.asyncScheduling,
        staticTimeoutUs: 50_000,
      };
    }),
});

/** Follows the ownership of every block of a simulation from now on; throws at an event that cannot be. */
export function watchOwnership(simulation: Simulation): OwnershipChecker {
  const { memory, config, sequences } = simulation.engine;
  const checker = new OwnershipChecker(config.numBlocks);
  if (memory instanceof PagedMemory) {
    for (let block = 1; block < config.numBlocks; block++)
      checker.adopt(block, memory.pool.references[block], memory.isCached(block));
    memory.pool.observer = checker.observe;
  } else if (memory instanceof ContiguousMemory) {
    for (let r = 0; r < simulation.arrived; r++)
      for (let i = 0; i < sequences.tableLength[r]; i++) checker.adopt(sequences.tables[r][i], 1, false);
    memory.observer = checker.observe;
  }
  return checker;
}

/** What must hold after every step: blocks are conserved, holders are counted, tokens are accounted for. */
export function checkInvariants(simulation: Simulation, ownership: OwnershipChecker): void {
  const { memory, policy, sequences } = simulation.engine;
  const holders = new Map<number, number>();
  let wasted = 0;
  for (let r = 0; r < simulation.arrived; r++) {
    const length = sequences.tableLength[r];
    const isWaiting = sequences.status[r] === Status.waiting || sequences.status[r] === Status.preempted;
    assert(length === 0 || !isWaiting, `request ${r} waits and holds blocks`);
    assert(sequences.status[r] !== Status.running || length > 0, `request ${r} runs without blocks`);
    if (length === 0) continue;
    const places = length * memory.blockSize;
    assert(sequences.computed[r] <= places, `request ${r} has more tokens than places`);
    wasted += places - sequences.computed[r];
    const own = new Set<number>();
    for (let i = 0; i < length; i++) {
      const block = sequences.tables[r][i];
      assert(block >= 1 && block <= memory.usableBlocks, `block ${block} is not in the pool`);
      assert(!own.has(block), `request ${r} holds block ${block} twice`);
      own.add(block);
      holders.set(block, (holders.get(block) ?? 0) + 1);
    }
  }
  assert(wasted === memory.wastedTokens, `wasted places: ${memory.wastedTokens}, counted ${wasted}`);
  assert(holders.size + memory.freeBlocks === memory.usableBlocks, 'blocks are lost or given out twice');
  for (const [block, count] of holders) {
    const state = count === 1 ? 'owned' : `shared by ${count}`;
    assert(ownership.stateOf(block) === state, `block ${block} is ${state}, followed as ${ownership.stateOf(block)}`);
  }
  if (memory instanceof PagedMemory) {
    const free = memory.pool.freeList();
    assert(free.length === memory.freeBlocks && new Set(free).size === free.length, 'the free list is broken');
    for (const block of free) {
      assert(!holders.has(block), `block ${block} is free and held`);
      const state = memory.isCached(block) ? 'cached' : 'free';
      assert(ownership.stateOf(block) === state, `block ${block} is ${state}, followed as ${ownership.stateOf(block)}`);
    }
    for (const [block, count] of holders) {
      assert(memory.pool.references[block] === count, `block ${block}: ${memory.pool.references[block]} references`);
    }
  } else if (memory instanceof ContiguousMemory) {
    for (const count of holders.values()) assert(count === 1, 'a contiguous piece is shared');
    for (let r = 0; r < simulation.arrived; r++) {
      for (let i = 1; i < sequences.tableLength[r]; i++) {
        assert(sequences.tables[r][i] === sequences.tables[r][i - 1] + 1, `request ${r} is not in one piece`);
      }
    }
    assert(memory.unusableBlocks(-1) <= memory.freeBlocks, 'more blocks are unusable than free');
  }
  const seen = [...policy.waiting(), ...policy.running];
  assert(new Set(seen).size === seen.length, 'a request waits and runs at once');
  const live = simulation.arrived - simulation.finished - simulation.rejected;
  const idle = policy.running.filter((r) => sequences.status[r] !== Status.running).length;
  assert(seen.length - idle === live, `${live} requests live, ${seen.length - idle} known to the policy`);
}

/** What must hold at the end: nobody is lost, everybody has all tokens, all blocks are back. */
export function checkEnd(simulation: Simulation, ownership: OwnershipChecker): void {
  const { sequences, memory, config } = simulation.engine;
  const { requests } = sequences;
  assert(simulation.arrived === requests.count, 'a request never arrived');
  for (let r = 0; r < requests.count; r++) {
    if (sequences.status[r] === Status.rejected) continue;
    assert(sequences.status[r] === Status.finished, `request ${r} never ended`);
    const limit = requests.maxTokens[r] > 0 ? requests.maxTokens[r] : Number.POSITIVE_INFINITY;
    const rest = config.maxModelLen - requests.promptTokens[r];
    const expected = Math.min(requests.outputTokens[r], limit, rest);
    assert(sequences.generated[r] === expected, `request ${r}: ${sequences.generated[r]} tokens, not ${expected}`);
    assert(sequences.finishUs[r] >= sequences.firstTokenUs[r], `request ${r} ended before its first token`);
    assert(sequences.firstTokenUs[r] > requests.arrivalUs[r], `request ${r} answered before it asked`);
  }
  ownership.expectNoLeaks();
  assert(memory.freeBlocks === memory.usableBlocks, 'blocks are not given back');
  assert(memory.wastedTokens === 0, 'places are still counted as wasted');
}

function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}
