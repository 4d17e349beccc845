/** Q's elements: the request table, one column a property, one row a request. Row number = request id. */

import type { PrefixStore } from './phase/prefix-store.ts';

/** Why a request ends by itself. */
export const EndsBy = { length: 0, stop: 1 } as const;

/** Where a request is in its life. `rejected` and `aborted` requests never finish but are never lost. */
export const Status = {
  future: 0,
  waiting: 1,
  running: 2,
  preempted: 3,
  finished: 4,
  rejected: 5,
  aborted: 6,
  /** Its KV is on its way from elsewhere; it holds the blocks for it. Once they are there it waits again, and keeps them. */
  loading: 7,
} as const;
export type Status = (typeof Status)[keyof typeof Status];

/** One piece of a prompt: tokens `offset .. offset + length - 1` of a symbolic token stream `segment`. */
export interface Segment {
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
}

/** An image (or another item for the encoder) in a prompt: placeholder tokens `position .. position + tokens - 1`. */
export interface ImageSpan {
  readonly position: number;
  /** Placeholder tokens; each is one embedding of the encoder. */
  readonly tokens: number;
  /** Equal for equal content. */
  readonly hash: number;
  /** Which encoder it is for; left out: the image encoder. */
  readonly kind?: 'image' | 'audio';
}

/** A request as a workload describes it. */
export interface RequestSpec {
  readonly arrivalUs: number;
  readonly promptTokens: number;
  /** Tokens the request generates before it ends by itself, at least 1. */
  readonly outputTokens: number;
  /** Whether it ends because it reached its limit (`length`, the default) or by an end token (`stop`). */
  readonly endsBy?: keyof typeof EndsBy;
  /** Output limit the client asked for. Left out: `outputTokens` if it ends by length, else the rest of max_model_len. */
  readonly maxTokens?: number;
  /** Smaller is served first, under a priority order. */
  readonly priority?: number;
  /** Who asks: users share an engine, under a fair-share order. */
  readonly user?: number;
  /** The conversation that it is a part of, for routers that keep those together. Left out: the user, or if that is left out too the request itself. */
  readonly session?: number;
  /** Class of the request, an index into the workload's class names. */
  readonly klass?: number;
  /** Prompt pieces whose lengths sum to `promptTokens`. Left out: tokens that no other request shares. */
  readonly segments?: readonly Segment[];
  /** Stream number of the generated tokens, so that a later prompt can contain them. Left out: private. */
  readonly outputSegment?: number;
  /** Keeps equal prompts of different tenants apart in a prefix cache. */
  readonly cacheSalt?: number;
  /** Images in order of position, not overlapping. Their placeholders are part of the prompt, as a rule of `PLACEHOLDER_SEGMENT`. */
  readonly images?: readonly ImageSpan[];
  /** The KV of the prompt exists on another instance. `transferUs`: how long it takes to come, if not the engine's usual time. */
  readonly remoteKv?: { readonly transferUs?: number | undefined };
}

/** The stream of image placeholders: all its tokens are the same, whatever their offset. */
export const PLACEHOLDER_SEGMENT = 0;

/** First stream number of the streams that the table gives to requests that share nothing. */
export const PRIVATE_SEGMENTS = 1 << 28;

/**
 * The requests of one run. Rows are only ever appended, in order of arrival; the columns may be replaced by longer
 * ones when they grow, so keep the table, not a column.
 */
export class RequestTable {
  count = 0;
  /** Microseconds since start, non-decreasing. */
  arrivalUs: Float64Array;
  promptTokens: Int32Array;
  outputTokens: Int32Array;
  endsBy: Uint8Array;
  /** Output limit; 0 = the rest of max_model_len. */
  maxTokens: Int32Array;
  priority: Int32Array;
  user: Int32Array;
  /** Equal for requests of one conversation. */
  session: Int32Array;
  klass: Uint8Array;
  cacheSalt: Int32Array;
  outputSegment: Int32Array;
  /** Prompt pieces of row r are entries `segmentStart[r] .. segmentStart[r + 1] - 1`. */
  segmentStart: Int32Array;
  segmentId: Int32Array;
  segmentOffset: Int32Array;
  segmentLength: Int32Array;
  /** Images of the requests that have some. */
  readonly images = new Map<number, readonly ImageSpan[]>();
  /** Requests whose prompt's KV exists elsewhere, and how long it takes to come, if they say so. */
  readonly remote = new Map<number, number | undefined>();
  /** Where prefixes of these requests may be found that any engine has computed; null = nowhere. Set before an engine is made for them. */
  store: PrefixStore | null = null;

  constructor(capacity = 1024) {
    const rows = Math.max(1, capacity);
    this.arrivalUs = new Float64Array(rows);
    this.promptTokens = new Int32Array(rows);
    this.outputTokens = new Int32Array(rows);
    this.endsBy = new Uint8Array(rows);
    this.maxTokens = new Int32Array(rows);
    this.priority = new Int32Array(rows);
    this.user = new Int32Array(rows);
    this.session = new Int32Array(rows);
    this.klass = new Uint8Array(rows);
    this.cacheSalt = new Int32Array(rows);
    this.outputSegment = new Int32Array(rows);
    this.segmentStart = new Int32Array(rows + 1);
    this.segmentId = new Int32Array(rows);
    this.segmentOffset = new Int32Array(rows);
    this.segmentLength = new Int32Array(rows);
  }

