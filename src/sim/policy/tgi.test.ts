import { describe, expect, it } from 'vitest';
import { EntryFlag } from '../batch.ts';
import { Because, Bound, DecisionKind } from '../decision.ts';
import { defaultEngineConfig, type EngineConfig } from '../engine-config.ts';
import { TgiMemory } from '../memory/tgi.ts';
import { type RequestSpec, Status } from '../request.ts';
import { Simulation } from '../simulation.ts';
import { openSource, toyCost } from '../testing.ts';
import { type TgiSettings, tgi } from './tgi.ts';

/** TGI with places for that many tokens. */
function server(places: number, settings: Partial<TgiSettings> = {}, config: Partial<EngineConfig> = {}): EngineConfig {
  const blockSize = config.blockSize ?? 1;
  return {
    ...defaultEngineConfig(1 + places / blockSize),
    policy: 'tgi',
    settings,
    memory: 'own',
    asyncScheduling: false,
    batchesInFlight: 1,
    maxModelLen: 100_000,
    maxNumBatchedTokens: 4096,
    blockSize,
    ...config,
  };
}

/** `count` requests that arrive together. */
const many = (count: number, spec: RequestSpec): RequestSpec[] => Array.from({ length: count }, () => spec);
const ask = (promptTokens: number, outputTokens: number, arrivalUs = 0): RequestSpec => ({
  arrivalUs,
  promptTokens,
  outputTokens,
});
/** The same with a text that others can have too. */
const say = (segment: number, promptTokens: number, outputTokens: number, arrivalUs = 0): RequestSpec => ({
  ...ask(promptTokens, outputTokens, arrivalUs),
  segments: [{ segment, offset: 0, length: promptTokens }],
});

/** A simulation and its forwards as rows `request:tokens@computed`. */
class Player {
  readonly simulation: Simulation;

  constructor(config: EngineConfig, specs: readonly RequestSpec[]) {
    this.simulation = new Simulation(config, openSource(specs), toyCost);
  }

  /** The next forward; empty when all is done. */
  next(): string {
    if (!this.simulation.next()) return '';
    const { lastBatch: batch } = this.simulation;
    const rows = Array.from(
      { length: batch.count },
      (_, i) => `${batch.request[i]}:${batch.tokens[i]}@${batch.computed[i]}`,
    );
    return rows.join(' ');
  }

  forwards(count: number): string[] {
    return Array.from({ length: count }, () => this.next());
  }

  /** Goes on until a forward has a row of that request. */
  until(request: number): string {
    for (;;) {
      const rows = this.next();
      if (rows === '' || ` ${rows}`.includes(` ${request}:`)) return rows;
    }
  }

  /** The rule that holds the head of the queue now, with its numbers. */
  held(): unknown[] {
    const { decisions } = this.simulation.engine;
    for (let i = decisions.count - 1; i >= 0; i--) {
      if (decisions.kind[i] !== DecisionKind.hold) continue;
      return [decisions.request[i], decisions.because[i], decisions.need[i], decisions.have[i]];
    }
    return [];
  }

  /** The rule that refused somebody since the last forward. */
  refused(): unknown[] {
    const { decisions } = this.simulation.engine;
    for (let i = 0; i < decisions.count; i++) {
      if (decisions.kind[i] !== DecisionKind.reject) continue;
      return [decisions.request[i], decisions.because[i], decisions.need[i], decisions.have[i]];
    }
    return [];
  }

  get bound(): number {
    return this.simulation.lastBatch.bound;
  }

  get memory(): TgiMemory {
    const { memory } = this.simulation.engine;
    if (!(memory instanceof TgiMemory)) throw new Error('not the memory of TGI');
    return memory;
  }
}

const whole: Partial<TgiSettings> = { prefillChunking: false };
const uncached = { enablePrefixCaching: false };

