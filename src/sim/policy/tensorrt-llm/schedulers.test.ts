import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Because } from '../../decision.ts';
import { cases } from '../../testing.ts';
import { CapacityScheduler } from './capacity-scheduler.ts';
import { chunkCost, chunkEqually, chunkInOrder } from './chunking.ts';
import { MicroBatchScheduler } from './micro-batch-scheduler.ts';
import type { CapacityPolicy, ChunkingPolicy } from './settings.ts';
import { isStarted, type PlainRequest, viewOf } from './testing.ts';

/** Obviously right twins of the two schedulers: the rules in words, on lists, with everything counted anew. */

const requestArb: fc.Arbitrary<PlainRequest> = fc
  .record({
    phase: fc.constantFrom('waiting', 'waiting', 'stale', 'middle', 'generating', 'generating', 'completing'),
    blocks: fc.uniqueArray(fc.nat(12), { minLength: 1, maxLength: 4 }),
    toCompletion: fc.nat(9),
    forStep: fc.integer({ min: 0, max: 5 }),
    missing: fc.constantFrom('', 'a', 'b', 'c', 'd'),
    found: fc.uniqueArray(fc.nat(12), { maxLength: 3 }),
    remaining: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.constantFrom(8, 24)),
    drafts: fc.constantFrom(0, 0, 1, 3, 9),
    reusable: fc.constantFrom(0, 0, 8, 24),
    reusableHeld: fc.constantFrom(0, 8),
    isInFlight: fc.boolean(),
  })
  .map((r): PlainRequest => {
    const phase = r.phase as PlainRequest['phase'];
    const isWaiting = phase === 'waiting' || phase === 'stale';
    return {
      ...r,
      phase,
      blocks: isWaiting ? [] : r.blocks,
      forStep: isWaiting ? r.forStep + r.found.length : phase === 'middle' ? 0 : r.forStep % 2,
      found: isWaiting ? r.found : [],
      // Only a first chunk is spared anything.
      reusable: isWaiting ? Math.min(r.reusable, r.remaining - (r.remaining % 8)) : 0,
      reusableHeld: isWaiting ? Math.min(r.reusableHeld, r.remaining - (r.remaining % 8)) : 0,
    };
  });

const isDecode = ({ phase }: PlainRequest): boolean => phase === 'generating' || phase === 'completing';
const isContext = (r: PlainRequest): boolean => !isDecode(r);

interface Fitting {
  readonly fitting: number[];
  readonly reusable: number[];
  readonly paused: number[];
}

function slowCapacity(
  requests: readonly PlainRequest[],
  free: number,
  most: number,
  policy: CapacityPolicy,
  isPrefixAware: boolean,
): Fitting {
  const fitting: number[] = [];
  const paused: number[] = [];
  const reusable: number[] = [];
  const being = new Set(requests.filter((r) => isContext(r) && isStarted(r)).map((r) => r.missing));
  const waitsForReuse = (r: PlainRequest): boolean => {
    if (!isPrefixAware || isDecode(r) || isStarted(r) || r.missing === '') return false;
    const isBeing = being.has(r.missing);
    being.add(r.missing);
    return isBeing;
  };
  const all = requests.map((_, i) => i).filter((i) => requests[i].phase !== 'stale');
  if (policy !== 'max_utilization') {
    // Nobody is looked at any more behind the one for whom there was no place.
    const decodes = all.filter((i) => isDecode(requests[i])).slice(0, most);
    const full = decodes.length === most ? all.filter((i) => i > decodes[most - 1])[0] : undefined;
    fitting.push(...decodes);
    let left = decodes.reduce((sum, i) => sum - requests[i].toCompletion, free);
    const contexts = all.filter((i) => isContext(requests[i]) && (full === undefined || i < full));
    if (policy === 'static_batch' && decodes.length > 0) contexts.length = 0;
    for (const i of contexts) {
      if (policy !== 'static_batch' && waitsForReuse(requests[i])) continue;
      if (fitting.length >= most || requests[i].toCompletion > left) break;
      left -= requests[i].toCompletion;
      fitting.push(i);
    }
    return { fitting, paused, reusable: fitting.map((i) => (isDecode(requests[i]) ? 0 : requests[i].reusable)) };
  }
  /** Who holds a block, of those that were not paused, or counts on it. */
  const counting = new Map<number, readonly number[]>();
  const held = (block: number): boolean =>
    requests.some((r, i) => r.blocks.includes(block) && !paused.includes(i)) ||
    [...counting.values()].some((blocks) => blocks.includes(block));
  const shared = (r: PlainRequest): number[] => {
    const blocks: number[] = [];
    for (const block of r.found) {
      if (!held(block)) break;
      blocks.push(block);
    }
    return blocks;
  };
  let scheduled = 0;
  let end = requests.length;
  let i = 0;
  while (i < end) {
    const r = requests[i];
    if (r.phase === 'stale' || waitsForReuse(r)) {
      i++;
      continue;
    }
    const lost = new Set(requests.flatMap(({ blocks }) => blocks).filter((block) => !held(block)));
    const need = r.forStep - shared(r).length;
    if (fitting.length < most && scheduled + need <= free + lost.size) {
      scheduled += need;
      if (!isStarted(r)) counting.set(i, shared(r));
      fitting.push(i);
      reusable.push(isStarted(r) ? 0 : r.reusableHeld);
      i++;
      continue;
    }
    const victims = requests.map((_, at) => at).filter((at) => at >= i && at < end && isStarted(requests[at]));
    const victim = victims.at(-1);
    if (victim === undefined) break;
    paused.push(victim);
    end = victim;
  }
  return { fitting, paused, reusable };
}

