import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultEngineConfig, type EngineConfig } from '../engine-config.ts';
import { PLACEHOLDER_SEGMENT, type RequestSpec, RequestTable, type Segment } from '../request.ts';
import { Sequences } from '../sequences.ts';
import { assert, cases } from '../testing.ts';
import { OwnershipChecker } from './ownership.ts';
import { type ReuseSettings, TensorRtMemory } from './tensorrt-llm.ts';
import { SlowTensorRtMemory, spellOut } from './tensorrt-llm-testing.ts';

const settings: ReuseSettings = {
  enablePartialReuse: true,
  copyOnPartialReuse: true,
  secondaryOffloadMinPriority: 30,
  promptPriority: 35,
  decodePriority: 35,
};

function create(specs: readonly RequestSpec[], config: Partial<EngineConfig>, own: Partial<ReuseSettings> = {}) {
  const requests = new RequestTable(specs.length);
  for (const spec of specs) requests.push(spec);
  const sequences = new Sequences(requests);
  for (let r = 0; r < specs.length; r++) sequences.arrive(r, 100);
  const full = { ...defaultEngineConfig(9), blockSize: 4, hostBlocks: 0, kvBytesPerBlock: 1000, ...config };
  return { sequences, config: full, memory: new TensorRtMemory(full, sequences, { ...settings, ...own }) };
}

const prompt = (...segments: Segment[]): RequestSpec => ({
  arrivalUs: 0,
  promptTokens: segments.reduce((sum, s) => sum + s.length, 0),
  outputTokens: 100,
  segments,
});
const piece = (segment: number, length: number, offset = 0): Segment => ({ segment, offset, length });

/** Starts a request and computes its prompt and some output. */
function compute({ sequences, memory }: ReturnType<typeof create>, request: number, outputs = 1): number {
  const tokens = sequences.requests.promptTokens[request];
  const hit = memory.start(request, tokens);
  memory.filled(tokens - hit);
  sequences.computed[request] = tokens;
  sequences.generated[request] = 1;
  memory.cache(request, tokens);
  for (let i = 1; i < outputs; i++) {
    expect(memory.grow(request, 1)).toBe(true);
    memory.filled(1);
    sequences.computed[request]++;
    sequences.generated[request]++;
  }
  return hit;
}

const tableOf = ({ sequences }: ReturnType<typeof create>, request: number): number[] =>
  Array.from(sequences.tables[request].subarray(0, sequences.tableLength[request]));

