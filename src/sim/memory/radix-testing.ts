import fc from 'fast-check';

/**
 * Obviously right twins of the radix caches, for tests: no tree, only a list of pieces of token sequences, each with
 * the whole text before it. Every question is answered by looking at all of them.
 */

/** Texts with common beginnings of all lengths: a part of a known text, and sometimes letters of one's own. */
export const textArb: fc.Arbitrary<string> = fc
  .record({
    base: fc.constantFrom('abcabcab', 'abcaacbb', 'abbbaacc', 'bcbcbcbc'),
    cut: fc.integer({ min: 0, max: 8 }),
    own: fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 4 }),
  })
  .map(({ base, cut, own }) => base.slice(0, cut) + own);

/** A piece of cached text: letters are tokens. */
interface Piece {
  /** The whole sequence from the start to the end of the piece. */
  path: string;
  /** Where in it the piece starts. */
  start: number;
  slots: number[];
  lastAccess: number;
}

/** SGLang's cache with pages of one token and LRU eviction. Locks are remembered as the locked sequences themselves. */
export class SlowSglangCache {
  pieces: Piece[] = [];
  readonly locked: string[] = [];
  private clock = 0;

  match(text: string): { slots: number[]; path: string } {
    if (text === '') return { slots: [], path: '' };
    this.walk(text);
    const path = this.longest(text);
    return { slots: this.slotsOf(path), path };
  }

  insert(text: string, slots: readonly number[]): number {
    this.walk(text);
    const known = this.longest(text).length;
    if (known < text.length) {
      this.pieces.push({ path: text, start: known, slots: slots.slice(known), lastAccess: this.clock++ });
    }
    return known;
  }

  evict(tokens: number): number[] {
    const freed: number[] = [];
    while (freed.length < tokens) {
      const leaves = this.pieces.filter((p) => !this.isLocked(p) && !this.pieces.some((o) => isChild(o, p)));
      if (leaves.length === 0) break;
      const first = leaves.reduce((a, b) => (b.lastAccess < a.lastAccess ? b : a));
      freed.push(...first.slots);
      this.pieces = this.pieces.filter((p) => p !== first);
    }
    return freed;
  }

  count(isLocked: boolean): number {
    return this.pieces.reduce((sum, p) => sum + (this.isLocked(p) === isLocked ? p.slots.length : 0), 0);
  }

  isLocked(piece: Piece): boolean {
    return this.locked.some((path) => path.startsWith(piece.path));
  }

  /** Stamps what a walk along the text touches and cuts the piece in which it ends. */
  private walk(text: string): void {
    const now = this.clock++;
    const length = this.longest(text).length;
    const touched = this.pieces.filter((p) => text.slice(0, length).startsWith(p.path.slice(0, p.start + 1)));
    for (const piece of touched) {
      piece.lastAccess = now;
      if (piece.path.length <= length) continue;
      const cut = length - piece.start;
      this.pieces.push({
        path: piece.path.slice(0, length),
        start: piece.start,
        slots: piece.slots.slice(0, cut),
        lastAccess: this.clock++,
      });
      piece.start = length;
      piece.slots = piece.slots.slice(cut);
    }
  }

  private longest(text: string): string {
    for (let length = text.length; length > 0; length--) {
      const head = text.slice(0, length);
      if (this.pieces.some((p) => p.start < length && p.path.startsWith(head))) return head;
    }
    return '';
  }

  private slotsOf(path: string): number[] {
    const slots: number[] = [];
    for (const piece of this.pieces) {
      for (let at = piece.start; at < piece.path.length && at < path.length; at++) {
        if (path.startsWith(piece.path.slice(0, at + 1))) slots[at] = piece.slots[at - piece.start];
      }
    }
    return slots;
  }
}

interface CachedPiece extends Piece {
  readonly id: number;
}

export interface SlowAllocation {
  readonly blocks: readonly number[];
  readonly prefix: number;
  readonly prompt: string;
  readonly user: CachedPiece | undefined;
}

