import type { RequestTable } from '../request.ts';
import type { ContentReader } from './block-content.ts';
import type { BlockTree } from './block-tree.ts';

/** How much of a prompt is in the tree. */
export interface PromptMatch {
  /** Whole blocks from the start that are in the tree. */
  readonly blocks: number;
  /** How many of those, from the start, somebody holds without a gap; and the last of them. */
  readonly held: number;
  readonly lastHeld: number;
  /** Name of the first whole block that is not in the tree, together with all before it; '' = there is none. */
  readonly missing: string;
}

export const noMatch: PromptMatch = { blocks: 0, held: 0, lastHeld: 0, missing: '' };

/** Looks prompts up in the tree. Several rules ask the same of a request in a step, so answers are kept until something changes. */
export class PromptMatcher {
  private readonly tree: BlockTree;
  private readonly reader: ContentReader;
  private readonly holders: Int32Array;
  private readonly blockSize: number;
  private readonly known = new Map<number, { match: PromptMatch; prompt: number; version: number }>();
  private version = 0;

  /** `holders`: how many tables hold a block. */
  constructor(tree: BlockTree, reader: ContentReader, holders: Int32Array, blockSize: number) {
    this.tree = tree;
    this.reader = reader;
    this.holders = holders;
    this.blockSize = blockSize;
  }

  /** The tree, or who holds a block of it, is another than before. */
  changed(): void {
    this.version++;
  }

  /** Nobody will ask for a request soon. */
  forget(request: number): void {
    this.known.delete(request);
  }

  /** What is in the tree of the first `prompt` tokens of a request. */
  match(request: number, prompt: number): PromptMatch {
    const last = this.known.get(request);
    if (last !== undefined && last.version === this.version && last.prompt === prompt) return last.match;
    const match = this.search(request, prompt);
    this.known.set(request, { match, prompt, version: this.version });
    return match;
  }

  /** The blocks of a prompt that somebody holds, from the first on. */
  heldChain(request: number, prompt: number): number[] {
    const { held, lastHeld } = this.match(request, prompt);
    const chain: number[] = [];
    for (let block = lastHeld; chain.length < held; block = this.tree.parent[block]) chain.push(block);
    return chain.reverse();
  }

  /** The same of a request of another table. The answer is not kept. */
  search(request: number, prompt: number, requests?: RequestTable): PromptMatch {
    const { reader, tree, holders, blockSize } = this;
    const most = Math.floor(prompt / blockSize);
    let parent = 0;
    let blocks = 0;
    let held = 0;
    let lastHeld = 0;
    reader.begin(request, requests);
    for (; blocks < most; blocks++) {
      const content = reader.next(blockSize);
      const block = tree.child(parent, content);
      if (block === 0) return { blocks, held, lastHeld, missing: tree.nameOf(parent, content) };
      if (held === blocks && holders[block] > 0) {
        held++;
        lastHeld = block;
      }
      parent = block;
    }
    return { blocks, held, lastHeld, missing: '' };
  }
}
