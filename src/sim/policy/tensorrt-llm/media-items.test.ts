import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bound } from '../../decision.ts';
import { createBatchShape } from '../../gpu/cost.ts';
import type { EncoderConfig, ItemScheduling } from '../../phase/encoder.ts';
import { type ImageSpan, type RequestSpec, RequestTable } from '../../request.ts';
import { cases } from '../../testing.ts';
import { MediaItems } from './media-items.ts';
import { createSimulation, nextStep, request, stepsOf } from './testing.ts';

const none = () => false;

/** An item as [tokens, content]; without content it is like no other. */
type Item = number | readonly [tokens: number, hash: number];
let unique = 1000;

function withItems(items: readonly Item[], spec: RequestSpec = request(500, 9)): RequestSpec {
  let position = 0;
  const images = items.map((item): ImageSpan => {
    const [tokens, hash] = typeof item === 'number' ? [item, unique++] : item;
    position += tokens;
    return { position: position - tokens, tokens, hash };
  });
  return { ...spec, images };
}

const encoderOf = (config: Partial<EncoderConfig>, items: Partial<ItemScheduling> = {}): EncoderConfig => ({
  budget: 10,
  cacheSize: 0,
  disableChunkedInput: false,
  ...config,
  items: { maxItems: 8, outputTokens: 1000, windowRows: { image: 1, audio: 1 }, ...items },
});

function create(specs: readonly RequestSpec[], config: Partial<EncoderConfig>, items: Partial<ItemScheduling> = {}) {
  const requests = new RequestTable(specs.length);
  for (const spec of specs) requests.push(spec);
  const encoder = encoderOf(config, items);
  if (encoder.items === undefined) throw new Error('no items');
  const media = new MediaItems(encoder, encoder.items, requests);
  const all = [...specs.keys()];
  /** A step in which these requests fit: who may take part, and how many tokens are encoded. */
  const step = (fitting: readonly number[] = all, isGenerating: (r: number) => boolean = none) => {
    const shape = createBatchShape(4);
    media.letIn(all, isGenerating);
    media.select(
      fitting,
      fitting.map((r) => 10 * r),
      shape,
    );
    return { ready: [...media.ready], encoded: shape.imageWindows + shape.audioWindows };
  };
  return { media, step };
}

describe('items of a step', () => {
  it('are encoded whole, and another request uses what the first one leaves', () => {
    const { media, step } = create([withItems([7, 7]), withItems([3])], { budget: 10 }, { maxItems: 2 });
    expect(step()).toEqual({ ready: [1], encoded: 10 });
    expect([media.withheld, media.reusable]).toEqual([[0], [10]]);
    // The next step has a budget of its own.
    expect(step()).toEqual({ ready: [0, 1], encoded: 7 });
  });

  it('are those of a request in their order: a small one does not pass a large one', () => {
    const { step } = create([withItems([9, 5, 1])], { budget: 10 });
    expect(step()).toEqual({ ready: [], encoded: 9 });
    expect(step()).toEqual({ ready: [0], encoded: 6 });
  });

  it('are so many at most', () => {
    const { step } = create([withItems([1, 1, 1]), withItems([1])], { budget: 10 }, { maxItems: 2 });
    expect(step()).toEqual({ ready: [], encoded: 2 });
    expect(step()).toEqual({ ready: [0, 1], encoded: 2 });
  });

  it('leave requests without any alone', () => {
    const { step } = create([withItems([9, 9]), request(10, 5)], { budget: 10 });
    expect(step()).toEqual({ ready: [1], encoded: 9 });
  });

  it('are not encoded for a request that does not fit', () => {
    const { step } = create([withItems([4]), withItems([5])], { budget: 10 });
    expect(step([1])).toEqual({ ready: [1], encoded: 5 });
    expect(step([])).toEqual({ ready: [], encoded: 0 });
  });

  it('count rows of their encoder, in whole passes', () => {
    const sound = { ...request(500, 9), images: [{ position: 0, tokens: 375, hash: 1, kind: 'audio' as const }] };
    const windowRows = { image: 577, audio: 1500 };
    const windows = { imageWindow: 576, audioWindow: 750 };
    const { step } = create(
      [sound, withItems([577])],
      { ...windows, budget: 2653 },
      { windowRows, outputTokens: 2000 },
    );
    // One pass of 1,500 rows; two of 577 do not fit into the 1,153 that are left, by one row.
    expect(step()).toEqual({ ready: [0], encoded: 1 });
    const more = create([sound, withItems([577])], { ...windows, budget: 2654 }, { windowRows, outputTokens: 2000 });
    expect(more.step()).toEqual({ ready: [0, 1], encoded: 3 });
  });
});