/** TGI's allocator with blocks of one token. Users are remembered by the end of the piece in which their prefix was found. */
export class SlowTgiAllocator {
  free: number[];
  pieces: CachedPiece[] = [];
  private readonly users: CachedPiece[] = [];
  private readonly freeIds: number[] = [];
  private nextId = 2;
  private counter = 0;

  constructor(numBlocks: number) {
    this.free = Array.from({ length: numBlocks - 1 }, (_, i) => i + 1);
  }

  allocate(tokens: number, prompt: string): SlowAllocation | null {
    this.counter++;
    const prefix = this.longest(prompt);
    const path = this.onPath(prompt.slice(0, prefix));
    for (const piece of path) piece.lastAccess = this.counter;
    const found = path.flatMap((p) => p.slots).slice(0, prefix);
    const user = path.at(-1);
    if (user !== undefined) this.users.push(user);
    const need = Math.max(0, tokens - prefix);
    if (need > this.free.length) this.evict(need - this.free.length);
    if (need > this.free.length) {
      this.drop(user);
      return null;
    }
    return { blocks: [...found, ...this.free.splice(this.free.length - need, need)], prefix, prompt, user };
  }

  release({ blocks, prefix, prompt, user }: SlowAllocation): void {
    this.drop(user);
    if (prompt.length > prefix) {
      this.counter++;
      const known = this.longest(prompt);
      for (const piece of this.onPath(prompt.slice(0, known))) {
        piece.lastAccess = this.counter;
        const cut = known - piece.start;
        if (cut >= piece.slots.length || known === prompt.length) continue;
        const upper = {
          ...piece,
          path: piece.path.slice(0, known),
          slots: piece.slots.slice(0, cut),
          id: this.newId(),
        };
        piece.start = known;
        piece.slots = piece.slots.slice(cut);
        this.pieces.push(upper);
      }
      if (known < prompt.length) {
        const rest = { path: prompt, start: known, slots: blocks.slice(known, prompt.length) };
        this.pieces.push({ ...rest, lastAccess: this.counter, id: this.newId() });
      }
      this.free.push(...blocks.slice(prefix, known));
    }
    this.free.push(...blocks.slice(prompt.length));
  }

  get cached(): number {
    return this.pieces.reduce((sum, p) => sum + p.slots.length, 0);
  }

  private evict(blocks: number): void {
    for (let left = blocks; left > 0; ) {
      const leaves = this.pieces.filter((p) => !this.users.includes(p) && !this.pieces.some((o) => isChild(o, p)));
      if (leaves.length === 0) return;
      const first = leaves.reduce((a, b) => ((b.lastAccess - a.lastAccess || b.id - a.id) < 0 ? b : a));
      const kept = Math.max(0, first.slots.length - left);
      const gone = first.slots.splice(kept);
      this.free.push(...gone);
      left -= gone.length;
      first.path = first.path.slice(0, first.start + kept);
      if (kept === 0) {
        this.pieces = this.pieces.filter((p) => p !== first);
        this.freeIds.push(first.id);
      }
    }
  }

  private newId(): number {
    return this.freeIds.pop() ?? this.nextId++;
  }

  private drop(user: CachedPiece | undefined): void {
    if (user !== undefined) this.users.splice(this.users.indexOf(user), 1);
  }

  /** Pieces that a text begins to use, first one first. */
  private onPath(text: string): CachedPiece[] {
    return this.pieces
      .filter((p) => p.start < text.length && (p.path.startsWith(text) || text.startsWith(p.path)))
      .filter((p) => text.startsWith(p.path.slice(0, p.start + 1)))
      .sort((a, b) => a.start - b.start);
  }

  private longest(text: string): number {
    for (let length = text.length; length > 0; length--) {
      const head = text.slice(0, length);
      if (this.pieces.some((p) => p.start < length && p.path.startsWith(head))) return length;
    }
    return 0;
  }
}

/** Whether `below` starts where `above` ends, with the same text before. */
function isChild(below: Piece, above: Piece): boolean {
  return below.start === above.path.length && below.path.startsWith(above.path);
}
