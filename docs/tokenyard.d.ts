declare module 'tokenyard' {
  /**
   * A policy of one's own: a function that is called once for every step, sees the view and answers who computes how many
   * tokens. Everything it sees is read-only, and as it is now: values change from step to step.
   */
  export type Policy = (view: View) => Plan;

  /** What a policy sees. */
  export interface View {
    /** Number of the step to decide, from 0. */
    readonly step: number;
    /** Simulated time, whole microseconds since the start. */
    readonly nowUs: number;
    /** Who waits for a seat, in order of arrival. A preempted request stands again where its arrival puts it. */
    readonly queue: readonly Request[];
    /** Who has a seat and holds blocks, in the order in which they got it. */
    readonly running: readonly Request[];
    readonly memory: Memory;
    readonly gpu: Gpu;
  }

  /** A request that waits or runs. The same object in every step, until it has ended. */
  export interface Request {
    /** Requests are numbered from 0 in order of arrival. */
    readonly id: number;
    /** Its class in the workload, such as "chat". */
    readonly klass: string;
    /** Number of who asks; 0 where the workload says nothing. */
    readonly user: number;
    /** Smaller is more urgent. 0 where the workload says nothing. */
    readonly priority: number;
    readonly arrivalUs: number;
    /** Time since it joined the queue: since its arrival, or since it was preempted. 0 while it runs. */
    readonly waitedUs: number;
    readonly promptTokens: number;
    /** Output tokens so far. They survive a preemption. */
    readonly generated: number;
    /**
     * Most output tokens it may generate, as its client asked. It may end before, and nobody knows when; but most of the
     * built-in workloads ask for exactly what they get.
     */
    readonly outputLimit: number;
    /** Output tokens that a predictor expected when it arrived; null where the scenario predicts nothing. */
    readonly predictedOutput: number | null;
    /** Whether it waits; else it runs. */
    readonly isWaiting: boolean;
    /** Tokens whose KV is there. Of one that waits: what the prefix cache has of it. */
    readonly computed: number;
    /**
     * Tokens it has still to compute before its next output token: the rest of the prompt, or 1 for a decode. After a
     * preemption the output so far is part of it. An entry with all of them yields one output token.
     */
    readonly left: number;
    /** KV blocks it holds. */
    readonly blocks: number;
    /** Blocks that become free if it is preempted: those it shares with nobody. */
    readonly blocksFreed: number;
    /** How often it has been preempted. */
    readonly preemptions: number;
    /**
     * Free blocks that it takes to compute so many more tokens now. Entries whose sum is within `freeBlocks` are always
     * given theirs. Only for one that waits, in a step that preempts another, it may be more: what it has in common with
     * that one it shares no longer.
     */
    blocksFor(tokens: number): number;
  }

  /** The paged KV memory. */
  export interface Memory {
    /** Tokens in a block. */
    readonly blockSize: number;
    readonly totalBlocks: number;
    /** Blocks that nobody holds, cached ones included. */
    readonly freeBlocks: number;
  }

  /** The GPU, and the limits of a step. */
  export interface Gpu {
    /** Most tokens in a step. */
    readonly tokenBudget: number;
    /** Most requests that run at once. */
    readonly seats: number;
    readonly freeSeats: number;
    /** How long a step with these entries would take, microseconds. */
    stepUs(entries: readonly Entry[]): number;
  }

  /** One request's share of a step. */
  export interface Entry {
    /** The request or its id. */
    readonly request: Request | number;
    /** How many tokens it computes: 1 to `left`. */
    readonly tokens: number;
  }

  /** The answer: entries, in the order in which they get their blocks; or those and more. */
  export type Plan = readonly Entry[] | Decision;

  export interface Decision {
    readonly run?: readonly Entry[];
    /** Running requests that give up seat and blocks before anybody else gets some. They wait, and compute everything again. */
    readonly preempt?: readonly (Request | number)[];
    /** With nothing to run: when to ask again, at the latest. An arrival asks in any case. */
    readonly wakeUs?: number;
  }
}