  /** Appends a request and returns its id. Neighbouring pieces of one stream are joined, so equal prompts look equal. */
  push(spec: RequestSpec): number {
    const id = this.count;
    if (id === this.arrivalUs.length) this.growRows(id * 2);
    this.arrivalUs[id] = spec.arrivalUs;
    this.promptTokens[id] = spec.promptTokens;
    this.outputTokens[id] = spec.outputTokens;
    this.endsBy[id] = EndsBy[spec.endsBy ?? 'length'];
    this.maxTokens[id] = spec.maxTokens ?? (spec.endsBy === 'stop' ? 0 : spec.outputTokens);
    this.priority[id] = spec.priority ?? 0;
    this.user[id] = spec.user ?? 0;
    this.session[id] = spec.session ?? spec.user ?? id;
    this.klass[id] = spec.klass ?? 0;
    this.cacheSalt[id] = spec.cacheSalt ?? 0;
    this.outputSegment[id] = spec.outputSegment ?? PRIVATE_SEGMENTS + 2 * id + 1;
    if (spec.images !== undefined && spec.images.length > 0) this.images.set(id, spec.images);
    if (spec.remoteKv !== undefined) this.remote.set(id, spec.remoteKv.transferUs);
    this.count = id + 1;
    this.segmentStart[id + 1] = this.segmentStart[id];
    if (spec.segments === undefined) this.pushSegment(id, PRIVATE_SEGMENTS + 2 * id, 0, spec.promptTokens);
    else for (const s of spec.segments) this.pushSegment(id, s.segment, s.offset, s.length);
    return id;
  }

  /** Appends a copy of a row of another table, with another time of arrival. Its token streams stay its own. */
  pushCopy(from: RequestTable, row: number, arrivalUs: number): number {
    const id = this.count;
    if (id === this.arrivalUs.length) this.growRows(id * 2);
    this.arrivalUs[id] = arrivalUs;
    this.promptTokens[id] = from.promptTokens[row];
    this.outputTokens[id] = from.outputTokens[row];
    this.endsBy[id] = from.endsBy[row];
    this.maxTokens[id] = from.maxTokens[row];
    this.priority[id] = from.priority[row];
    this.user[id] = from.user[row];
    this.session[id] = from.session[row];
    this.klass[id] = from.klass[row];
    this.cacheSalt[id] = from.cacheSalt[row];
    this.outputSegment[id] = from.outputSegment[row];
    const images = from.images.get(row);
    if (images !== undefined) this.images.set(id, images);
    if (from.remote.has(row)) this.remote.set(id, from.remote.get(row));
    this.count = id + 1;
    this.segmentStart[id + 1] = this.segmentStart[id];
    for (let at = from.segmentStart[row]; at < from.segmentStart[row + 1]; at++)
      this.pushSegment(id, from.segmentId[at], from.segmentOffset[at], from.segmentLength[at]);
    return id;
  }

  /**
   * The first `tokens` tokens of a request's output are there already: they are the end of its prompt. No piece tells of them: what lies behind
   * the pieces is output, so that they have the keys that a later turn asks for.
   */
  extendPrompt(id: number, tokens: number): void {
    this.promptTokens[id] += tokens;
  }

  private pushSegment(id: number, segment: number, offset: number, length: number): void {
    if (length <= 0) return;
    const end = this.segmentStart[id + 1];
    const last = end - 1;
    if (
      end > this.segmentStart[id] &&
      this.segmentId[last] === segment &&
      (segment === PLACEHOLDER_SEGMENT || this.segmentOffset[last] + this.segmentLength[last] === offset)
    ) {
      this.segmentLength[last] = this.segmentLength[last] + length;
      return;
    }
    if (end === this.segmentId.length) this.growSegments(end * 2);
    this.segmentId[end] = segment;
    this.segmentOffset[end] = offset;
    this.segmentLength[end] = length;
    this.segmentStart[id + 1] = end + 1;
  }

  private growRows(rows: number): void {
    this.arrivalUs = copyInto(new Float64Array(rows), this.arrivalUs);
    this.promptTokens = copyInto(new Int32Array(rows), this.promptTokens);
    this.outputTokens = copyInto(new Int32Array(rows), this.outputTokens);
    this.endsBy = copyInto(new Uint8Array(rows), this.endsBy);
    this.maxTokens = copyInto(new Int32Array(rows), this.maxTokens);
    this.priority = copyInto(new Int32Array(rows), this.priority);
    this.user = copyInto(new Int32Array(rows), this.user);
    this.session = copyInto(new Int32Array(rows), this.session);
    this.klass = copyInto(new Uint8Array(rows), this.klass);
    this.cacheSalt = copyInto(new Int32Array(rows), this.cacheSalt);
    this.outputSegment = copyInto(new Int32Array(rows), this.outputSegment);
    this.segmentStart = copyInto(new Int32Array(rows + 1), this.segmentStart);
  }

  private growSegments(entries: number): void {
    this.segmentId = copyInto(new Int32Array(entries), this.segmentId);
    this.segmentOffset = copyInto(new Int32Array(entries), this.segmentOffset);
    this.segmentLength = copyInto(new Int32Array(entries), this.segmentLength);
  }
}

function copyInto<T extends Float64Array | Int32Array | Uint8Array>(to: T, from: T): T {
  to.set(from);
  return to;
}
