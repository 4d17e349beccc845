import type { InstanceSpec } from './fleet-config.ts';

/** Two marks of a load: above the one more is needed, below the other less would do. */
interface Marks {
  readonly high: number;
  readonly low: number;
}

/** When an instance of a split fleet changes its role. */
export interface PlannerConfig {
  /** How often the loads are looked at, and how often their means decide. */
  readonly sampleUs: number;
  readonly everyUs: number;
  /** From the end of its work in the old role until it takes requests in the new one. */
  readonly startUs: number;
  /** Share of the looks at which a prompt was queued where prompts are computed. */
  readonly prefillQueue: Marks;
  /** Share of the KV blocks in use of those that decode. */
  readonly decodeKv: Marks;
  /** What each instance is in either role, by its number. */
  readonly sides: readonly { readonly prefill: InstanceSpec; readonly decode: InstanceSpec }[];
}

/**
 * The marks of the first version of NVIDIA Dynamo's load planner (2025-05, `examples/llm/components/planner.py`), which takes note at each
 * look whether anything is in the queue for prefill (`prefill_queue_load.append(prefill_queue_size > 0)`). Later versions count what is in
 * that one queue of all workers, and have 5.0 for `--prefill-queue-scale-up-threshold`. The times are those that its documentation gives as defaults.
 */
export const dynamoPlanner = {
  sampleUs: 1_000_000,
  everyUs: 30_000_000,
  prefillQueue: { high: 0.5, low: 0.2 },
  decodeKv: { high: 0.9, low: 0.5 },
} as const;

export type SplitRole = 'prefill' | 'decode';

/** An instance that changes its role, one row a change. Times are NaN until they come. */
export interface TurnRow {
  readonly instance: number;
  readonly to: SplitRole;
  /** It was decided: from here on it takes nothing new. The loads that decided it: the share of looks at which prompts were queued, and of KV in use. */
  readonly decidedUs: number;
  readonly queue: number;
  readonly kvUse: number;
  /** It had ended what it had, or died. */
  drainedUs: number;
}

/**
 * Decides which side of a split fleet gets an instance of the other one. NVIDIA Dynamo's load planner adds and removes workers of either side
 * within a budget of GPUs; here all GPUs are in use, so one that the one side can spare becomes one of the other: prompts queue and decode has
 * room to spare, or KV runs short and no prompts queue. One at a time, and each side keeps one.
 */
export class Planner {
  readonly config: PlannerConfig;
  readonly rows: TurnRow[] = [];
  /** The change that is under way. */
  turn: TurnRow | null = null;
  private samples = 0;
  private queued = 0;
  private kvSum = 0;

  constructor(config: PlannerConfig) {
    this.config = config;
  }

  /** Takes note of the loads now; `isQueued`: a prompt waits where prompts are computed. */
  sample(isQueued: boolean, kvUse: number): void {
    this.samples++;
    if (isQueued) this.queued++;
    this.kvSum += kvUse;
  }

  /** Whether the samples so far are an interval's. */
  get isDue(): boolean {
    return this.samples * this.config.sampleUs >= this.config.everyUs;
  }

  /** Which side gets an instance of the other one, by the means since the last decision; null = neither. */
  decide(prefills: number, decodes: number): Pick<TurnRow, 'to' | 'queue' | 'kvUse'> | null {
    const { prefillQueue, decodeKv } = this.config;
    const [queue, kvUse] = [this.queued / this.samples, this.kvSum / this.samples];
    this.samples = 0;
    this.queued = 0;
    this.kvSum = 0;
    if (this.turn !== null) return null;
    if (queue > prefillQueue.high && kvUse < decodeKv.low && decodes > 1) return { to: 'prefill', queue, kvUse };
    if (kvUse > decodeKv.high && queue < prefillQueue.low && prefills > 1) return { to: 'decode', queue, kvUse };
    return null;
  }

  begin(row: TurnRow): void {
    this.rows.push(row);
    this.turn = row;
  }

  end(nowUs: number): void {
    if (this.turn !== null) this.turn.drainedUs = nowUs;
    this.turn = null;
  }
}
