import { PLACEHOLDER_SEGMENT, type RequestSpec } from '../request.ts';
import type { ReuseSettings } from './tensorrt-llm.ts';

/** The tokens of a request spelled out: equal names for equal tokens. The salt is part of each, an image of those of its blocks. */
export function spellOut(spec: RequestSpec, outputs: number, blockSize: number): string[] {
  const tokens: string[] = [];
  const add = (segment: number, offset: number, length: number): void => {
    for (let i = 0; i < length; i++) {
      tokens.push(segment === PLACEHOLDER_SEGMENT ? 'image' : `${segment}:${offset + i}`);
    }
  };
  for (const { segment, offset, length } of spec.segments ?? []) add(segment, offset, length);
  add(spec.outputSegment ?? 0, 0, outputs);
  return tokens.map((token, at) => {
    const start = at - (at % blockSize);
    const images = (spec.images ?? [])
      .filter(({ position, tokens: length }) => position < start + blockSize && position + length > start)
      .map(({ position, hash }) => `${hash}@${position - start}`);
    return [token, spec.cacheSalt ?? 0, ...images].join('/');
  });
}

interface SlowBlock {
  readonly number: number;
  /** All tokens from the start of the sequence to the end of the block, if its content can be found. */
  path: string[] | null;
  holders: number;
  priority: number;
  /** When it was freed last, for the order. */
  freed: number;
}

/**
 * An obviously right twin of TensorRT-LLM's KV-cache manager: a list of blocks, each with the whole sequence before its end.
 * Every question is answered by looking at all of them.
 */
export class SlowTensorRtMemory {
  readonly tables = new Map<number, number[]>();
  private readonly blocks: SlowBlock[];
  private readonly host: SlowBlock[];
  private readonly blockSize: number;
  private readonly settings: ReuseSettings;
  private clock = 0;

  constructor(blocks: number, hostBlocks: number, blockSize: number, settings: ReuseSettings) {
    this.blockSize = blockSize;
    this.settings = settings;
    const create = (number: number): SlowBlock => ({
      number,
      path: null,
      holders: 0,
      priority: 35,
      freed: this.clock++,
    });
    this.blocks = Array.from({ length: blocks }, (_, i) => create(1 + i));
    this.host = Array.from({ length: hostBlocks }, (_, i) => create(1 + blocks + i));
  }

  freeList(): number[] {
    return inOrder(this.blocks.filter((b) => b.holders === 0)).map((b) => b.number);
  }

  hostList(): number[] {
    return inOrder(this.host).map((b) => b.number);
  }

  isCached(block: number): boolean {
    return this.blocks[block - 1].holders === 0 && this.blocks[block - 1].path !== null;
  }

  /** Whole blocks in the tree at the beginning of these tokens, and how many of them, from the first on, have a holder. */
  match(tokens: readonly string[]): { blocks: number; held: number } {
    const { blockSize } = this;
    let blocks = 0;
    let held = 0;
    for (; (blocks + 1) * blockSize <= tokens.length; blocks++) {
      const found = this.find(tokens.slice(0, (blocks + 1) * blockSize));
      if (found === undefined) break;
      if (held === blocks && found.holders > 0) held++;
    }
    return { blocks, held };
  }