describe('the loop with chunks', () => {
  it('computes new prompts beside the running decodes, and then all decodes: two forwards a turn, none of which leaves anybody out', () => {
    const player = new Player(server(1000), [ask(10, 5), ask(20, 3, 1), ask(30, 3, 1)]);
    expect(player.forwards(7)).toEqual([
      '0:10@0',
      '0:1@10 1:20@0 2:30@0',
      '0:1@11 1:1@20 2:1@30',
      '0:1@12 1:1@21 2:1@31',
      '0:1@13',
      '',
      '',
    ]);
  });

  it('takes new requests once a turn: who comes between its two forwards waits for the next turn', () => {
    const player = new Player(server(1000), [ask(10, 9), ask(20, 9, 1), ask(30, 9, 1300)]);
    expect(player.next()).toBe('0:10@0');
    // 1100 us: the first turn begins. 1300 us: the third comes. It ends at 1100 + 1000 + 210 us.
    expect(player.next()).toBe('0:1@10 1:20@0');
    expect(player.next()).toBe('0:1@11 1:1@20');
    expect(player.held()).toEqual([2, Because.notItsTurn, 0, 0]);
    expect(player.next()).toBe('0:1@12 1:1@21 2:30@0');
  });

  it('gives a new prompt the budget less the tokens of the running ones: 4096 - 10 decodes', () => {
    const player = new Player(server(20_000), [...many(10, ask(5, 50)), ask(10_000, 2, 1)]);
    player.next();
    expect(player.next()).toMatch(/ 10:4086@0$/);
    expect(player.bound).toBe(Bound.tokenBudget);
  });

  it('counts the next chunks of begun prompts among those tokens', () => {
    const player = new Player(server(1000, {}, { maxNumBatchedTokens: 20 }), [ask(50, 2), ask(9, 2, 1)]);
    expect(player.next()).toBe('0:20@0');
    expect(player.next()).toBe('0:20@20');
    expect(player.held()).toEqual([1, Because.tokenBudget, 9, 0]);
    // The last chunk leaves 10.
    expect(player.next()).toBe('0:10@40 1:9@0');
  });

  it('is told by the blocks of the running batch when its tokens are up, shared ones counted for each', () => {
    // 101 blocks with block 0. The text of 60 is cached once the first has ended; each of the others has 68 blocks.
    const others = [say(7, 60, 9, 2000), say(7, 60, 9, 2001), say(7, 60, 9, 5000)];
    const shared = new Player(server(100), [say(7, 60, 1), ...others]);
    expect(shared.forwards(3)).toEqual(['0:60@0', '1:1@59', '1:1@60 2:1@59']);
    while (shared.held().length === 0) shared.next();
    expect(shared.held()).toEqual([3, Because.batchTokens, 60, 0]);
    expect(shared.memory.freeBlocks).toBe(100 - 60 - 8 - 8);
  });

  it('has block 0 among its tokens: a batch with all blocks has one left, and the blocks decide', () => {
    const player = new Player(server(100), [ask(60, 41), ask(5, 2, 1)]);
    player.forwards(2);
    expect(player.held()).toEqual([1, Because.noBlocks, 6, 0]);
  });

  it('asks neither the ratio, nor the steps since, nor (while a batch runs) its size', () => {
    const settings = { waitingServedRatio: 9, maxWaitingTokens: 99, maxBatchSize: 2 };
    const player = new Player(server(1000, settings), [...many(3, ask(5, 20)), ask(5, 20, 1), ask(5, 20, 1)]);
    expect(player.next()).toBe('0:5@0 1:5@0');
    expect(player.held()).toEqual([2, Because.seats, 1, 2]);
    expect(player.bound).toBe(Bound.seats);
    expect(player.next()).toBe('0:1@5 1:1@5 2:5@0 3:5@0 4:5@0');
  });

  it('plans the next chunks from the last request to the first, each at least one token', () => {
    // r1 decodes beside r0's chunks and ends with the second forward: 1 of the 19 + 1 tokens planned is left for r2.
    const player = new Player(server(1000, {}, { maxNumBatchedTokens: 20 }), [ask(4, 2), ask(100, 2), ask(100, 2, 1)]);
    expect(player.forwards(5)).toEqual([
      '0:4@0 1:16@0',
      '0:1@4 1:19@16',
      '1:19@35 2:1@0',
      // 20 - 1 for both: the newer one takes all, the older one gets a token.
      '1:1@54 2:19@1',
      '1:1@55 2:19@20',
    ]);
  });

  it('plans for the rows of the forward, although some have ended with it', () => {
    const specs = [...many(5, ask(1, 2)), ask(100, 2)];
    const player = new Player(server(1000, {}, { maxNumBatchedTokens: 20 }), specs);
    expect(player.forwards(3).map((rows) => rows.split(' ').at(-1))).toEqual(['5:15@0', '5:15@15', '5:15@30']);
  });

  it('delivers the first token with the last piece of the prompt, and chooses one for every row', () => {
    const { simulation } = new Player(server(1000, {}, { maxNumBatchedTokens: 20 }), [ask(50, 2)]);
    const { sequences } = simulation.engine;
    for (const samples of [0, 0, EntryFlag.samples]) {
      expect(sequences.generated[0]).toBe(0);
      simulation.next();
      expect(simulation.lastBatch.flags[0] & EntryFlag.samples).toBe(samples);
      expect(simulation.lastBatch.shape.samples).toBe(1);
    }
    simulation.next();
    expect(sequences.firstTokenUs[0]).toBe(3000 + 500);
  });
});

