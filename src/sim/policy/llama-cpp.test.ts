import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Batch, EntryFlag } from '../batch.ts';
import { Because, DecisionKind } from '../decision.ts';
import { createEngine, type Engine, resolveLimits } from '../engine.ts';
import { defaultEngineConfig, type EngineConfig } from '../engine-config.ts';
import { LlamaMemory } from '../memory/llama-cells.ts';
import { type RequestSpec, RequestTable, Status } from '../request.ts';
import { assert, cases } from '../testing.ts';
import { type LlamaCppSettings, llamaCpp } from './llama-cpp.ts';
import { SlowLlama, type SlowView } from './llama-slow.ts';
import { llamaArb, llamaConfig } from './llama-testing.ts';

/** An engine without a clock: requests arrive when they are told to. */
class Server {
  readonly engine: Engine;
  readonly memory: LlamaMemory;
  readonly ended: number[] = [];
  private batch = new Batch();
  private now = 0;

  constructor(specs: readonly RequestSpec[], config: Partial<EngineConfig>, settings: Partial<LlamaCppSettings> = {}) {
    const requests = new RequestTable(specs.length);
    for (const spec of specs) requests.push(spec);
    const all: EngineConfig = {
      ...defaultEngineConfig(8193),
      policy: 'llama-cpp',
      memory: 'own',
      batchesInFlight: 1,
      asyncScheduling: false,
      maxNumSeqs: 4,
      maxNumBatchedTokens: 2048,
      maxNumScheduledTokens: 2048,
      blockSize: 1,
      enablePrefixCaching: false,
      settings,
      ...config,
    };
    this.engine = createEngine(all, requests, (request) => this.ended.push(request), false, false);
    const { memory } = this.engine;
    if (!(memory instanceof LlamaMemory)) throw new Error('no cells');
    this.memory = memory;
  }

  arrive(...requests: number[]): void {
    const { sequences, memory, policy } = this.engine;
    for (const request of requests) {
      const { outputLimit, refusal } = resolveLimits(this.engine, request);
      sequences.arrive(request, outputLimit);
      if (refusal !== null) {
        sequences.status[request] = Status.rejected;
        continue;
      }
      memory.arrive(request);
      policy.arrive(request);
    }
  }

  /** Ends the last step and schedules the next. */
  step(): SlowView {
    this.complete();
    this.engine.decisions.clear();
    const { batch } = this;
    this.engine.policy.schedule(this.now, batch);
    return Array.from({ length: batch.count }, (_, i) => [
      batch.request[i],
      batch.tokens[i],
      (batch.flags[i] & EntryFlag.samples) !== 0,
    ]);
  }

  complete(): void {
    this.engine.policy.complete(this.batch, ++this.now);
    this.batch = new Batch();
  }

  /** Steps until nothing is left to do. */
  drain(): SlowView[] {
    const views: SlowView[] = [];
    for (;;) {
      const view = this.step();
      if (view.length === 0) return views;
      views.push(view);
    }
  }

  /** Decisions of the last step: kind, request, reason, numbers. */
  get decisions(): number[][] {
    const { kind, request, because, need, have, count } = this.engine.decisions;
    return Array.from({ length: count }, (_, i) => [kind[i], request[i], because[i], need[i], have[i]]);
  }
}

const request = (promptTokens: number, outputTokens: number, rest: Partial<RequestSpec> = {}): RequestSpec => ({
  arrivalUs: 0,
  promptTokens,
  outputTokens,
  ...rest,
});

/** A conversation's next prompt: the one before, its answer, and some more. */
const conversation = (turns: readonly (readonly [fresh: number, output: number])[]): RequestSpec[] => {
  const specs: RequestSpec[] = [];
  let text: { segment: number; offset: number; length: number }[] = [];
  turns.forEach(([fresh, output], i) => {
    const segments = [...text, { segment: 10 + i, offset: 0, length: fresh }];
    const promptTokens = segments.reduce((sum, { length }) => sum + length, 0);
    specs.push(request(promptTokens, output, { segments, outputSegment: 100 + i }));
    text = [...segments, { segment: 100 + i, offset: 0, length: output }];
  });
  return specs;
};