describe('memory for what is encoded', () => {
  it('is given to requests in their order, for all their items at once', () => {
    const { media, step } = create([withItems([3, 2]), withItems([4]), withItems([3])], {}, { outputTokens: 8 });
    expect(step([0])).toEqual({ ready: [0], encoded: 5 });
    // Three places are left. The second one needs four, and the third one does not pass it.
    expect(media.stop).toEqual({ request: 1, need: 4, have: 3 });
    expect([0, 1, 2].map((r) => media.mayEncode(r))).toEqual([true, false, false]);
    // The first one's prompt is computed: its places are free.
    expect(step([0, 1, 2], (r) => r === 0)).toEqual({ ready: [0, 1, 2], encoded: 7 });
    expect(media.freeOutput).toBe(1);
  });

  it('comes back from who gives up', () => {
    const { media, step } = create([withItems([6]), withItems([5])], {}, { outputTokens: 8 });
    step([0]);
    media.forget(0);
    expect(media.freeOutput).toBe(8);
    media.forget(0);
    expect(media.freeOutput).toBe(8);
  });

  it('must be enough for a request, and a step for its items', () => {
    const { media } = create([withItems([5, 4]), withItems([5, 3]), withItems([11])], {}, { outputTokens: 8 });
    expect(media.refuse(0)).toEqual({ rule: 'encoder', need: 9, have: 8 });
    expect(media.refuse(1)).toBeNull();
    const large = create([withItems([11])], { budget: 10 });
    expect(large.media.refuse(0)).toEqual({ rule: 'encoder', need: 11, have: 10 });
  });
});

describe('the cache', () => {
  it('spares an item that was encoded before, and its part of the step', () => {
    const specs = [withItems([[5, 1]]), withItems([[5, 1], 4])];
    const { step } = create(specs, { cacheSize: 20 }, { maxItems: 1 });
    expect(step([0])).toEqual({ ready: [0], encoded: 5 });
    expect(step([1])).toEqual({ ready: [1], encoded: 4 });
  });

  it('has equal items of one step encoded twice', () => {
    const { step } = create([withItems([[5, 1]]), withItems([[5, 1]])], { cacheSize: 20 });
    expect(step()).toEqual({ ready: [0, 1], encoded: 10 });
  });

  it('loses what was used least recently, and keeps nothing that is larger than all of it', () => {
    const specs = [
      [5, 1] as const,
      [4, 2] as const,
      [5, 1] as const,
      [3, 3] as const,
      [4, 2] as const,
      [5, 1] as const,
    ];
    const { step } = create(
      specs.map((item) => withItems([item])),
      { cacheSize: 9, budget: 20 },
    );
    // 1 and 2 are kept; 1 is used again, so that 3 takes the place of 2; 2 comes back in place of 1.
    expect(specs.map((_, r) => step([r]).encoded)).toEqual([5, 4, 0, 3, 4, 5]);
    const large = create([withItems([[10, 1]]), withItems([[10, 1]])], { cacheSize: 9 });
    expect([large.step([0]).encoded, large.step([1]).encoded]).toEqual([10, 10]);
  });
});