describe('the loop without chunks', () => {
  it('lets the running batch stand still for new prompts, which are computed alone and whole', () => {
    const settings = { ...whole, waitingServedRatio: 0.3 };
    const player = new Player(server(1000, settings), [ask(10, 9), ask(20, 9, 1)]);
    expect(player.forwards(4)).toEqual(['0:10@0', '1:20@0', '0:1@10 1:1@20', '0:1@11 1:1@21']);
  });

  it('waits until ratio x batch wait: three for a batch of ten', () => {
    const specs = [...many(10, ask(5, 90)), ask(5, 9, 1), ask(5, 9, 3000), ask(5, 9, 5000)];
    const player = new Player(server(10_000, { ...whole, waitingServedRatio: 0.3 }), specs);
    player.next();
    player.next();
    expect(player.held()).toEqual([10, Because.tooFewWaiting, 3, 1]);
    player.forwards(2);
    expect(player.held()).toEqual([10, Because.tooFewWaiting, 3, 2]);
    expect(player.until(10)).toBe('10:5@0 11:5@0 12:5@0');
    expect(player.simulation.nowUs).toBeGreaterThan(5000);
  });

  it('takes anybody after that many decodes: the count starts at 1 with the prompts', () => {
    const specs = [...many(10, ask(5, 90)), ask(5, 90, 1), ask(5, 90, 30_000)];
    const player = new Player(server(10_000, { ...whole, waitingServedRatio: 0.3, maxWaitingTokens: 20 }), specs);
    const decodesBefore = (request: number): number => {
      for (let decodes = 0; ; decodes++) if (player.next() === `${request}:5@0`) return decodes;
    };
    player.next();
    expect(decodesBefore(10)).toBe(19);
    expect(decodesBefore(11)).toBe(19);
  });

  it('multiplies in single precision, as the server does', () => {
    // In double precision 90 x 0.7 is a little less than 63.
    for (const [ratio, batch, wanted] of [
      [0.3, 13, 3],
      [1.2, 5, 6],
      [0.7, 90, 63],
    ]) {
      const specs = [...many(batch, ask(5, 90)), ask(5, 9, 1)];
      const player = new Player(server(20_000, { ...whole, waitingServedRatio: ratio }), specs);
      player.forwards(2);
      expect(player.held()).toEqual([batch, Because.tooFewWaiting, wanted, 1]);
    }
  });

  it('fills the batch up to its size', () => {
    const settings = { ...whole, waitingServedRatio: 0, maxBatchSize: 3 };
    const player = new Player(server(1000, settings), [...many(2, ask(5, 20)), ...many(2, ask(5, 30, 1))]);
    expect(player.forwards(2)).toEqual(['0:5@0 1:5@0', '2:5@0']);
    player.forwards(2);
    expect(player.held()).toEqual([3, Because.seats, 1, 3]);
    expect(player.bound).toBe(Bound.seats);
  });

  it('does not even look for blocks while too few wait', () => {
    const specs = [say(1, 40, 1), ask(20, 30, 5000), ask(20, 31, 5001)];
    const player = new Player(server(100, { ...whole, waitingServedRatio: 3 }), specs);
    player.until(1);
    player.next();
    expect(player.held()).toEqual([2, Because.tooFewWaiting, 3, 1]);
    // 11 blocks are free: to give it 50, the cached prompt would have been cut.
    expect(player.memory.cachedKeys).toBe(40);
  });

  it('puts all back, in order, if fewer can be had than are worth it', () => {
    // Three would be wanted; the blocks do for two.
    const specs = [...many(10, ask(5, 40)), ...many(3, ask(20, 30, 1))];
    const player = new Player(server(10 * 44 + 100, { ...whole, waitingServedRatio: 0.3 }), specs);
    player.forwards(2);
    expect(player.held()).toEqual([10, Because.tooFewWaiting, 3, 2]);
    expect(player.simulation.engine.policy.waiting()).toEqual([10, 11, 12]);
    expect(player.memory.freeBlocks).toBe(100);
    expect(player.simulation.engine.sequences.tableLength[10]).toBe(0);
    expect(player.memory.freeList()).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
  });

  it('sends a prompt that is over the budget back, and with it its blocks', () => {
    const config = { maxNumBatchedTokens: 50 };
    const player = new Player(server(1000, { ...whole, waitingServedRatio: 0 }, config), many(3, ask(20, 20)));
    expect(player.next()).toBe('0:20@0 1:20@0');
    expect(player.held()).toEqual([2, Because.tokenBudget, 20, 10]);
    expect(player.bound).toBe(Bound.tokenBudget);
    expect(player.memory.freeBlocks).toBe(1000 - 2 * 39);
    expect(player.next()).toBe('2:20@0');
  });

  it('refuses a prompt longer than one prefill', () => {
    const player = new Player(server(1000, whole, { maxNumBatchedTokens: 50 }), [ask(51, 2), ask(50, 2)]);
    expect(player.next()).toBe('1:50@0');
    expect(player.refused()).toEqual([0, Because.promptOverBudget, 51, 50]);
  });
});

