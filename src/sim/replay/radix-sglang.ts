import { type RadixEviction, type RadixNode, SglangRadixTree } from '../memory/radix-sglang.ts';
import { SlotPool } from '../memory/slot-pool.ts';
import { spanOf } from '../memory/token-span.ts';
import { type RecordedOp, type RecordedTokens, readTokens, replayCase, writeRuns } from './radix-recording.ts';
import { dumpTree, replaySuite, type SglangCase, type SglangSuite } from './sglang-recording.ts';
import type { ReplayReport } from './vllm-replay.ts';

/** Format 1 of recorded operations on SGLang's radix cache. */
export type SglangRadixRecording = SglangSuite<SglangRadixCase>;

interface SglangRadixCase extends SglangCase {
  readonly page_size: number;
  readonly eviction_policy: RadixEviction;
  readonly pool_size: number;
  readonly ops: readonly RecordedOp[];
  readonly final_tree: unknown;
}

/** What an operation is given; its other fields are results. */
interface Inputs {
  readonly op: 'insert' | 'match' | 'lock' | 'unlock' | 'evict';
  readonly segs: RecordedTokens;
  readonly x?: string;
  readonly prio?: number;
  readonly h: string;
  readonly n: number;
  readonly tree?: unknown;
}

/** Replays recorded operations on SGLang's radix cache and compares every field of every one. */
export function replaySglangRadix(recording: SglangRadixRecording): ReplayReport[] {
  return replaySuite(recording, (one) => ({ steps: one.ops.length, first: replayCase(one, new Player(one)) }));
}

class Player {
  private readonly pool: SlotPool;
  private readonly tree: SglangRadixTree;
  private readonly recorded: unknown;
  private readonly nodes = new Map<string, RadixNode>();

  constructor(one: SglangRadixCase) {
    this.pool = new SlotPool(one.pool_size, one.page_size);
    this.tree = new SglangRadixTree(one.page_size, one.eviction_policy);
    this.recorded = one.final_tree;
  }

  play(recorded: RecordedOp): RecordedOp {
    const op = recorded as unknown as Inputs;
    const results = this.results(op, 'evicted' in recorded);
    return {
      ...pick(recorded, ['op', 'segs', 'x', 'prio', 'h', 'n']),
      ...results,
      avail: this.pool.available,
      evictable: this.tree.evictable,
      protected: this.tree.protected,
      ...(op.tree === undefined ? {} : { tree: dumpTree(this.tree.root) }),
    };
  }

  end() {
    return { recorded: this.recorded, ours: dumpTree(this.tree.root) };
  }

  private results(op: Inputs, saysEvicted: boolean): RecordedOp {
    switch (op.op) {
      case 'insert':
        return this.insert(op);
      case 'match': {
        const { length, node } = this.tree.match(spanOf(readTokens(op.segs)), op.x ?? null);
        this.nodes.set(op.h, node);
        return { len: length, slots: writeRuns(this.tree.slotsOf(node)) };
      }
      case 'lock':
        this.tree.lock(this.node(op.h));
        return {};
      case 'unlock':
        this.tree.unlock(this.node(op.h));
        return {};
      case 'evict': {
        const freed: number[] = [];
        const evicted = this.tree.evict(op.n, (slots) => {
          freed.push(...slots);
          this.pool.free(slots);
        });
        return { ...(saysEvicted ? { evicted } : {}), freed: writeRuns(freed) };
      }
    }
  }

  private insert(op: Inputs): RecordedOp {
    const tokens = spanOf(readTokens(op.segs));
    const slots = this.pool.take(tokens.length - (tokens.length % this.pool.pageSize));
    if (slots === null) throw new Error('the recording inserts more than there is room for');
    const matched = this.tree.insert(tokens, slots, op.prio, op.x ?? null);
    const known = slots.subarray(0, matched);
    this.pool.free(known);
    return { slots: writeRuns(slots), matched, freed: writeRuns(known) };
  }

  private node(name: string): RadixNode {
    const node = this.nodes.get(name);
    if (node === undefined) throw new Error(`the recording locks ${name}, which nothing returned`);
    return node;
  }
}

function pick(from: RecordedOp, fields: readonly string[]): RecordedOp {
  return Object.fromEntries(fields.filter((f) => f in from).map((f) => [f, from[f]]));
}
