import { type TgiAllocation, TgiRadixAllocator, type TrieNode } from '../memory/radix-tgi.ts';
import { spanOf } from '../memory/token-span.ts';
import {
  compareTokens,
  type RecordedOp,
  type RecordedTokens,
  readTokens,
  replayCases,
  writeRuns,
  writeTokens,
} from './radix-recording.ts';
import type { ReplayReport } from './vllm-replay.ts';

/** Format 1 of recorded operations on TGI's block allocator. */
export interface TgiRadixRecording {
  readonly format: 1;
  readonly suite: 'tgi_radix';
  readonly cases: readonly TgiRadixCase[];
}

interface TgiRadixCase {
  readonly seed: number;
  readonly block_size: number;
  readonly n_blocks: number;
  readonly ops: readonly RecordedOp[];
}

interface Inputs {
  readonly op: 'alloc' | 'free';
  readonly segs: RecordedTokens;
  readonly tokens: number;
  readonly cacheable: boolean;
  readonly id: number;
  readonly tree?: unknown;
}

const TOKENS_PER_STREAM = 1000;

/** Replays recorded operations on TGI's block allocator and compares every field of every one. */
export function replayTgiRadix(recording: TgiRadixRecording): ReplayReport {
  return replayCases('TGI radix allocator', recording.cases, (one) => new Player(one));
}

class Player {
  private readonly allocator: TgiRadixAllocator;
  private readonly allocations = new Map<number, TgiAllocation>();
  private nextId = 0;

  constructor(one: TgiRadixCase) {
    this.allocator = new TgiRadixAllocator(one.n_blocks, one.block_size);
  }

  play(recorded: RecordedOp): RecordedOp {
    const op = recorded as unknown as Inputs;
    const { allocator } = this;
    return {
      ...(op.op === 'alloc' ? this.allocate(op) : this.release(op)),
      free: allocator.freeBlocks,
      cached: allocator.cachedBlocks,
      ...(op.tree === undefined ? {} : { tree: dump(allocator.root), free_list: writeRuns(allocator.freeList()) }),
    };
  }

  private allocate({ op, segs, tokens, cacheable }: Inputs): RecordedOp {
    const allocation = this.allocator.allocate(tokens, cacheable ? spanOf(readTokens(segs)) : null);
    const inputs = { op, segs, tokens, cacheable };
    if (allocation === null) return { ...inputs, id: null };
    const id = this.nextId++;
    this.allocations.set(id, allocation);
    return { ...inputs, id, prefix: allocation.prefixTokens, blocks: writeRuns(allocation.blocks) };
  }

  private release({ op, id }: Inputs): RecordedOp {
    const allocation = this.allocations.get(id);
    if (allocation === undefined) throw new Error(`the recording frees allocation ${id}, which does not exist`);
    this.allocations.delete(id);
    this.allocator.release(allocation);
    return { op, id };
  }
}

/** Rows of the trie in pre-order, without the root. */
function dump(node: TrieNode, depth = 0, rows: RecordedOp[] = []): RecordedOp[] {
  const children = [...node.children.values()].sort((a, b) => compareTokens(a.key.pieces, b.key.pieces));
  for (const child of children) {
    rows.push({
      d: depth,
      key: writeTokens(child.key.pieces, TOKENS_PER_STREAM),
      blocks: writeRuns(child.blocks),
      ref: child.references,
      last: child.lastAccess,
    });
    dump(child, depth + 1, rows);
  }
  return rows;
}