describe('admission', () => {
  it('stops at a head that does not fit, whoever fits behind it', () => {
    const player = new Player(server(100, {}, uncached), [ask(40, 21), ask(30, 21, 1), ask(5, 6, 1)]);
    player.forwards(2);
    // 60 of 100 are taken.
    expect(player.held()).toEqual([1, Because.noBlocks, 50, 40]);
    expect(player.bound).toBe(Bound.blocks);
    expect(player.until(2)).toBe('1:30@0 2:5@0');
  });

  it('reserves prompt and output less one: of two of 300 + 300 in 1000 places one', () => {
    const player = new Player(server(1000), many(2, ask(300, 300)));
    expect(player.next()).toBe('0:300@0');
    expect(player.simulation.engine.sequences.tableLength[0]).toBe(599);
    expect(player.held()).toEqual([1, Because.noBlocks, 599, 401]);
  });

  it('reserves what a client may get, not what it will get', () => {
    const player = new Player(server(1000), [{ ...ask(100, 2), endsBy: 'stop', maxTokens: 700 }]);
    player.next();
    expect(player.simulation.engine.sequences.tableLength[0]).toBe(799);
  });

  it('rounds the budget up to whole blocks', () => {
    const player = new Player(server(160, {}, { blockSize: 16, maxNumBatchedTokens: 20 }), [ask(40, 2)]);
    expect(player.next()).toBe('0:32@0');
    // The plan for the next forward is not rounded.
    expect(player.next()).toBe('0:8@32');
  });

  it('admits nobody without a token of budget left, and what that prompt was given goes back', () => {
    const player = new Player(server(1000, {}, { maxNumBatchedTokens: 30 }), [ask(10, 2), ask(20, 2), ask(5, 2)]);
    expect(player.next()).toBe('0:10@0 1:20@0');
    expect(player.held()).toEqual([2, Because.tokenBudget, 5, 0]);
    expect(player.memory.freeBlocks).toBe(1000 - 11 - 21);
  });

  it('stops behind a prompt that it cut', () => {
    const player = new Player(server(1000, {}, { maxNumBatchedTokens: 30 }), [ask(31, 2), ask(5, 2)]);
    expect(player.next()).toBe('0:30@0');
    expect(player.held()).toEqual([1, Because.tokenBudget, 5, 0]);
  });

  it('does not look at anybody behind a prompt that it cut', () => {
    const specs = [say(1, 40, 1), ask(31, 2, 5000), ask(50, 5, 5000)];
    const player = new Player(server(100, {}, { maxNumBatchedTokens: 30 }), specs);
    player.until(1);
    // 28 blocks are free: to give 54 to the third, the cached prompt would have been cut.
    expect(player.memory.cachedKeys).toBe(40);
    expect(player.held()).toEqual([2, Because.tokenBudget, 50, 0]);
  });

  it('lets a prompt that never ran leave nothing in the cache', () => {
    // r1 is allocated and sent back in the first forward; r2 has the same text and must find nothing.
    const specs = [say(1, 30, 60), say(2, 20, 2), say(2, 20, 2)];
    const player = new Player(server(1000, { maxConcurrentRequests: 9 }, { maxNumBatchedTokens: 30 }), specs);
    player.next();
    expect(player.memory.cachedKeys).toBe(0);
    expect(player.next()).toBe('0:1@30 1:20@0 2:9@0');
  });

  it('refuses what can never fit, and whoever is more than the server takes', () => {
    const player = new Player(server(100, { maxConcurrentRequests: 2 }), [
      ask(50, 52),
      ask(50, 10),
      ask(10, 2),
      ask(10, 2),
      ask(10, 2, 50_000),
    ]);
    const { decisions, sequences } = player.simulation.engine;
    player.next();
    const reasons = Array.from({ length: decisions.count }, (_, i) => [decisions.request[i], decisions.because[i]]);
    expect(reasons.slice(0, 2)).toEqual([
      [0, Because.largerThanPool],
      [3, Because.tooManyRequests],
    ]);
    while (player.next() !== '');
    expect(Array.from({ length: 5 }, (_, r) => sequences.status[r] === Status.finished)).toEqual([
      false,
      true,
      true,
      false,
      true,
    ]);
    expect(player.simulation.rejected).toBe(2);
  });
});