describe('requests with images', () => {
  it('take part in the step that encodes the last of them', () => {
    const specs = [withItems([7, 7], request(20, 3)), request(10, 3)];
    const simulation = createSimulation(specs, { encoder: encoderOf({ budget: 10 }) });
    const first = nextStep(simulation);
    expect(first?.contexts).toEqual([[1, 10]]);
    expect(first?.decisions).toContain('skip 0 encoder 0 0');
    expect(simulation.lastBatch.shape.imageWindows).toBe(7);
    expect(simulation.lastBatch.bound).toBe(Bound.tokenBudget);
    const second = nextStep(simulation);
    expect(second).toMatchObject({ contexts: [[0, 20]], generations: [1] });
    expect(simulation.lastBatch.shape.imageWindows).toBe(7);
    expect(simulation.lastBatch.bound).toBe(Bound.nothingLeft);
    nextStep(simulation);
    expect(simulation.lastBatch.shape.imageWindows).toBe(0);
  });

  it('can have steps that only encode', () => {
    const simulation = createSimulation([withItems([7, 7], request(20, 1))], { encoder: encoderOf({ budget: 10 }) });
    stepsOf(simulation, 1);
    const { count, shape, startUs, endUs } = simulation.lastBatch;
    expect([count, shape.tokens, shape.imageWindows]).toEqual([0, 0, 7]);
    // The toy device: 1,000 us a step, and 20 a pass of the encoder.
    expect(endUs - startUs).toBe(1140);
    expect(nextStep(simulation)?.contexts).toEqual([[0, 20]]);
    while (simulation.next());
    expect(simulation.finished).toBe(1);
  });

  it('wait for memory outside, and text behind them does not', () => {
    const specs = [withItems([6], request(20, 9)), withItems([5], request(20, 9)), request(10, 9)];
    const encoder = encoderOf({ budget: 20 }, { outputTokens: 8 });
    const simulation = createSimulation(specs, { encoder, maxNumBatchedTokens: 1000 });
    const first = nextStep(simulation);
    expect(first?.contexts.map(([r]) => r)).toEqual([0, 2]);
    expect(first?.decisions).toContain('hold 1 encoder 5 2');
    expect(nextStep(simulation)).toMatchObject({ contexts: [[1, 20]], generations: [0, 2] });
  });

  it('are not encoded before there are blocks for them', () => {
    // Three blocks: the first request reserves two of them to its end.
    const specs = [request(20, 44), withItems([5], request(40, 20))];
    const simulation = createSimulation(specs, { encoder: encoderOf({}), numBlocks: 4 });
    expect(nextStep(simulation)?.decisions).toContain('hold 1 wholeOutput 2 1');
    expect(simulation.lastBatch.shape.imageWindows).toBe(0);
    const images: number[] = [];
    while (simulation.next()) images.push(simulation.lastBatch.shape.imageWindows);
    expect(images.filter((passes) => passes > 0)).toEqual([5]);
    expect(simulation.finished).toBe(2);
  });

  it('are refused if they never fit', () => {
    const specs = [withItems([6, 5], request(20, 9)), withItems([6, 4], request(20, 9))];
    const encoder = encoderOf({ budget: 20 }, { outputTokens: 10 });
    const simulation = createSimulation(specs, { encoder });
    expect(nextStep(simulation)?.decisions).toContain('reject 0 encoder 11 10');
    while (simulation.next());
    expect([simulation.finished, simulation.rejected]).toEqual([1, 1]);
  });

  it.each([
    [0, 12],
    [100, 8],
  ])('are encoded again after a pause, with a cache of %d only where it lost them', (cacheSize, passes) => {
    const specs = [withItems([4], request(30, 60)), withItems([4], request(30, 60))];
    const config = { encoder: encoderOf({ cacheSize }), numBlocks: 5, enablePrefixCaching: false };
    const simulation = createSimulation(specs, config, { capacitySchedulerPolicy: 'max_utilization' });
    let encoded = 0;
    while (simulation.next()) encoded += simulation.lastBatch.shape.imageWindows;
    expect(simulation.preemptions).toBe(1);
    expect([simulation.finished, encoded]).toEqual([2, passes]);
  });

  it('keep what is encoded through all chunks of their prompt', () => {
    const config = { encoder: encoderOf({}, { outputTokens: 8 }), enableChunkedPrefill: true, maxNumBatchedTokens: 32 };
    const specs = [withItems([5], request(96, 2)), withItems([5], request(40, 2))];
    const steps = stepsOf(createSimulation(specs, config), 4);
    expect(steps.map((s) => s.contexts)).toEqual([[[0, 32]], [[0, 32]], [[0, 32]], []]);
    expect(steps.slice(0, 3).every((s) => s.decisions.includes('hold 1 encoder 5 3'))).toBe(true);
    // The decode leaves 31 tokens, less than a block.
    expect(steps[3].decisions).not.toContain('hold 1 encoder 5 3');
  });

  it('under another order keep their place once something is encoded', () => {
    // The shorter one comes when the first of the longer one's images is encoded.
    const specs = [withItems([7, 7], request(50, 9)), withItems([7, 7], request(20, 3, { arrivalUs: 500 }))];
    const config = { encoder: encoderOf({}, { outputTokens: 20 }), queue: 'priority' as const };
    specs[1] = { ...specs[1], priority: -1 };
    const simulation = createSimulation(specs, config);
    const [first, second] = stepsOf(simulation, 2);
    expect([first.contexts, second.contexts]).toEqual([[], [[0, 50]]]);
    while (simulation.next());
    expect(simulation.finished).toBe(2);
  });

  it('give their memory back when their client leaves', () => {
    const specs = [withItems([6, 6], request(20, 9)), withItems([12], request(20, 9))];
    const encoder = encoderOf({ budget: 12 }, { outputTokens: 12, maxItems: 1 });
    const simulation = createSimulation(specs, { encoder });
    expect(nextStep(simulation)?.decisions).toContain('hold 1 encoder 12 0');
    expect(simulation.engine.policy.abort(0, simulation.nowUs)).toBe(true);
    expect(nextStep(simulation)?.contexts).toEqual([[1, 20]]);
  });
});

/** An obviously right twin: lists of items with a mark on each, everything counted anew. */
class SlowMedia {
  readonly inside: { request: number; marks: boolean[] }[] = [];
  private cache: { hash: number; tokens: number }[] = [];
  private readonly specs: readonly RequestSpec[];
  private readonly config: EncoderConfig;

