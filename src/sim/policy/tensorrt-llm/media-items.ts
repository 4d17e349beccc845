import type { BatchShape } from '../../gpu/cost.ts';
import type { EncoderConfig, ItemScheduling } from '../../phase/encoder.ts';
import type { ImageSpan, RequestTable } from '../../request.ts';
import type { Refusal } from '../policy.ts';

/**
 * Images and audio in TensorRT-LLM: a scheduler around the other two encodes whole items, first come first served, before the
 * model's part of the same step (scheduler.py, `MultimodalScheduler`, main of 2026). Among the requests that fit, each
 * encodes its items in their order, as far as the number of items and the rows of a step go; one whose next item does not fit waits,
 * and others may use what is left. A request takes part only when all its items are there or are encoded in this step.
 *
 * What the encoder gives stays with the request until its prompt is computed, in memory of a fixed size. A request is let in
 * when all that it needs of it is free, and nobody with images overtakes: so whoever has begun can end. (The engine hands the
 * memory out item by item, with what the first in line still needs kept for it.) Beside that a cache of a size of its own keeps copies, the least
 * recently used go first; what is found there takes no part of a step.
 */
export class MediaItems {
  /** The first request that waits for memory, and how many embeddings it needs and are free; request -1 = nobody does. */
  readonly stop = { request: -1, need: 0, have: 0 };
  /** Requests of the last `select` that must wait for the encoder. */
  readonly withheld: number[] = [];
  /** Requests of the last `select` that may take part in the step, and their column of `reusable`. */
  readonly ready: number[] = [];
  readonly reusable: number[] = [];
  private readonly requests: RequestTable;
  private readonly budget: number;
  private readonly cacheSize: number;
  private readonly items: ItemScheduling;
  private readonly windows: { readonly image: number; readonly audio: number };
  /** Embeddings that nobody has been given. */
  private free: number;
  /** Requests that were let in and have not computed their prompt: how many of their items are encoded. */
  private readonly encoded = new Map<number, number>();
  /** Size of each cached content, least recently used first. */
  private readonly cache = new Map<number, number>();
  private cached = 0;

  constructor(config: EncoderConfig, items: ItemScheduling, requests: RequestTable) {
    this.requests = requests;
    this.budget = config.budget;
    this.cacheSize = config.cacheSize;
    this.items = items;
    this.windows = { image: config.imageWindow ?? 1, audio: config.audioWindow ?? 1 };
    this.free = items.outputTokens;
  }

  /** Embeddings for which there is room, whoever holds it. */
  get freeOutput(): number {
    return this.free;
  }

  /** A request that could never be encoded. */
  refuse(request: number): Refusal | null {
    const images = this.requests.images.get(request) ?? [];
    const total = embeddingsOf(images);
    if (total > this.items.outputTokens) return { rule: 'encoder', need: total, have: this.items.outputTokens };
    const rows = Math.max(0, ...images.map((image) => this.rowsOf(image)));
    return rows > this.budget ? { rule: 'encoder', need: rows, have: this.budget } : null;
  }

  /** Whether nothing keeps a request whose prompt is not computed: it has no images, or was let in. */
  mayEncode(request: number): boolean {
    return this.encoded.has(request) || !this.requests.images.has(request);
  }

  /** Some of its items are encoded. */
  hasBegun(request: number): boolean {
    return (this.encoded.get(request) ?? 0) > 0;
  }

  /** Lets active requests in, in their order. Those that `isGenerating` have done with their images. */
  letIn(active: readonly number[], isGenerating: (request: number) => boolean): void {
    this.stop.request = -1;
    for (const request of this.encoded.keys()) if (isGenerating(request)) this.forget(request);
    for (const request of active) {
      const images = this.requests.images.get(request);
      if (images === undefined || this.encoded.has(request) || isGenerating(request)) continue;
      const need = embeddingsOf(images);
      if (need > this.free) {
        Object.assign(this.stop, { request, need, have: this.free });
        return;
      }
      this.free -= need;
      this.encoded.set(request, 0);
    }
  }

