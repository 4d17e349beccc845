import { type ImageSpan, PLACEHOLDER_SEGMENT, type RequestTable } from '../request.ts';

/** What one block holds: tokens of symbolic streams, piece after piece, and what sets it apart from a block of the same tokens. */
export interface BlockContent {
  /** Number of its salt and of the images that lie in it; 0 = neither. */
  extras: number;
  /** The first piece: tokens `offset .. offset + length - 1` of stream `segment`. */
  segment: number;
  offset: number;
  length: number;
  /** Further pieces, three numbers each: stream, offset, length; null = none. */
  more: readonly number[] | null;
  /** Tokens of all pieces. */
  tokens: number;
}

/** Reads the tokens of a request, prompt and output, block by block. One instance reads one request at a time. */
export class ContentReader {
  /** What was read last. The next read overwrites it, but never `more`. */
  readonly content: BlockContent = { extras: 0, segment: 0, offset: 0, length: 0, more: null, tokens: 0 };
  private readonly own: RequestTable;
  private requests: RequestTable;
  private readonly extras = new Map<string, number>();
  private request = 0;
  /** Tokens read so far. */
  private position = 0;
  /** The prompt piece that is read next, and how much of it was read. Behind the last piece comes the output. */
  private piece = 0;
  private within = 0;
  private lastPiece = 0;
  private salt = 0;
  private images: readonly ImageSpan[] = noImages;

  constructor(requests: RequestTable) {
    this.own = requests;
    this.requests = requests;
  }

  /** Starts at the first token of a request, of the reader's own table or of another one with the same token streams. */
  begin(request: number, requests: RequestTable = this.own): void {
    this.requests = requests;
    this.request = request;
    this.position = 0;
    this.piece = requests.segmentStart[request];
    this.within = 0;
    this.lastPiece = requests.segmentStart[request + 1];
    this.salt = requests.cacheSalt[request];
    this.images = requests.images.get(request) ?? noImages;
  }

  /** The next `tokens` tokens, at least one. */
  next(tokens: number): BlockContent {
    const { content, requests } = this;
    const isPlain = this.salt === 0 && this.images.length === 0;
    content.extras = isPlain ? 0 : this.extrasOf(this.position, this.position + tokens);
    content.tokens = tokens;
    content.more = null;
    let more: number[] | null = null;
    for (let left = tokens; left > 0; ) {
      const isOutput = this.piece >= this.lastPiece;
      const whole = isOutput ? Number.POSITIVE_INFINITY : requests.segmentLength[this.piece];
      const stream = isOutput ? requests.outputSegment[this.request] : requests.segmentId[this.piece];
      const start = isOutput ? 0 : requests.segmentOffset[this.piece];
      const offset = stream === PLACEHOLDER_SEGMENT ? 0 : start + this.within;
      const length = Math.min(left, whole - this.within);
      if (left === tokens) {
        content.segment = stream;
        content.offset = offset;
        content.length = length;
      } else if (more === null) more = [stream, offset, length];
      else more.push(stream, offset, length);
      left -= length;
      this.within += length;
      if (this.within === whole) {
        this.piece++;
        this.within = 0;
      }
    }
    content.more = more;
    this.position += tokens;
    return content;
  }

  /** Passes over the next `tokens` tokens. */
  skip(tokens: number): void {
    const { requests } = this;
    this.position += tokens;
    this.within += tokens;
    while (this.piece < this.lastPiece && this.within >= requests.segmentLength[this.piece]) {
      this.within -= requests.segmentLength[this.piece++];
    }
  }

  /** The salts and images seen so far; their numbers go by this order. */
  save(): readonly string[] {
    return [...this.extras.keys()];
  }

  restore(names: readonly string[]): void {
    this.extras.clear();
    for (const name of names) this.extras.set(name, this.extras.size + 1);
  }

  private extrasOf(from: number, to: number): number {
    let name = `${this.salt}`;
    for (const { position, tokens, hash } of this.images) {
      if (position < to && position + tokens > from) name += ` ${hash}@${position - from}`;
    }
    if (name === '0') return 0;
    const known = this.extras.get(name);
    if (known !== undefined) return known;
    const fresh = this.extras.size + 1;
    this.extras.set(name, fresh);
    return fresh;
  }
}

const noImages: readonly ImageSpan[] = [];
