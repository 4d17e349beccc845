import type { EngineConfig } from '../engine-config.ts';
import type { BatchShape } from '../gpu/cost.ts';
import type { ImageSpan, RequestTable } from '../request.ts';

/** Embeddings of one pass of each encoder, to whole ones of which an item is padded for computing; left out: 1. */
export interface EncoderWindows {
  readonly imageWindow?: number;
  readonly audioWindow?: number;
}

/** An engine that encodes whole items before they are needed, as TensorRT-LLM does. */
export interface ItemScheduling {
  /** Items that a step may encode. */
  readonly maxItems: number;
  /** Embeddings for which there is room until the prompts that they are part of are computed. */
  readonly outputTokens: number;
  /** Rows that one pass of each encoder computes: what the budget of a step counts. */
  readonly windowRows: { readonly image: number; readonly audio: number };
}

/**
 * Multimodal inputs as an engine is told. Both sizes are the same in vLLM: the token budget or the largest item, if that
 * is larger. Engines without such limits read the windows alone (`touched-images.ts`).
 */
export interface EncoderConfig extends EncoderWindows {
  /** Embeddings that a step may compute; with `items`, rows of the encoder. */
  readonly budget: number;
  /** Embeddings that the encoder cache holds. */
  readonly cacheSize: number;
  /** An item's placeholders are computed in one step or not at all (`--disable-chunked-mm-input`). */
  readonly disableChunkedInput: boolean;
  /** Read by engines that encode whole items. */
  readonly items?: ItemScheduling;
}

/** Tells the cost model how many passes an item takes. */
export function addWindows(shape: BatchShape, { tokens, kind }: ImageSpan, windows: EncoderWindows): void {
  const { imageWindow = 1, audioWindow = 1 } = windows;
  if (kind === 'audio') shape.audioWindows += Math.ceil(tokens / audioWindow);
  else shape.imageWindows += Math.ceil(tokens / imageWindow);
}

/**
 * The encoder's budget and its cache, after vLLM's scheduler and encoder-cache manager (V1, main of 2026-08-17). An item
 * is encoded once for all requests that carry the same content; a request holds a reference from the step in which it
 * reaches the item until it has passed it. Items without reference stay until room is needed, oldest release first.
 */
export class Encoder {
  /** Places that hold nothing. */
  free: number;
  /** Places that hold nothing or nothing that is referenced. */
  freeable: number;
  /** What the step encodes: request and the numbers of its images, in scheduling order. */
  readonly scheduled: { readonly request: number; readonly images: readonly number[] }[] = [];
  /** Content dropped from the cache in this step. */
  readonly evicted: number[] = [];
  private readonly config: EncoderConfig;
  private readonly requests: RequestTable;
  private readonly shift: number;
  private budget = 0;
  /** Holders of each cached content. */
  private readonly holders = new Map<number, Set<number>>();
  /** Content without holder and its size, oldest release first. */
  private readonly released = new Map<number, number>();
  /** What the last `plan` wants encoded. */
  private planned: number[] = [];

  /** `shift`: tokens by which a drafter reads ahead. */
  constructor(config: EncoderConfig, requests: RequestTable, shift: number) {
    this.config = config;
    this.requests = requests;
    this.shift = shift;
    this.free = config.cacheSize;
    this.freeable = config.cacheSize;
  }

  beginStep(): void {
    this.budget = this.config.budget;
    this.scheduled.length = 0;
    this.evicted.length = 0;
  }

  /** How many of the `tokens` tokens from `computed` on the request may compute, given the images they meet. Takes references. */
  plan(request: number, computed: number, tokens: number): number {
    this.planned = [];
    const images = this.requests.images.get(request);
    if (images === undefined || tokens === 0) return tokens;
    const seen = computed + this.shift;
    let wanted = 0;
    let budget = this.budget;
    for (let i = 0; i < images.length; i++) {
      const { position, tokens: size, hash } = images[i];
      if (position >= seen + tokens) break;
      if (position + size <= computed) continue;
      if (this.planned.some((other) => images[other].hash === hash) || this.reference(request, hash)) continue;
      if (this.config.disableChunkedInput && computed < position && computed + tokens < position + size) {
        return Math.max(0, position - seen);
      }
      if (size > budget || !this.makeRoom(wanted + size)) return Math.max(0, position - seen);
      // A drafter that reads ahead touches an item whose placeholders start behind this chunk: not needed yet.
      if (position >= computed + tokens) continue;
      wanted += size;
      budget -= size;
      this.planned.push(i);
    }
    return tokens;
  }

