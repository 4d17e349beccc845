import type { PromptBlocks } from './prompt-blocks.ts';

/** Blocks of the prompts that an instance was sent, as far as a router remembers them: a guess at what is in its cache. */
export class SentBlocks {
  /** When each was sent last, the longest ago first. */
  private readonly sentUs = new Map<number, number>();
  private readonly blocks: PromptBlocks;

  constructor(blocks: PromptBlocks) {
    this.blocks = blocks;
  }

  get size(): number {
    return this.sentUs.size;
  }

  /** When the block that was sent longest ago was sent; Infinity if there is none. */
  get oldestUs(): number {
    for (const us of this.sentUs.values()) return us;
    return Number.POSITIVE_INFINITY;
  }

  has(block: number): boolean {
    return this.sentUs.has(block);
  }

  add(block: number, nowUs: number): void {
    if (!this.sentUs.delete(block)) this.blocks.keep(block);
    this.sentUs.set(block, nowUs);
  }

  /** Forgets the block that was sent longest ago. */
  dropOldest(): void {
    for (const block of this.sentUs.keys()) {
      this.sentUs.delete(block);
      this.blocks.drop(block);
      return;
    }
  }

  clear(): void {
    for (const block of this.sentUs.keys()) this.blocks.drop(block);
    this.sentUs.clear();
  }
}
