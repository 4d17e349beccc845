import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Because, DecisionKind } from '../decision.ts';
import { defaultEngineConfig } from '../engine-config.ts';
import { FastGenReplay, type FastGenStep, type FastGenTraffic } from '../replay/fastgen-replay.ts';
import { Run } from '../run.ts';
import { Simulation } from '../simulation.ts';
import { cases, openSource, toyCost } from '../testing.ts';

type Requests = FastGenTraffic['requests'];

/** Iterations of the policy on some traffic, under the defaults but for what is given. */
function iterations(count: number, requests: Requests, config: Partial<FastGenTraffic['config']>) {
  const replay = new FastGenReplay({ config: { ...defaults, ...config }, requests });
  return Array.from({ length: count }, (_, i) => replay.step(i));
}

const defaults: FastGenTraffic['config'] = {
  block_size: 64,
  num_blocks: 10_000,
  max_ragged_batch_size: 768,
  max_ragged_sequence_count: 512,
  max_tracked_sequences: 2048,
};

const single = { policy: 'fastgen', batchesInFlight: 1, asyncScheduling: false, enablePrefixCaching: false };

const same = (count: number, request: Requests[number]): Requests => Array.from({ length: count }, () => request);

describe('SplitFuse, worked out by hand', () => {
  it('cuts a prompt of 3000 beside 10 generations into pieces of 758', () => {
    const steps = iterations(
      9,
      [...same(10, { at: 0, prompt: 8, output: 100 }), { at: 3, prompt: 3000, output: 2 }],
      {},
    );
    const pieces = steps.flatMap(({ run }) => run.filter(([request]) => request === 10));
    expect(pieces).toEqual([
      [10, 758, 0],
      [10, 758, 0],
      [10, 758, 0],
      [10, 726, 1],
      [10, 1, 1],
    ]);
    expect(steps.slice(4, 7).map(({ run }) => run.reduce((sum, [, tokens]) => sum + tokens, 0))).toEqual([
      768, 768, 768,
    ]);
    expect(steps[4].run.slice(0, 10).every(([, tokens]) => tokens === 1)).toBe(true);
  });

  it('gives 512 of 800 generations a token, in buffer order, and begins with the other 288 the next time', () => {
    const config = {
      ...defaultEngineConfig(1001),
      maxNumSeqs: 2048,
      maxNumBatchedTokens: 800,
      settings: { maxRaggedSequenceCount: 800 },
      ...single,
    };
    const specs = Array.from({ length: 800 }, () => ({ arrivalUs: 0, promptTokens: 1, outputTokens: 9 }));
    const simulation = new Simulation(config, openSource(specs), toyCost);
    simulation.next();
    simulation.engine.limits.maxNumBatchedTokens = 512;
    const ids = (): number[] => {
      simulation.next();
      const { request, count } = simulation.lastBatch;
      return Array.from(request.subarray(0, count));
    };
    const span = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
    expect(ids()).toEqual(span(0, 512));
    expect(ids()).toEqual([...span(512, 800), ...span(0, 224)]);
    expect(ids()).toEqual([...span(224, 512), ...span(512, 736)]);
  });

  it('fills the rows of a forward and no more: prompts wait although tokens and seats are left', () => {
    const steps = iterations(4, same(6, { at: 0, prompt: 5, output: 50 }), { max_ragged_sequence_count: 4 });
    expect(steps.slice(1).map(({ run }) => run.map(([request]) => request))).toEqual([
      [0, 1, 2, 3],
      [0, 1, 2, 3],
      [0, 1, 2, 3],
    ]);
  });

  it('passes over who finds no block, and serves nobody in its row', () => {
    // 13 blocks of 4, 8 of them full of prompts: five generations find a block, three are passed over.
    const requests = same(8, { at: 0, prompt: 4, output: 40 });
    const steps = iterations(4, requests, { block_size: 4, num_blocks: 13 });
    const ids = steps.map(({ run }) => run.map(([request]) => request));
    expect(ids.slice(1)).toEqual([
      [0, 1, 2, 3, 4, 5, 6, 7],
      [0, 1, 2, 3, 4],
      [0, 1, 2, 3, 4],
    ]);
    expect(steps[2].buffer).toEqual([
      [5, 1],
      [6, 1],
      [7, 1],
    ]);
  });

  it('does not begin a prompt of 1000 with 10 free blocks of 64, nor anybody behind it', () => {
    const requests: Requests = [
      { at: 0, prompt: 64 * 9, output: 30 },
      { at: 1, prompt: 1000, output: 1 },
      { at: 1, prompt: 10, output: 1 },
    ];
    const steps = iterations(5, requests, { num_blocks: 20 });
    expect(steps.map(({ free }) => free)).toEqual([20, 11, 10, 10, 10]);
    expect(steps.flatMap(({ run }) => run).every(([request]) => request === 0)).toBe(true);
    expect(steps[4].buffer).toEqual([
      [1, 1000],
      [2, 10],
    ]);
  });

  it('evicts the last in the buffer that holds KV when all are at the end of their block and none is free', () => {
    const requests = same(3, { at: 0, prompt: 64, output: 10 });
    const steps = iterations(5, requests, { num_blocks: 3 });
    expect(steps[1]).toMatchObject({
      run: [
        [0, 64, 1],
        [1, 64, 1],
        [2, 64, 1],
      ],
      free: 0,
    });
    expect(steps[1].buffer).toEqual([
      [0, 1],
      [1, 1],
      [2, 65],
    ]);
    expect(steps[2]).toMatchObject({ flush: [2], run: [], free: 1 });
    // One block is free now: the first one goes on.
    expect(steps[3].run).toEqual([[0, 1, 1]]);
  });

  it('says why', () => {
    const config = {
      ...defaultEngineConfig(4),
      ...single,
      blockSize: 64,
      maxModelLen: 192,
    };
    const specs = [64, 64, 64].map((promptTokens) => ({ arrivalUs: 0, promptTokens, outputTokens: 10 }));
    const simulation = new Simulation(config, openSource(specs), toyCost);
    simulation.next();
    simulation.next();
    const { decisions } = simulation.engine;
    const lines = Array.from({ length: decisions.count }, (_, i) => [
      decisions.kind[i],
      decisions.request[i],
      decisions.because[i],
    ]);
    const passed = [0, 1, 2].map((request) => [DecisionKind.skip, request, Because.noBlocks]);
    expect(lines).toEqual([
      ...passed,
      [DecisionKind.preempt, 2, Because.noBlocks],
      [DecisionKind.skip, 1, Because.noBlocks],
      [DecisionKind.hold, 2, Because.fullPrompt],
    ]);
  });

  it('keeps the blocks of a finished sequence for two iterations', () => {
    const steps = iterations(
      5,
      [
        { at: 0, prompt: 64, output: 1 },
        { at: 0, prompt: 64, output: 9 },
      ],
      { num_blocks: 20 },
    );
    expect(steps[1].finished).toEqual([0]);
    expect(steps.map(({ flush }) => flush)).toEqual([[], [], [], [0], []]);
    expect(steps.map(({ free }) => free)).toEqual([20, 18, 17, 18, 18]);
  });

  it('gives all blocks back when the last request ends, and takes no time for it', () => {
    const config = { ...defaultEngineConfig(100), ...single };
    const run = new Run(config, openSource([{ arrivalUs: 5, promptTokens: 40, outputTokens: 3 }]), toyCost, 1e12);
    while (!run.advance(100));
    const { summary, outcomes } = run.account();
    expect([summary.finished, summary.steps]).toEqual([1, 3]);
    expect(outcomes.finishUs[0]).toBe(summary.durationUs);
    expect(run.simulation.nowUs).toBe(summary.durationUs);
    expect(run.simulation.engine.memory.freeBlocks).toBe(99);
  });
});