describe('the cache', () => {
  it('has a prompt when its request ends, not before: all of it but one token', () => {
    const player = new Player(server(1000), [say(1, 40, 30), say(1, 40, 2, 1), say(1, 40, 2, 500_000)]);
    expect(player.forwards(2)).toEqual(['0:40@0', '0:1@40 1:40@0']);
    expect(player.until(2)).toBe('2:1@39');
    expect(player.simulation.lastBatch.hitTokens).toBe(39);
    const { decisions } = player.simulation.engine;
    expect([decisions.kind[decisions.count - 1], decisions.have[decisions.count - 1]]).toEqual([
      DecisionKind.admit,
      39,
    ]);
  });

  it('has no answers', () => {
    const turn: RequestSpec = { ...say(1, 40, 10), outputSegment: 5 };
    const next: RequestSpec = {
      ...ask(60, 2, 500_000),
      segments: [
        { segment: 1, offset: 0, length: 40 },
        { segment: 5, offset: 0, length: 10 },
        { segment: 6, offset: 0, length: 10 },
      ],
    };
    expect(new Player(server(1000), [turn, next]).until(1)).toBe('1:20@40');
  });

  it('has whole blocks', () => {
    const config = { blockSize: 16 };
    const player = new Player(server(1600, {}, config), [say(1, 40, 3), say(1, 50, 3, 500_000)]);
    expect(player.until(1)).toBe('1:18@32');
  });

  it('can be switched off', () => {
    expect(new Player(server(1000, {}, uncached), [say(1, 40, 3), say(1, 40, 3, 500_000)]).until(1)).toBe('1:40@0');
  });

  it('charges the budget only what is not found', () => {
    const config = { maxNumBatchedTokens: 40 };
    const player = new Player(server(1000, {}, config), [say(1, 40, 3), say(1, 50, 3, 500_000), ask(35, 2, 500_000)]);
    expect(player.until(2)).toBe('1:10@40 2:30@0');
  });
});

