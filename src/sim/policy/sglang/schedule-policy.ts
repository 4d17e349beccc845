import type { RadixMemory } from '../../memory/radix-memory.ts';
import type { RadixNode, SglangRadixTree } from '../../memory/radix-sglang.ts';
import { Purpose, uniform } from '../../random.ts';
import type { Sequences } from '../../sequences.ts';
import { byDfsWeight } from './dfs-weight.ts';
import { InBatchPrefix } from './in-batch-prefix.ts';
import type { SchedulePolicyName, SglangSettings } from './settings.ts';
import type { WaitingList } from './waiting-list.ts';

/** With more requests waiting `lpm` leaves the queue as it is: matching all of them would take too long. */
const MOST_MATCHED = 128;

/** What the look-ups of one pass found, of every waiting request. */
export interface PrefixMatches {
  /** Tokens found, by request. */
  readonly matched: ReadonlyMap<number, number>;
  /** Requests that should wait for an earlier one with the same prefix. */
  readonly deprioritized: ReadonlySet<number>;
}

/**
 * Puts SGLang's waiting queue into order before each attempt at a prefill (`schedule_policy.py`, SchedulePolicy). All
 * orders are stable, and each starts from the order that the attempt before it left.
 */
export class SchedulePolicy {
  /** As asked for, or `fcfs` where the order needs a radix cache and there is none. */
  readonly name: SchedulePolicyName;
  private readonly sequences: Sequences;
  private readonly memory: RadixMemory;
  private readonly settings: SglangSettings;
  private readonly entered: (request: number) => number;
  private readonly routingKey: (request: number) => number;
  /** Shuffles so far. */
  private shuffles = 0;

  /**
   * `entered`: a number that grows with the time at which a request came into the queue. `routingKey`: -1 = it has none.
   */
  constructor(
    sequences: Sequences,
    memory: RadixMemory,
    settings: SglangSettings,
    entered: (request: number) => number,
    routingKey: (request: number) => number,
  ) {
    this.sequences = sequences;
    this.memory = memory;
    this.settings = settings;
    this.entered = entered;
    this.routingKey = routingKey;
    const isAware = settings.schedulePolicy === 'lpm' || settings.schedulePolicy === 'dfs-weight';
    this.name = isAware && memory.tree === null ? 'fcfs' : settings.schedulePolicy;
  }

  /** 1 if small values are served first, else -1. */
  private get sign(): number {
    return this.settings.scheduleLowPriorityValuesFirst ? 1 : -1;
  }

  /** Returns what was looked up, null where the order does without. */
  order(queue: WaitingList, running: readonly number[]): PrefixMatches | null {
    switch (this.name) {
      case 'fcfs':
        if (this.settings.enablePriorityScheduling) queue.keepSorted(this.byPriorityAndEntry);
        return null;
      case 'lof':
        queue.keepSorted(this.settings.enablePriorityScheduling ? this.byPriorityAndOutput : this.byOutput);
        return null;
      case 'random':
        this.shuffle(queue);
        return null;
      case 'routing-key':
        this.byRoutingKey(queue, running);
        return null;
      case 'lpm':
        return queue.size > MOST_MATCHED ? null : this.byCache(queue, this.memory.tree);
      case 'dfs-weight':
        return this.byCache(queue, this.memory.tree);
    }
  }

  save(): number {
    return this.shuffles;
  }

  restore(shuffles: number): void {
    this.shuffles = shuffles;
  }

  private readonly byPriorityAndEntry = (a: number, b: number): number =>
    this.byPriority(a, b) || this.entered(a) - this.entered(b);

  private readonly byPriorityAndOutput = (a: number, b: number): number => this.byPriority(a, b) || this.byOutput(a, b);

  private readonly byOutput = (a: number, b: number): number =>
    this.sequences.outputLimit[b] - this.sequences.outputLimit[a];

  private byPriority(a: number, b: number): number {
    const { priority } = this.sequences.requests;
    return (priority[a] - priority[b]) * this.sign;
  }

  private byCache(queue: WaitingList, tree: SglangRadixTree | null): PrefixMatches | null {
    if (tree === null) return null;
    const { sequences, memory } = this;
    const list = queue.list();
    const nodes = new Map<number, RadixNode>();
    const matched = new Map<number, number>();
    const deprioritized = new Set<number>();
    const inBatch = new InBatchPrefix();
    for (const request of list) {
      // For the order all tokens count; that the last one is computed anew matters at admission only.
      const tokens = memory.tokens.first(request, sequences.known(request));
      const extraKey = memory.extraKey(request);
      const { node, length } = tree.match(tokens, extraKey);
      nodes.set(request, node);
      matched.set(request, length);
      if (inBatch.shouldWait(tokens, extraKey, length)) deprioritized.add(request);
    }
    if (this.name === 'dfs-weight') queue.reorder(byDfsWeight(list, (request) => nodes.get(request) ?? tree.root));
    else {
      const rank = (request: number) => (deprioritized.has(request) ? -1 : (matched.get(request) ?? 0));
      queue.reorder(list.sort((a, b) => rank(b) - rank(a)));
    }
    return { matched, deprioritized };
  }

  /** Requests whose key many running requests have come first. */
  private byRoutingKey(queue: WaitingList, running: readonly number[]): void {
    const { routingKey } = this;
    const counts = new Map<number, number>();
    for (const request of running) {
      const key = routingKey(request);
      if (key >= 0) counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    if (counts.size === 0) return;
    const count = (request: number) => counts.get(routingKey(request)) ?? 0;
    queue.reorder(queue.list().sort((a, b) => count(b) - count(a) || routingKey(a) - routingKey(b)));
  }

  private shuffle(queue: WaitingList): void {
    const list = queue.list();
    const { seed } = this.settings;
    for (let i = list.length - 1; i > 0; i--) {
      const other = Math.floor(uniform(seed, Purpose.queueOrder, this.shuffles, i) * (i + 1));
      [list[i], list[other]] = [list[other], list[i]];
    }
    this.shuffles++;
    queue.reorder(list);
  }
}