  /** Encodes items of the fitting requests, and tells the shape of the step. `reusable` belongs to `fitting`. */
  select(fitting: readonly number[], reusable: readonly number[], shape: BatchShape): void {
    const { ready, withheld, items } = this;
    for (const list of [ready, this.reusable, withheld]) list.length = 0;
    const fresh: ImageSpan[] = [];
    let left = items.maxItems;
    let rows = this.budget;
    for (let i = 0; i < fitting.length; i++) {
      const request = fitting[i];
      const done = this.encoded.get(request);
      const images = done === undefined ? [] : (this.requests.images.get(request) ?? []);
      let at = done ?? 0;
      for (; at < images.length; at++) {
        const image = images[at];
        if (this.touch(image)) continue;
        const cost = this.rowsOf(image);
        if (left === 0 || cost > rows) break;
        left--;
        rows -= cost;
        fresh.push(image);
        if (image.kind === 'audio') shape.audioWindows += this.passesOf(image);
        else shape.imageWindows += this.passesOf(image);
      }
      if (done !== undefined) this.encoded.set(request, at);
      if (at < images.length) withheld.push(request);
      else {
        ready.push(request);
        this.reusable.push(reusable[i]);
      }
    }
    // Equal items of one step are all encoded: copies are there when it is done.
    for (const image of fresh) this.keep(image);
  }

  /** A request gives up its embeddings, or its place among those that may have some. */
  forget(request: number): void {
    if (!this.encoded.delete(request)) return;
    this.free += embeddingsOf(this.requests.images.get(request) ?? []);
  }

  save(): MediaItemsState {
    return { encoded: [...this.encoded], cache: [...this.cache] };
  }

  restore(state: MediaItemsState): void {
    this.encoded.clear();
    this.cache.clear();
    this.free = this.items.outputTokens;
    this.cached = 0;
    for (const [request, items] of state.encoded) {
      this.encoded.set(request, items);
      this.free -= embeddingsOf(this.requests.images.get(request) ?? []);
    }
    for (const [content, size] of state.cache) {
      this.cache.set(content, size);
      this.cached += size;
    }
  }

  /** Passes of its encoder that an item takes. */
  private passesOf({ tokens, kind = 'image' }: ImageSpan): number {
    return Math.ceil(tokens / this.windows[kind]);
  }

  /** Rows in which the encoder computes an item: what a step's budget counts. */
  private rowsOf(image: ImageSpan): number {
    return this.passesOf(image) * this.items.windowRows[image.kind ?? 'image'];
  }

  /** Whether an item is cached; it counts as used now. */
  private touch(image: ImageSpan): boolean {
    const content = contentOf(image);
    const size = this.cache.get(content);
    if (size === undefined) return false;
    this.cache.delete(content);
    this.cache.set(content, size);
    return true;
  }

  private keep(image: ImageSpan): void {
    if (image.tokens > this.cacheSize || this.touch(image)) return;
    for (const [content, size] of this.cache) {
      if (this.cached + image.tokens <= this.cacheSize) break;
      this.cache.delete(content);
      this.cached -= size;
    }
    this.cache.set(contentOf(image), image.tokens);
    this.cached += image.tokens;
  }
}

/** The scheduler of images, null where nobody has any. */
export function createMediaItems(encoder: EncoderConfig | null, requests: RequestTable): MediaItems | null {
  if (encoder === null) return null;
  if (encoder.items === undefined) throw new Error('TensorRT-LLM encodes whole items');
  return new MediaItems(encoder, encoder.items, requests);
}

export interface MediaItemsState {
  readonly encoded: readonly (readonly [request: number, items: number])[];
  readonly cache: readonly (readonly [content: number, size: number])[];
}

function embeddingsOf(images: readonly ImageSpan[]): number {
  let total = 0;
  for (const { tokens } of images) total += tokens;
  return total;
}

/** Equal for equal content of one kind. */
function contentOf({ hash, kind }: ImageSpan): number {
  return 2 * hash + (kind === 'audio' ? 1 : 0);
}