describe('reuse', () => {
  it('takes whole blocks, and never the last token of a prompt', () => {
    // 8 tokens are two blocks; the second has the last token, so of it only 3 tokens are reused, in a copy.
    const engine = create([prompt(piece(1, 8)), prompt(piece(1, 8))], {});
    expect(compute(engine, 0)).toBe(0);
    expect(compute(engine, 1)).toBe(7);
    expect(tableOf(engine, 0)).toEqual([1, 2]);
    expect(tableOf(engine, 1)).toEqual([1, 3]);
  });

  it('copies the beginning of a block that is in use, if that is allowed', () => {
    const specs = [prompt(piece(1, 8)), prompt(piece(1, 6), piece(2, 6))];
    for (const [own, hit] of [
      [{}, 6],
      [{ copyOnPartialReuse: false }, 4],
      [{ enablePartialReuse: false }, 4],
    ] as const) {
      const engine = create(specs, {}, own);
      compute(engine, 0);
      expect(compute(engine, 1)).toBe(hit);
      expect(tableOf(engine, 1)).toEqual([1, 3, 4]);
    }
  });

  it('takes a leaf that nobody holds as it is: its old content is found no more', () => {
    const specs = [prompt(piece(1, 8)), prompt(piece(1, 6), piece(2, 6)), prompt(piece(1, 8), piece(3, 1))];
    const engine = create(specs, {}, { copyOnPartialReuse: false });
    compute(engine, 0);
    engine.memory.release(0);
    expect(engine.memory.findHit(2)).toBe(8);
    expect(compute(engine, 1)).toBe(6);
    expect(tableOf(engine, 1).slice(0, 2)).toEqual([1, 2]);
    expect(engine.memory.findHit(2)).toBe(4);
  });

  it('gives a copy the priority of what it was copied from', () => {
    const specs = [{ ...prompt(piece(1, 4)), outputSegment: 7 }, prompt(piece(1, 4), piece(7, 2), piece(2, 3))];
    const engine = create(specs, { numBlocks: 9 }, { promptPriority: 80, decodePriority: 10 });
    // A block of the prompt, a whole one that was decoded, and a part of one more behind it.
    compute(engine, 0, 6);
    engine.memory.release(0);
    expect(compute(engine, 1)).toBe(6);
    // The third block is the first to be taken, for the copy; the second, copied by then, the next.
    expect(tableOf(engine, 1)).toEqual([1, 3, 2]);
    engine.memory.release(1);
    expect(engine.memory.freeList()).toEqual([3, 4, 5, 6, 7, 8, 2, 1]);
  });

  it('takes the block with the smallest number of those that match equally far', () => {
    const specs = [1, 2, 3].map((own) => prompt(piece(9, 3), piece(own, 1)));
    const engine = create(specs, {}, { copyOnPartialReuse: false });
    compute(engine, 0);
    compute(engine, 1);
    engine.memory.release(1);
    engine.memory.release(0);
    expect(compute(engine, 2)).toBe(3);
    expect(tableOf(engine, 2)[0]).toBe(1);
  });

  it('keeps what was generated for the next turn, the block that is not full too', () => {
    const turn = { ...prompt(piece(1, 6)), outputSegment: 7 };
    // Of 5 generated tokens 4 were computed: 10 tokens are there.
    const engine = create([turn, prompt(piece(1, 6), piece(7, 5), piece(2, 3))], {});
    compute(engine, 0, 5);
    engine.memory.release(0);
    expect(compute(engine, 1)).toBe(10);
  });

  it('keeps salts and images apart', () => {
    const image = (hash: number): RequestSpec => ({
      ...prompt(piece(1, 4), piece(PLACEHOLDER_SEGMENT, 4), piece(2, 1)),
      images: [{ position: 4, tokens: 4, hash }],
    });
    const engine = create([image(1), { ...image(1), cacheSalt: 5 }, image(2), image(1)], { numBlocks: 40 });
    expect([0, 1, 2, 3].map((r) => compute(engine, r))).toEqual([0, 0, 4, 8]);
  });

  it('does nothing when it is off', () => {
    const engine = create([prompt(piece(1, 8)), prompt(piece(1, 8))], { enablePrefixCaching: false });
    compute(engine, 0);
    engine.memory.release(0);
    expect(compute(engine, 1)).toBe(0);
    expect(engine.memory.isCached(1)).toBe(false);
  });
});

describe('eviction', () => {
  it('takes what was freed longest ago, of each sequence the last block first', () => {
    const engine = create([prompt(piece(1, 8)), prompt(piece(2, 8))], { numBlocks: 6 });
    compute(engine, 1);
    compute(engine, 0);
    engine.memory.release(0);
    engine.memory.release(1);
    expect(engine.memory.freeList()).toEqual([5, 4, 3, 2, 1]);
  });

  it('takes lower priorities first', () => {
    const specs = [prompt(piece(1, 4)), prompt(piece(2, 4))];
    const engine = create(specs, { numBlocks: 7 }, { promptPriority: 80, decodePriority: 10 });
    compute(engine, 0, 3);
    compute(engine, 1, 3);
    engine.memory.release(1);
    engine.memory.release(0);
    // Decoded blocks, then those never used, then prompts.
    expect(engine.memory.freeList()).toEqual([4, 2, 5, 6, 3, 1]);
  });

  it('loses all that follows a block with it', () => {
    const specs = [prompt(piece(1, 9)), prompt(piece(2, 1)), prompt(piece(1, 9))];
    const engine = create(specs, { numBlocks: 4 }, { promptPriority: 10, decodePriority: 80 });
    // A prompt of one block, and two that decoding adds: the first goes first.
    engine.sequences.requests.promptTokens[0] = 4;
    compute(engine, 0, 6);
    engine.memory.release(0);
    expect(engine.memory.freeList()).toEqual([1, 3, 2]);
    expect([1, 2, 3].map((b) => engine.memory.isCached(b))).toEqual([true, true, true]);
    compute(engine, 1);
    expect([1, 2, 3].map((b) => engine.memory.isCached(b))).toEqual([false, false, false]);
  });
});

describe('host memory', () => {
  const link = { hostBlocks: 2, hostLinkBytesPerS: 1e9, kvBytesPerBlock: 5000 };

  it('keeps evicted blocks, and brings them back in the time of the link', () => {
    const engine = create([prompt(piece(1, 9)), prompt(piece(2, 12)), prompt(piece(1, 9))], { numBlocks: 4, ...link });
    compute(engine, 0);
    engine.memory.release(0);
    compute(engine, 1);
    engine.memory.release(1);
    expect(engine.memory.takeTransferUs()).toBe(0);
    expect(engine.memory.findHit(2)).toBe(8);
    expect(compute(engine, 2)).toBe(8);
    expect(engine.memory.takeTransferUs()).toBe(10);
    expect(engine.memory.takeTransferUs()).toBe(0);
  });

  it('leaves out blocks of a priority below the least', () => {
    const specs = [prompt(piece(1, 9)), prompt(piece(2, 12)), prompt(piece(1, 9))];
    for (const [least, hit] of [
      [35, 8],
      [36, 0],
    ]) {
      const engine = create(specs, { numBlocks: 4, ...link }, { secondaryOffloadMinPriority: least });
      compute(engine, 0);
      engine.memory.release(0);
      compute(engine, 1);
      expect(engine.memory.findHit(2)).toBe(hit);
    }
  });
});