it('fits whom the rules in words fit', () => {
  const arb = fc.record({
    requests: fc.array(requestArb, { maxLength: 9 }),
    free: fc.nat(14),
    most: fc.integer({ min: 1, max: 8 }),
    policy: fc.constantFrom<CapacityPolicy>(
      'guaranteed_no_evict',
      'max_utilization',
      'max_utilization',
      'static_batch',
    ),
    isPrefixAware: fc.boolean(),
  });
  fc.assert(
    fc.property(arb, ({ requests, free, most, policy, isPrefixAware }) => {
      const fast = new CapacityScheduler(viewOf(requests, free), policy, isPrefixAware);
      // A second look at the same requests finds nothing of the first.
      for (let look = 0; look < 2; look++) {
        fast.select([...requests.keys()], most);
        const { fitting, reusable, paused } = slowCapacity(requests, free, most, policy, isPrefixAware);
        expect(fast.fitting).toEqual(fitting);
        expect(fast.reusable).toEqual(reusable);
        expect(fast.paused.map((pause) => pause.request)).toEqual(paused);
      }
      // Whoever was left out has a reason.
      const seen = new Set([...fast.fitting, ...fast.deferred, ...fast.paused.map((p) => p.request)]);
      const left = requests.findIndex((r, i) => r.phase !== 'stale' && !seen.has(i));
      if (left >= 0 && fast.paused.length === 0) {
        expect(fast.stop.request).toBeGreaterThanOrEqual(0);
        expect(fast.stop.because).not.toBe(Because.none);
      }
    }),
    { numRuns: 10 * cases },
  );
});

interface Selected {
  /** Request, tokens of its chunk, drafts behind it. */
  readonly contexts: (readonly [number, number, number])[];
  readonly generations: number[];
}

function slowMicroBatch(
  requests: readonly PlainRequest[],
  maxTokens: number,
  maxRequests: number,
  chunking: ChunkingPolicy | null,
  unit: number,
): Selected {
  const contexts: [number, number, number][] = [];
  const generations: number[] = [];
  const split: number[] = [];
  let tokens = 0;
  const able = [...requests.keys()].filter((i) => !requests[i].isInFlight && requests[i].phase !== 'completing');
  for (const i of able.slice(0, maxRequests)) {
    const { remaining, reusable, drafts } = requests[i];
    if (isDecode(requests[i])) {
      if (tokens + 1 + drafts > maxTokens) break;
      tokens += 1 + drafts;
      generations.push(i);
    } else if (chunking === null) {
      const cost = Math.max(1, (reusable === 0 ? remaining : remaining - reusable) + drafts);
      if (tokens + cost > maxTokens) break;
      tokens += cost;
      contexts.push([i, remaining, drafts]);
    } else split.push(i);
  }
  const left = maxTokens - tokens;
  const wants = split.map((i) => requests[i].remaining);
  const spares = split.map((i) => requests[i].reusable);
  const drafts = split.map((i) => requests[i].drafts);
  const costs = split.map((_, k) => chunkCost(wants[k], spares[k], wants[k]) + drafts[k]);
  const fits = costs.reduce((a, b) => a + b, 0) <= left && costs.every((cost) => cost <= maxTokens);
  const divide = chunking === 'equal_progress' ? chunkEqually : chunkInOrder;
  const chunks = fits ? wants : divide(wants, spares, left, unit);
  // Where something was cut, each draft needs a place in the last unit of its chunk, and one in the step.
  let used = chunks.reduce((sum, chunk, k) => sum + chunkCost(chunk, spares[k], wants[k]), 0);
  const kept = split.map((_, k) => {
    if (fits) return drafts[k];
    if (chunks[k] < wants[k] || drafts[k] === 0) return 0;
    let places = 0;
    while ((chunks[k] + places) % unit !== 0 && chunks[k] + places < maxTokens && used < left) {
      places++;
      used++;
    }
    return Math.min(places, drafts[k]);
  });
  const all = split.map((i, k) => [i, chunks[k], kept[k]] as const).filter(([, chunk]) => chunk > 0);
  const isLast = ([i, chunk]: readonly [number, number, number]): boolean => chunk === requests[i].remaining;
  const ordered = fits ? all : [...all.filter((c) => !isLast(c)), ...all.filter(isLast)];
  return { contexts: [...contexts, ...ordered], generations };
}

it('puts into the step whom the rules in words put there', () => {
  const arb = fc.record({
    requests: fc.array(requestArb, { maxLength: 9 }),
    maxTokens: fc.integer({ min: 1, max: 120 }),
    maxRequests: fc.integer({ min: 1, max: 8 }),
    chunking: fc.constantFrom<ChunkingPolicy | null>(null, 'first_come_first_served', 'equal_progress'),
    unit: fc.constantFrom(4, 8),
  });
  fc.assert(
    fc.property(arb, ({ requests, maxTokens, maxRequests, chunking, unit }) => {
      const fast = new MicroBatchScheduler(viewOf(requests, 0), chunking, unit);
      for (let look = 0; look < 2; look++) {
        fast.select(
          [...requests.keys()],
          requests.map((r) => r.reusable),
          maxTokens,
          maxRequests,
        );
        const { contexts, generations } = slowMicroBatch(requests, maxTokens, maxRequests, chunking, unit);
        expect(fast.contexts.map((r, i) => [r, fast.chunks[i], fast.contextDrafts[i]])).toEqual(contexts);
        expect(fast.generations).toEqual(generations);
      }
      const able = requests.filter((r) => !r.isInFlight && r.phase !== 'completing').length;
      const isWhole = fast.contexts.length + fast.generations.length === able;
      expect(fast.stop.request < 0).toBe(isWhole);
    }),
    { numRuns: 10 * cases },
  );
});