describe('clients that give up', () => {
  it('are gone from the queue at once', () => {
    const player = new Player(server(100), [ask(60, 30), ask(60, 30, 1), ask(5, 2, 1)]);
    player.forwards(2);
    const { policy, sequences } = player.simulation.engine;
    expect(policy.abort(1, player.simulation.nowUs)).toBe(true);
    expect(policy.waiting()).toEqual([2]);
    expect(sequences.status[1]).toBe(Status.aborted);
    expect(player.next()).toBe('0:1@61 2:5@0');
  });

  it('are noticed at their next token: a prompt is computed to its end, and then it is cached', () => {
    const player = new Player(server(1000, {}, { maxNumBatchedTokens: 20 }), [say(1, 50, 9), say(1, 50, 2, 200_000)]);
    player.next();
    const { policy, sequences } = player.simulation.engine;
    policy.abort(0, player.simulation.nowUs);
    expect(player.forwards(2)).toEqual(['0:20@20', '0:10@40']);
    expect(player.simulation.lastBatch.paddingTokens).toBe(10);
    expect(player.simulation.lastBatch.prefillTokens).toBe(0);
    expect(player.next()).toBe('1:1@49');
    expect([sequences.generated[0], sequences.tableLength[0]]).toEqual([0, 0]);
  });

  it('make room for others at the door', () => {
    const config = server(1000, { maxConcurrentRequests: 1 }, { maxNumBatchedTokens: 20 });
    const player = new Player(config, [ask(50, 50), ask(5, 2, 2000)]);
    player.next();
    player.simulation.engine.policy.abort(0, player.simulation.nowUs);
    expect(player.forwards(4)).toEqual(['0:20@20', '0:10@40 1:5@0', '1:1@5', '']);
  });
});

describe('drafts', () => {
  const speculation = {
    method: 'ngram' as const,
    tokens: 3,
    parallelDrafting: false,
    acceptanceRate: 1,
    seed: 1,
  };

  it('switch chunks off, reserve their places and are verified by every decode', () => {
    const player = new Player(server(1000, {}, { speculation, maxNumBatchedTokens: 50 }), [
      ask(10, 9),
      ask(51, 2),
      ask(20, 2, 1),
    ]);
    expect(player.next()).toBe('0:10@0');
    expect(player.refused()).toEqual([1, Because.promptOverBudget, 51, 50]);
    expect(player.simulation.engine.sequences.tableLength[0]).toBe(10 + 9 + 3 - 1);
    expect(player.next()).toBe('2:20@0');
    expect(player.next()).toBe('0:4@10 2:4@20');
    // All are right: 4 tokens for the first, but the second may have only one more.
    expect(player.next()).toBe('0:4@14');
    expect(player.simulation.engine.sequences.generated[2]).toBe(2);
    expect(player.next()).toBe('');
    expect(player.simulation.engine.sequences.generated[0]).toBe(9);
  });

  it('that are wrong count as never computed', () => {
    const wrong = { ...speculation, acceptanceRate: 0 };
    const player = new Player(server(1000, {}, { speculation: wrong }), [ask(10, 4)]);
    expect(player.forwards(5)).toEqual(['0:10@0', '0:4@10', '0:4@11', '0:4@12', '']);
    expect(player.memory.wastedTokens).toBe(0);
  });
});

it('a window of attention is all the memory that a request takes, if nothing is cached', () => {
  const player = new Player(server(100, {}, { ...uncached, slidingWindow: 30 }), many(4, ask(90, 50)));
  expect(player.next()).toBe('0:90@0 1:90@0 2:90@0');
  expect(player.memory.freeBlocks).toBe(10);
  expect(player.memory.wastedTokens).toBe(0);
});

it('the defaults are those of the launcher', () => {
  expect(tgi.defaults).toEqual({
    prefillChunking: true,
    maxInputTokens: 0,
    waitingServedRatio: 0.3,
    maxWaitingTokens: 20,
    maxBatchSize: 0,
    maxConcurrentRequests: 128,
  });
});