describe('drafts', () => {
  it('have places behind a prompt, and give back the blocks that only wrong ones were in', () => {
    const { memory, sequences } = create([prompt(piece(1, 6))], { numBlocks: 9 });
    expect(memory.start(0, 6, 3)).toBe(0);
    expect(sequences.tableLength[0]).toBe(3);
    memory.filled(6);
    sequences.computed[0] = 6;
    expect(memory.grow(0, 7)).toBe(true);
    expect([sequences.tableLength[0], memory.freeBlocks]).toEqual([4, 4]);
    // Two of seven were right: of 16 places 8 are used.
    memory.filled(2);
    sequences.computed[0] = 8;
    memory.rewind(0);
    expect([sequences.tableLength[0], memory.freeBlocks, memory.wastedTokens]).toEqual([2, 6, 0]);
    // The last one was given back first: it is the next to be taken of the two.
    expect(memory.freeList().slice(-2)).toEqual([4, 3]);
  });
});

describe('blocks in thought', () => {
  it('come free when the last holder loses them, unless somebody counts on them', () => {
    const specs = [
      prompt(piece(1, 8), piece(2, 4)),
      prompt(piece(1, 8), piece(3, 4)),
      prompt(piece(1, 8), piece(4, 4)),
    ];
    const engine = create(specs, { numBlocks: 20 });
    const { memory } = engine;
    compute(engine, 0);
    compute(engine, 1);
    memory.beginTrial();
    expect([memory.loseInThought(1), memory.loseInThought(0)]).toEqual([1, 3]);
    expect(memory.sharedBlocks(2, 12)).toBe(0);
    memory.beginTrial();
    memory.shareInThought(2, 12);
    expect([memory.loseInThought(1), memory.loseInThought(0)]).toEqual([1, 1]);
    expect(memory.sharedBlocks(2, 12)).toBe(2);
    expect(memory.freeBlocks).toBe(15);
  });
});

/** Prompts with common beginnings of all lengths, answers of others among them, salts and images. */
const specArb: fc.Arbitrary<RequestSpec> = fc
  .record({
    base: fc.constantFrom(1, 1, 2),
    common: fc.nat(16),
    answer: fc.option(fc.record({ of: fc.nat(2), length: fc.integer({ min: 1, max: 9 }) }), { nil: undefined }),
    own: fc.record({ segment: fc.constantFrom(3, 4, 5), length: fc.nat(6) }),
    cacheSalt: fc.constantFrom(0, 0, 0, 0, 4),
    image: fc.option(fc.record({ tokens: fc.integer({ min: 1, max: 5 }), hash: fc.constantFrom(1, 2) }), {
      freq: 6,
      nil: undefined,
    }),
  })
  .map(({ base, common, answer, own, cacheSalt, image }) => {
    const segments: Segment[] = [];
    // A base is three streams in turn, so that a block has several pieces.
    for (let at = 0; at < common; at += 3) segments.push(piece(base, Math.min(3, common - at), at % 5));
    if (answer !== undefined) segments.push(piece(70 + answer.of, answer.length));
    if (own.length > 0 || segments.length === 0) segments.push(piece(own.segment, Math.max(1, own.length)));
    const position = segments.reduce((sum, s) => sum + s.length, 0);
    if (image === undefined) return { ...prompt(...segments), cacheSalt };
    segments.push(piece(PLACEHOLDER_SEGMENT, image.tokens), piece(9, 2));
    return { ...prompt(...segments), cacheSalt, images: [{ position, ...image }] };
  });

const opArb = fc.record({
  op: fc.constantFrom(
    'start' as const,
    'start' as const,
    'grow' as const,
    'draft' as const,
    'store' as const,
    'release' as const,
  ),
  target: fc.nat(11),
  times: fc.integer({ min: 1, max: 6 }),
  isSaved: fc.boolean(),
});