/** An entry of the twin's buffer: a request, or a flush of one. */
interface Entry {
  readonly id: number;
  input: number;
  seen: number;
  generated: number;
  left: number;
}

/** SplitFuse in the plainest way: one array, rebuilt at every iteration. */
class SlowSplitFuse {
  private readonly traffic: FastGenTraffic;
  private buffer: Entry[] = [];
  private scheduled: { entry: Entry; tokens: number; isLast: boolean }[] = [];
  private flushes: number[] = [];
  private queuedFlushes: number[] = [];
  private readonly blocks = new Map<number, number>();
  private free: number;
  private arrived = 0;

  constructor(traffic: FastGenTraffic) {
    this.traffic = traffic;
    this.free = traffic.config.num_blocks;
  }

  step(i: number): Required<Omit<FastGenStep, 'i'>> {
    const { requests, config } = this.traffic;
    const flushesNow = this.queuedFlushes;
    this.queuedFlushes = [];
    const queue: Entry[] = [];
    while (this.arrived < requests.length && requests[this.arrived].at <= i) {
      const { prompt, output } = requests[this.arrived];
      queue.push({ id: this.arrived++, input: prompt, seen: 0, generated: 0, left: output });
    }
    const flush = this.flushes;
    for (const id of flush) {
      this.free += this.blocks.get(id) ?? 0;
      this.blocks.delete(id);
    }
    const finished: number[] = [];
    const run = this.scheduled.map(({ entry, tokens, isLast }): [number, number, number] => {
      const need = this.missing(entry, tokens);
      this.free -= need;
      this.blocks.set(entry.id, (this.blocks.get(entry.id) ?? 0) + need);
      entry.seen += tokens;
      return [entry.id, tokens, isLast ? 1 : 0];
    });
    for (const { entry, isLast } of this.scheduled) {
      if (!isLast) continue;
      entry.generated++;
      entry.left--;
      if (entry.left === 0) {
        finished.push(entry.id);
        this.queuedFlushes.push(entry.id);
      } else queue.push({ ...entry, input: 1 });
    }
    const { free } = this;
    this.buffer.push(...queue);
    this.flushes = flushesNow;
    this.plan(config);
    return { flush, run, finished, free, buffer: this.buffer.map(({ id, input }): [number, number] => [id, input]) };
  }