describe("llama.cpp's slots, worked out by hand", () => {
  it('gives the first request the last slot, and the next ones the others from the back', () => {
    const server = new Server([request(5, 3), request(5, 3)], {});
    server.arrive(0, 1);
    server.step();
    expect([0, 1].map((r) => server.memory.slotOfRequest(r))).toEqual([3, 2]);
  });

  it('defers a fifth request while four slots generate, and puts it in front when one is released', () => {
    const specs = [request(5, 3), request(5, 9), request(5, 9), request(5, 9), request(5, 2), request(5, 2)];
    const server = new Server(specs, {});
    server.arrive(0, 1, 2, 3, 4);
    server.step();
    expect(server.engine.policy.waiting()).toEqual([4]);
    expect(server.decisions.at(-1)).toEqual([DecisionKind.hold, 4, Because.seats, 1, 4]);
    server.step();
    server.step();
    // The first slot is released when this step ends; somebody who comes now stands behind the deferred one.
    server.arrive(5);
    expect(server.step()).toContainEqual([4, 5, true]);
    expect(server.engine.policy.waiting()).toEqual([5]);
  });

  it('puts the last of several deferred tasks in front when several slots are released at once', () => {
    const specs = [...Array.from({ length: 4 }, () => request(5, 1)), request(5, 4), request(5, 4), request(5, 4)];
    const server = new Server(specs, { maxNumBatchedTokens: 20, maxNumScheduledTokens: 20 });
    server.arrive(0, 1, 2, 3, 4, 5, 6);
    server.step();
    server.step();
    // Released in the order of the slots; 4, 5 and 6 were each put in front, so 6 chooses first: the slot released first.
    expect([4, 5, 6].map((r) => server.memory.slotOfRequest(r))).toEqual([2, 1, 0]);
  });

  it('takes a conversation back to its slot, and computes its new tokens only', () => {
    const [first, second] = conversation([
      [40, 10],
      [6, 4],
    ]);
    const server = new Server([first, request(30, 2), second], {});
    server.arrive(0, 1);
    server.drain();
    const slot = [0, 1, 2, 3].find((s) => server.memory.lastOf(s) === 0);
    server.arrive(2);
    // 40 + 9 tokens are in the slot: the last one of the answer was never computed.
    expect(server.step()).toEqual([[2, 7, true]]);
    expect(server.memory.slotOfRequest(2)).toBe(slot);
    expect(server.decisions).toEqual([[DecisionKind.admit, 2, Because.none, 7, 49]]);
  });

  it('computes the last token again when all of a prompt is cached', () => {
    const same = { segments: [{ segment: 7, offset: 0, length: 20 }] };
    const server = new Server([request(20, 3, same), request(20, 3, same)], {});
    server.arrive(0);
    server.drain();
    server.arrive(1);
    expect(server.step()).toEqual([[1, 1, true]]);
  });

  it('chooses by similarity only above the threshold', () => {
    const shared = (own: number, segment: number) =>
      request(own + 10, 2, {
        segments: [
          { segment: 1, offset: 0, length: 10 },
          { segment, offset: 0, length: own },
        ],
      });
    // Ten of 100 tokens are a tenth: not more than the threshold. Ten of 99 are.
    for (const [own, hits] of [
      [90, 0],
      [89, 10],
    ]) {
      const server = new Server([shared(50, 2), shared(own, 3)], {});
      server.arrive(0);
      server.drain();
      server.arrive(1);
      expect(server.step()).toEqual([[1, own + 10 - hits, true]]);
    }
  });

  it('forgets nothing by choosing the slot used longest ago, as long as one is unused', () => {
    const server = new Server(
      Array.from({ length: 6 }, () => request(5, 1)),
      {},
    );
    const slots = [0, 1, 2, 3, 4, 5].map((r) => {
      server.arrive(r);
      server.step();
      return server.memory.slotOfRequest(r);
    });
    expect(slots).toEqual([3, 2, 1, 0, 3, 2]);
  });
});