  /** Behind its tokens there are places for so many drafts. */
  start(request: number, tokens: readonly string[], drafts: number): number {
    const { blockSize, settings } = this;
    const known = tokens.slice(0, -1);
    const table: SlowBlock[] = [];
    let hit = 0;
    let part: SlowBlock | undefined;
    for (let from = 0; from < known.length; from += blockSize) {
      const path = known.slice(0, from + blockSize);
      const equal = this.find(path);
      if (equal !== undefined && path.length === from + blockSize) {
        table.push(equal);
        hit += blockSize;
        continue;
      }
      part = equal;
      if (equal === undefined && settings.enablePartialReuse) {
        const children = [...this.blocks, ...this.host].filter(
          (b) => b.path !== null && this.isChild(b.path, path.slice(0, from)),
        );
        const usable = children.filter((b) => settings.copyOnPartialReuse || (b.holders === 0 && this.isLeaf(b)));
        const byLength = usable.sort((a, b) => common(b.path, path) - common(a.path, path) || a.number - b.number);
        part = byLength.find((b) => common(b.path, path) > from);
      }
      if (part !== undefined) hit += common(part.path, path) - from;
      break;
    }
    // The chain is held before anything else happens, the blocks of the host too.
    const claimed = new Set(table);
    for (const block of table) {
      block.priority = settings.promptPriority;
      block.holders++;
    }
    if (part !== undefined && part.holders === 0 && this.isLeaf(part)) {
      part.path = null;
      part.priority = settings.promptPriority;
      part.holders++;
      claimed.add(part);
      table.push(part);
    } else if (part !== undefined) table.push(this.take(part.priority));
    for (let i = 0; i < table.length; i++) {
      const there = table[i];
      if (!this.host.includes(there)) continue;
      const here = this.take(there.priority);
      here.path = there.path;
      Object.assign(there, { path: null, holders: 0, priority: 35, freed: this.clock++ });
      table[i] = here;
    }
    while (table.length * blockSize < tokens.length + drafts) table.push(this.take(settings.promptPriority));
    this.tables.set(
      request,
      table.map((b) => b.number),
    );
    return hit;
  }

  grow(request: number): void {
    this.tables.get(request)?.push(this.take(this.settings.decodePriority).number);
  }

  /** Keeps the first `blocks` of a request's blocks; the last one goes first. */
  rewind(request: number, blocks: number): void {
    const table = this.tables.get(request) ?? [];
    while (table.length > blocks) {
      const block = this.blocks[(table.pop() ?? 0) - 1];
      if (--block.holders === 0) block.freed = this.clock++;
    }
  }

  /** Puts blocks for these tokens into the tree; the last one may be filled in part. */
  store(request: number, tokens: readonly string[]): void {
    const table = this.tables.get(request) ?? [];
    for (let i = 0; i * this.blockSize < tokens.length; i++) {
      const path = tokens.slice(0, (i + 1) * this.blockSize);
      if (this.find(path) === undefined) this.blocks[table[i] - 1].path = path;
    }
  }

  release(request: number, tokens: readonly string[]): void {
    this.store(request, tokens);
    for (const number of (this.tables.get(request) ?? []).reverse()) {
      const block = this.blocks[number - 1];
      if (--block.holders === 0) block.freed = this.clock++;
    }
    this.tables.delete(request);
  }

  private take(priority: number): SlowBlock {
    const [block] = inOrder(this.blocks.filter((b) => b.holders === 0));
    const [there] = inOrder(this.host.filter((b) => b.holders === 0));
    if (block.path !== null && there !== undefined && block.priority >= this.settings.secondaryOffloadMinPriority) {
      this.forget(there);
      there.freed = this.clock++;
      there.priority = block.priority;
      there.path = block.path;
      block.path = null;
    } else this.forget(block);
    block.holders = 1;
    block.priority = priority;
    return block;
  }

  /** A content is lost, and with it all that follows it. */
  private forget({ path }: SlowBlock): void {
    if (path === null) return;
    const isFull = path.length % this.blockSize === 0;
    for (const b of [...this.blocks, ...this.host]) {
      if (b.path === null || common(b.path, path) < path.length) continue;
      // What begins like a block that is not full is another block in its place.
      if (isFull || b.path.length === path.length) b.path = null;
    }
  }

  private find(path: readonly string[]): SlowBlock | undefined {
    return [...this.blocks, ...this.host].find(
      (b) => b.path !== null && b.path.length === path.length && common(b.path, path) === path.length,
    );
  }

  private isChild(path: readonly string[], parent: readonly string[]): boolean {
    const isBelow = path.length > parent.length && path.length <= parent.length + this.blockSize;
    return parent.length % this.blockSize === 0 && isBelow && common(path, parent) === parent.length;
  }

  private isLeaf({ path }: SlowBlock): boolean {
    if (path === null) return true;
    return ![...this.blocks, ...this.host].some((b) => b.path !== null && this.isChild(b.path, path));
  }
}

function inOrder(blocks: readonly SlowBlock[]): SlowBlock[] {
  return blocks.slice().sort((a, b) => a.priority - b.priority || a.freed - b.freed);
}

function common(a: readonly string[] | null, b: readonly string[]): number {
  let length = 0;
  while (a !== null && length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}