  /** The request is scheduled as planned. */
  commit(request: number): void {
    if (this.planned.length === 0) return;
    const images = this.requests.images.get(request) ?? [];
    for (const i of this.planned) {
      const { tokens, hash } = images[i];
      this.holdersOf(hash).add(request);
      // Dropped and encoded again within one step: nothing is lost.
      const dropped = this.evicted.indexOf(hash);
      if (dropped >= 0) this.evicted.splice(dropped, 1);
      this.free -= tokens;
      this.freeable -= tokens;
      this.budget -= tokens;
    }
    this.scheduled.push({ request, images: this.planned });
    this.planned = [];
  }

  /** A victim that was scheduled earlier in this step gives its budget back; its references go with `release`. */
  undo(request: number): void {
    const at = this.scheduled.findIndex((entry) => entry.request === request);
    if (at < 0) return;
    const images = this.requests.images.get(request) ?? [];
    for (const i of this.scheduled[at].images) this.budget += images[i].tokens;
    this.scheduled.splice(at, 1);
  }

  /** Tells the cost model how many passes the step's items take. */
  addTo(shape: BatchShape): void {
    for (const { request, images: scheduled } of this.scheduled) {
      const images = this.requests.images.get(request) ?? [];
      for (const i of scheduled) addWindows(shape, images[i], this.config);
    }
  }

  /** Images that end before `position` are in the KV cache now: their references go. */
  passed(request: number, position: number): void {
    for (const { position: start, tokens, hash } of this.requests.images.get(request) ?? []) {
      if (start + tokens + this.shift <= position) this.drop(request, hash, tokens);
    }
  }

  /** All references of a request go. */
  release(request: number): void {
    for (const { tokens, hash } of this.requests.images.get(request) ?? []) this.drop(request, hash, tokens);
  }

  save(): EncoderState {
    return {
      free: this.free,
      freeable: this.freeable,
      holders: [...this.holders].map(([hash, holders]) => [hash, [...holders]]),
      released: [...this.released],
    };
  }

  restore(state: EncoderState): void {
    this.free = state.free;
    this.freeable = state.freeable;
    this.holders.clear();
    for (const [hash, holders] of state.holders) this.holders.set(hash, new Set(holders));
    this.released.clear();
    for (const [hash, size] of state.released) this.released.set(hash, size);
    this.beginStep();
  }

  /** Takes a reference to cached content; false if it is not cached. */
  private reference(request: number, hash: number): boolean {
    const holders = this.holders.get(hash);
    if (holders === undefined) return false;
    const size = this.released.get(hash);
    if (size !== undefined) {
      this.released.delete(hash);
      this.freeable -= size;
    }
    holders.add(request);
    return true;
  }

  private makeRoom(size: number): boolean {
    if (size <= this.free) return true;
    if (size > this.freeable) return false;
    for (const [hash, freed] of this.released) {
      if (size <= this.free) break;
      this.released.delete(hash);
      this.holders.delete(hash);
      this.evicted.push(hash);
      this.free += freed;
    }
    return true;
  }

  private drop(request: number, hash: number, size: number): void {
    const holders = this.holders.get(hash);
    if (holders === undefined || !holders.delete(request) || holders.size > 0) return;
    this.released.set(hash, size);
    this.freeable += size;
  }

  private holdersOf(hash: number): Set<number> {
    let holders = this.holders.get(hash);
    if (holders === undefined) {
      holders = new Set();
      this.holders.set(hash, holders);
    }
    return holders;
  }
}

/** An engine's encoder, null if it has none. */
export function createEncoder(config: EngineConfig, requests: RequestTable, shift: number): Encoder | null {
  return config.encoder === null ? null : new Encoder(config.encoder, requests, shift);
}

export interface EncoderState {
  readonly free: number;
  readonly freeable: number;
  readonly holders: readonly (readonly [number, readonly number[]])[];
  readonly released: readonly (readonly [number, number])[];
}