describe("an iteration of llama.cpp's server, worked out by hand", () => {
  it('puts decodes first, then prompts in the order of the slots, not of arrival', () => {
    // Slots are given out from the back: 0 gets slot 3, 1 slot 2, 2 slot 1.
    const server = new Server([request(3, 30), request(3000, 5), request(3000, 5)], {});
    server.arrive(0);
    server.step();
    server.arrive(1, 2);
    const views = [server.step(), server.step(), server.step()];
    expect([1, 2].map((r) => server.memory.slotOfRequest(r))).toEqual([2, 1]);
    // One decode and 2047 tokens of slot 1; then 953 of it and 1094 of slot 2; then its rest.
    expect(views).toEqual([
      [
        [0, 1, true],
        [2, 2047, false],
      ],
      [
        [0, 1, true],
        [2, 953, true],
        [1, 1094, false],
      ],
      [
        [2, 1, true],
        [0, 1, true],
        [1, 1906, true],
      ],
    ]);
  });

  it('holds a prompt whose slot the batch has not come to', () => {
    const server = new Server([request(3000, 5), request(3000, 5)], {});
    server.arrive(0, 1);
    expect(server.step()).toEqual([[1, 2048, false]]);
    expect(server.engine.policy.waiting()).toEqual([0]);
    expect(server.decisions.at(-1)).toEqual([DecisionKind.hold, 0, Because.tokenBudget, 3000, 0]);
  });

  it('lets prompts wait until nobody generates without continuous batching', () => {
    const server = new Server([request(3, 4), request(3, 2)], {}, { isContinuous: false });
    server.arrive(0);
    server.step();
    server.arrive(1);
    const views = [server.step(), server.step(), server.step()];
    expect(views).toEqual([[[0, 1, true]], [[0, 1, true]], [[0, 1, true]]]);
    expect(server.decisions.at(-1)).toEqual([DecisionKind.hold, 1, Because.notItsTurn, 0, 0]);
    expect(server.step()).toEqual([[1, 3, true]]);
  });

  it('ends a generation at the context of its slot, or drops half of what it need not keep', () => {
    const spec = request(10, 100);
    const without = new Server([spec], { numBlocks: 33, maxNumSeqs: 1 });
    without.arrive(0);
    without.drain();
    expect(without.engine.sequences.generated[0]).toBe(22);
    const shifting = new Server([spec], { numBlocks: 33, maxNumSeqs: 1 }, { shiftsContext: true, keep: 3 });
    shifting.arrive(0);
    shifting.step();
    for (let i = 0; i < 21; i++) shifting.step();
    expect(shifting.memory.tokensOf(0)).toBe(31);
    shifting.step();
    // Of 31 tokens 3 stay, and of the other 28 half go.
    expect(shifting.memory.tokensOf(0)).toBe(31 - 14 + 1);
    expect(shifting.decisions).toEqual([[DecisionKind.evict, 0, Because.contextShift, 14, 32]]);
    shifting.drain();
    expect(shifting.engine.sequences.generated[0]).toBe(100);
  });

  it('refuses a prompt that leaves no place in its slot', () => {
    const server = new Server([request(8, 1), request(7, 1)], { numBlocks: 33 }, { isUnified: false });
    server.arrive(0, 1);
    expect(server.step()).toEqual([[1, 7, true]]);
    expect(server.engine.sequences.status[0]).toBe(Status.rejected);
  });

  it('throws an idle slot’s tokens away when the cells do not last, one slot at a time', () => {
    const server = new Server([request(30, 1), request(30, 1), request(50, 1)], { numBlocks: 101 });
    server.arrive(0, 1);
    server.drain();
    expect(server.memory.emptyCells).toBe(40);
    server.arrive(2);
    expect(server.step()).toEqual([[2, 50, true]]);
    // Slots 3 and 2 hold them; the first in the order of the slots goes.
    expect(server.decisions[0]).toEqual([DecisionKind.evict, 1, Because.cellsFull, 30, 0]);
    expect(server.memory.cachedOf(3).length).toBe(30);
    expect(server.memory.emptyCells).toBe(20);
  });

  it('halves the batch when no idle slot is left, decodes what fits, and fails with the rest', () => {
    const server = new Server([request(40, 30), request(50, 5)], { numBlocks: 93 });
    server.arrive(0);
    server.step();
    server.step();
    server.arrive(1);
    expect(server.memory.emptyCells).toBe(51);
    server.step();
    expect(server.memory.emptyCells).toBe(0);
    // Slot 2 is gone through before slot 3.
    expect(server.step()).toEqual([]);
    expect(server.ended).toEqual([1, 0]);
    expect([0, 1].map((r) => server.engine.sequences.status[r])).toEqual([Status.aborted, Status.aborted]);
    expect(server.decisions).toEqual([
      [DecisionKind.fail, 1, Because.contextExceeded, 1, 0],
      [DecisionKind.fail, 0, Because.contextExceeded, 1, 0],
    ]);
    expect(server.memory.emptyCells).toBe(92);
  });

  it('samples a view before the next one is decoded, so that a slot released by the first makes room for it', () => {
    // The short answer ends with the view that has one of the two last cells; its slot's tokens are thrown away for the rest.
    const server = new Server([request(30, 20), request(20, 2)], { numBlocks: 54, maxNumSeqs: 2 });
    server.arrive(0);
    server.step();
    server.step();
    server.arrive(1);
    expect(server.step()).toEqual(
      [
        [1, 20, true],
        [0, 1, true],
      ].toReversed(),
    );
    expect(server.memory.emptyCells).toBe(1);
    expect(server.step()).toEqual([[1, 1, true]]);
    expect(server.decisions).toEqual([[DecisionKind.skip, 0, Because.noBlocks, 1, 0]]);
    expect(server.step()).toEqual([[0, 1, true]]);
    expect(server.ended).toEqual([1]);
    expect(server.decisions.at(-1)).toEqual([DecisionKind.evict, 1, Because.cellsFull, 21, 0]);
  });

  it('saves a slot’s tokens when it is given to somebody else, and takes them back', () => {
    const [first, second] = conversation([
      [40, 10],
      [6, 4],
    ]);
    const config = { maxNumSeqs: 1, hostBlocks: 1000, hostLinkBytesPerS: 1e6, kvBytesPerBlock: 10 };
    const server = new Server([first, request(30, 2), second], config);
    server.arrive(0);
    server.drain();
    server.arrive(1);
    server.drain();
    expect(server.memory.promptCache?.tokens).toBe(49);
    server.arrive(2);
    // Its beginning is in host memory: 31 tokens go there, 49 come back, and only the new ones are computed.
    expect(server.step()).toEqual([[2, 7, true]]);
    expect(server.memory.promptCache?.entries.map(({ tokens }) => tokens.length)).toEqual([31]);
  });
});