  constructor(specs: readonly RequestSpec[], config: EncoderConfig) {
    this.specs = specs;
    this.config = config;
  }

  get free(): number {
    const held = this.inside.flatMap(({ request }) => this.itemsOf(request)).reduce((sum, i) => sum + i.tokens, 0);
    return (this.config.items?.outputTokens ?? 0) - held;
  }

  leave(request: number): void {
    const at = this.inside.findIndex((entry) => entry.request === request);
    if (at >= 0) this.inside.splice(at, 1);
  }

  step(active: readonly number[], fitting: readonly number[], generating: readonly number[]) {
    for (const r of generating) this.leave(r);
    const waiting = active.filter(
      (r) => this.itemsOf(r).length > 0 && !generating.includes(r) && !this.inside.some((e) => e.request === r),
    );
    let stop = -1;
    for (const r of waiting) {
      const need = this.itemsOf(r).reduce((sum, { tokens }) => sum + tokens, 0);
      if (need > this.free) {
        stop = r;
        break;
      }
      this.inside.push({ request: r, marks: this.itemsOf(r).map(() => false) });
    }
    const made: ImageSpan[] = [];
    const ready: number[] = [];
    for (const r of fitting) {
      const entry = this.inside.find((e) => e.request === r);
      for (let i = 0; entry !== undefined && i < entry.marks.length; i++) {
        if (entry.marks[i]) continue;
        const item = this.itemsOf(r)[i];
        const used = made.reduce((sum, { tokens }) => sum + tokens, 0);
        const cached = this.cache.find(({ hash }) => hash === item.hash);
        if (cached !== undefined) this.cache = [...this.cache.filter((c) => c !== cached), cached];
        else if (made.length < (this.config.items?.maxItems ?? 0) && used + item.tokens <= this.config.budget)
          made.push(item);
        else break;
        entry.marks[i] = true;
      }
      if (entry === undefined || entry.marks.every((mark) => mark)) ready.push(r);
    }
    for (const { hash, tokens } of made) {
      if (tokens > this.config.cacheSize) continue;
      this.cache = [...this.cache.filter((c) => c.hash !== hash), { hash, tokens }];
      while (this.cache.reduce((sum, c) => sum + c.tokens, 0) > this.config.cacheSize) this.cache.shift();
    }
    return { ready, stop, encoded: made.reduce((sum, { tokens }) => sum + tokens, 0) };
  }

  private itemsOf(request: number): readonly ImageSpan[] {
    return this.specs[request].images ?? [];
  }
}

it('does what marks on a list of items say', () => {
  const itemArb = fc.integer({ min: 1, max: 6 }).map((tokens): Item => [tokens, tokens]);
  const arb = fc.record({
    requests: fc.array(fc.array(itemArb, { maxLength: 3 }), { minLength: 1, maxLength: 6 }),
    budget: fc.integer({ min: 6, max: 14 }),
    cacheSize: fc.constantFrom(0, 6, 15),
    maxItems: fc.integer({ min: 1, max: 4 }),
    outputTokens: fc.integer({ min: 18, max: 30 }),
    steps: fc.array(
      fc.record({
        fits: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
        leaves: fc.option(fc.nat(5), { freq: 3, nil: -1 }),
        isSaved: fc.boolean(),
      }),
      { maxLength: 12 },
    ),
  });
  fc.assert(
    fc.property(arb, ({ requests, budget, cacheSize, maxItems, outputTokens, steps }) => {
      const specs = requests.map((items) => (items.length > 0 ? withItems(items) : request(10, 5)));
      const config = encoderOf({ budget, cacheSize }, { maxItems, outputTokens });
      const { media } = create(specs, config, config.items);
      const slow = new SlowMedia(specs, config);
      const generating: number[] = [];
      for (const { fits, leaves, isSaved } of steps) {
        if (isSaved) media.restore(structuredClone(media.save()));
        const active = [...specs.keys()].filter((r) => !generating.includes(r));
        media.letIn(active, (r) => generating.includes(r));
        const fitting = active.filter((r) => fits[r] && media.mayEncode(r));
        const shape = createBatchShape(4);
        media.select(
          fitting,
          fitting.map(() => 0),
          shape,
        );
        const expected = slow.step(active, fitting, generating);
        expect({ ready: [...media.ready], stop: media.stop.request, encoded: shape.imageWindows }).toEqual(expected);
        expect(media.freeOutput).toBe(slow.free);
        expect([...media.ready, ...media.withheld].sort()).toEqual([...fitting].sort());
        // Who was ready may have computed its prompt; somebody may give up.
        generating.push(...expected.ready.slice(0, 1));
        if (leaves >= 0 && leaves < specs.length) {
          media.forget(leaves);
          slow.leave(leaves);
        }
      }
    }),
    { numRuns: 4 * cases },
  );
});