it('does what a plain list of blocks does, and owns every block once', () => {
  const arb = fc.record({
    specs: fc.array(specArb, { minLength: 2, maxLength: 12 }),
    ops: fc.array(opArb, { minLength: 10, maxLength: 60, size: 'max' }),
    blockSize: fc.constantFrom(1, 2, 4),
    blocks: fc.integer({ min: 3, max: 24 }),
    hostBlocks: fc.constantFrom(0, 0, 1, 5),
    own: fc.record({
      enablePartialReuse: fc.boolean(),
      copyOnPartialReuse: fc.boolean(),
      secondaryOffloadMinPriority: fc.constantFrom(0, 36),
      promptPriority: fc.constantFrom(35, 60),
      decodePriority: fc.constantFrom(35, 20, 70),
    }),
  });
  fc.assert(
    fc.property(arb, ({ specs: bare, ops, blockSize, blocks, hostBlocks, own }) => {
      const specs = bare.map((spec, r) => ({ ...spec, outputSegment: 70 + (r % 3) }));
      const { sequences, config, memory: first } = create(specs, { numBlocks: blocks + 1, blockSize, hostBlocks }, own);
      let memory = first;
      const slow = new SlowTensorRtMemory(blocks, hostBlocks, blockSize, own);
      const ownership = new OwnershipChecker(blocks + 1);
      memory.observer = ownership.observe;
      const tokensOf = (r: number): string[] => spellOut(specs[r], sequences.generated[r], blockSize);
      for (const { op, target, times, isSaved } of ops) {
        const r = target % specs.length;
        if (isSaved) {
          const saved = memory.save();
          memory = new TensorRtMemory(config, sequences, own);
          memory.restore(saved);
          memory.observer = ownership.observe;
        }
        const isStarted = sequences.tableLength[r] > 0;
        if (op === 'start' && !isStarted) {
          const known = sequences.known(r);
          const match = slow.match(tokensOf(r));
          expect(memory.match(r, known)).toMatchObject(match);
          const shared = memory.sharedBlocks(r, known);
          expect(shared).toBe(Math.min(match.held, Math.floor((known - 1) / blockSize)));
          const drafts = times % 3;
          if (memory.blocksFor(known, drafts) - shared > memory.freeBlocks) continue;
          const hit = memory.start(r, known, drafts);
          expect(hit).toBe(slow.start(r, tokensOf(r), drafts));
          memory.filled(known - hit);
          sequences.computed[r] = known;
          sequences.generated[r]++;
        } else if (op === 'grow' && isStarted) {
          for (let i = 0; i < times; i++) {
            const isFull = sequences.computed[r] === sequences.tableLength[r] * blockSize;
            expect(memory.grow(r, 1)).toBe(!isFull || slow.freeList().length > 0);
            if (isFull && slow.freeList().length === 0) break;
            if (isFull) slow.grow(r);
            memory.filled(1);
            sequences.computed[r]++;
            sequences.generated[r]++;
          }
        } else if (op === 'draft' && isStarted) {
          const before = sequences.computed[r];
          const more = Math.ceil((before + times) / blockSize) - sequences.tableLength[r];
          const fits = more <= slow.freeList().length;
          expect(memory.grow(r, times)).toBe(fits);
          if (!fits) continue;
          for (let i = 0; i < more; i++) slow.grow(r);
          // Some of the drafts are right, the others leave no trace.
          const right = target % (times + 1);
          memory.filled(right);
          sequences.computed[r] = before + right;
          sequences.generated[r] += right;
          memory.rewind(r);
          slow.rewind(r, Math.ceil((before + right) / blockSize));
        } else if (op === 'store' && isStarted) {
          const computed = sequences.computed[r];
          memory.cache(r, computed);
          slow.store(r, tokensOf(r).slice(0, computed - (computed % blockSize)));
        } else if (op === 'release' && isStarted) {
          slow.release(r, tokensOf(r).slice(0, sequences.computed[r]));
          memory.release(r);
          sequences.computed[r] = 0;
        }
        for (const [request, table] of slow.tables) {
          expect(Array.from(sequences.tables[request].subarray(0, table.length))).toEqual(table);
          expect(sequences.tableLength[request]).toBe(table.length);
        }
        expect(memory.freeList()).toEqual(slow.freeList());
        expect(memory.hostList()).toEqual(slow.hostList());
        for (let block = 1; block <= blocks; block++) {
          const isCached = memory.isCached(block);
          assert(isCached === slow.isCached(block), () => `block ${block} is ${isCached ? '' : 'not '}cached`);
          assert(
            isCached === (ownership.stateOf(block) === 'cached'),
            () => `block ${block} is ${ownership.stateOf(block)}`,
          );
        }
      }
    }),
    { numRuns: 2 * cases },
  );
});