describe("llama.cpp's server against plain lists of tokens", () => {
  it('decodes the same views, keeps the same tokens in slots and in host memory, and loses the same requests', () => {
    let purges = 0;
    let shifts = 0;
    let loads = 0;
    let failed = 0;
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            at: fc.integer({ min: 0, max: 60 }),
            shared: fc.integer({ min: 0, max: 2 }),
            sharedTokens: fc.integer({ min: 0, max: 40 }),
            skipped: fc.constantFrom(0, 0, 4),
            ownTokens: fc.integer({ min: 1, max: 40 }),
            outputTokens: fc.integer({ min: 1, max: 60 }),
          }),
          { minLength: 1, maxLength: 14 },
        ),
        llamaArb,
        fc.integer({ min: 4, max: 100 }),
        fc.constantFrom(0, 30, 1000),
        (drawn, sample, budget, hostBlocks) => {
          const traffic = [...drawn].sort((a, b) => a.at - b.at);
          const specs = traffic.map(({ shared, sharedTokens, skipped, ownTokens, outputTokens }, r) => ({
            arrivalUs: 0,
            promptTokens: sharedTokens + ownTokens,
            outputTokens,
            segments: [
              { segment: 1 + shared, offset: skipped, length: sharedTokens },
              { segment: 10 + r, offset: 0, length: ownTokens },
            ],
            outputSegment: 100 + r,
          }));
          const config = {
            ...llamaConfig(sample, null, hostBlocks),
            maxNumBatchedTokens: budget,
            maxNumScheduledTokens: budget,
          };
          const fast = new Server(specs, config, config.settings);
          const slow = new SlowLlama(specs, fast.engine.config, { ...llamaCpp.defaults, ...config.settings });
          const { memory, engine } = fast;
          let arrived = 0;
          for (let i = 0; ; i++) {
            for (; arrived < traffic.length && traffic[arrived].at <= i; arrived++) {
              fast.arrive(arrived);
              if (engine.sequences.status[arrived] !== Status.rejected) slow.tasks.push(arrived);
            }
            const view = fast.step();
            const scheduled = slow.schedule();
            const held = slow.slots.map(({ request: r, state, tokens }) => {
              const isHeld = r >= 0 && state !== 'started';
              return isHeld ? memory.tokensOf(r) : tokens.length;
            });
            const kept = slow.slots.map(({ state, tokens }) => (state === 'idle' || state === 'started' ? tokens : []));
            expect({
              view,
              held,
              requests: slow.slots.map((_, s) => memory.requestOf(s)),
              kept: slow.slots.map((_, s) => textOf(memory.cachedOf(s))),
              saved: (memory.promptCache?.entries ?? []).map(({ tokens }) => textOf(tokens)),
            }).toEqual({
              view: scheduled,
              held: slow.slots.map(({ tokens }) => tokens.length),
              requests: slow.slots.map(({ request: r }) => r),
              kept,
              saved: slow.saved,
            });
            if (view.length === 0 && arrived === traffic.length) break;
            fast.complete();
            slow.complete(view);
            expect(fast.ended.toSorted((a, b) => a - b)).toEqual([...slow.ended, ...slow.failed].sort((a, b) => a - b));
            assert(i < 5000, 'the run does not end');
          }
          for (const r of slow.failed) expect(engine.sequences.status[r]).toBe(Status.aborted);
          purges += slow.purges;
          shifts += slow.shifts;
          loads += slow.loads;
          failed += slow.failed.length;
        },
      ),
      { numRuns: cases },
    );
    // Every rule had its turn.
    expect(Math.min(purges, shifts, loads, failed)).toBeGreaterThan(0);
  });
});

function textOf({ pieces }: { readonly pieces: readonly { segment: number; offset: number; length: number }[] }) {
  return pieces.flatMap(({ segment, offset, length }) => Array.from({ length }, (_, i) => `${segment}:${offset + i}`));
}