  private missing(entry: Entry, tokens: number): number {
    return Math.ceil((entry.seen + tokens) / this.traffic.config.block_size) - (this.blocks.get(entry.id) ?? 0);
  }

  private plan(config: FastGenTraffic['config']): void {
    this.scheduled = [];
    let reserved = 0;
    let length = 0;
    const generations = this.buffer.filter((e) => e.generated > 0);
    const prompts = this.buffer.filter((e) => e.generated === 0);
    for (const entry of generations.slice(
      0,
      Math.min(config.max_ragged_sequence_count, config.max_ragged_batch_size),
    )) {
      if (entry.seen % config.block_size === 0) {
        if (reserved === this.free) continue;
        reserved++;
      }
      this.scheduled.push({ entry, tokens: 1, isLast: true });
      length++;
    }
    const rests: Entry[] = [];
    for (const entry of prompts) {
      if (this.free === 0 || this.scheduled.length >= config.max_ragged_sequence_count) break;
      const budget = config.max_ragged_batch_size - length;
      if (budget <= 0) break;
      const isNew = !this.blocks.has(entry.id);
      const hasSlot = !isNew || this.blocks.size < config.max_tracked_sequences;
      const fits = hasSlot && this.missing(entry, entry.input) <= this.free - reserved;
      if (!fits) {
        if (entry.input > 1) break;
        continue;
      }
      const tokens = Math.min(entry.input, budget);
      reserved += this.missing(entry, tokens);
      length += tokens;
      const isLast = tokens === entry.input;
      this.scheduled.push({ entry, tokens, isLast });
      if (!isLast) rests.unshift(entry);
    }
    const isStuck = this.buffer.length > 0 && this.scheduled.length === 0 && this.flushes.length === 0;
    const left = this.buffer.filter((e) => !this.scheduled.some(({ entry }) => entry === e));
    // A rest is one entry with its running piece here, so its input is cut when it has been scheduled.
    this.buffer = [...rests, ...left];
    for (const { entry, tokens, isLast } of this.scheduled) if (!isLast) entry.input -= tokens;
    if (!isStuck) return;
    const victim = this.buffer.filter((e) => e.seen > 0).at(-1);
    if (victim === undefined) return;
    this.flushes = [victim.id];
    const { prompt, output } = this.traffic.requests[victim.id];
    const produced = output - victim.left;
    this.buffer = this.buffer.filter((e) => e !== victim);
    this.buffer.push({ id: victim.id, input: prompt + produced, seen: 0, generated: 0, left: victim.left });
  }
}

const trafficArb: fc.Arbitrary<FastGenTraffic> = fc.record({
  config: fc.record({
    block_size: fc.constantFrom(1, 4, 16),
    num_blocks: fc.integer({ min: 45, max: 200 }),
    max_ragged_batch_size: fc.integer({ min: 1, max: 60 }),
    max_ragged_sequence_count: fc.integer({ min: 1, max: 6 }),
    max_tracked_sequences: fc.integer({ min: 1, max: 12 }),
  }),
  requests: fc
    .array(
      fc.record({
        at: fc.integer({ min: 0, max: 40 }),
        prompt: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 30 })),
        output: fc.integer({ min: 1, max: 15 }),
      }),
      { minLength: 1, maxLength: 14 },
    )
    .map((requests) => [...requests].sort((a, b) => a.at - b.at)),
});

describe('SplitFuse against one plain array', () => {
  it('runs, flushes and leaves the same in every iteration', () => {
    let evictions = 0;
    fc.assert(
      fc.property(trafficArb, (traffic) => {
        const fast = new FastGenReplay(traffic);
        const slow = new SlowSplitFuse(traffic);
        const ended = new Set<number>();
        for (let i = 0; !fast.isOver; i++) {
          const step = fast.step(i);
          expect(step).toEqual(slow.step(i));
          evictions += step.flush.filter((request) => !ended.has(request)).length;
          for (const request of step.finished) ended.add(request);
          expect(i).toBeLessThan(5000);
        }
        expect(ended.size).toBe(traffic.requests.length);
      }),
      { numRuns: cases },
    );
    expect(evictions).toBeGreaterThan(0);
  });
});
