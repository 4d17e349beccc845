/** The resolved knobs of a scenario, under the one name that links, command lines, files and the page share. */

/** Name of an engine in `engines/`. */
export type EngineId = string;
export type PreemptionId = 'recompute' | 'swap';
export type MemoryId = 'paged' | 'contiguous' | 'contiguous-pow2' | 'contiguous-oracle';
export type WorkloadId =
  | 'long-prompt'
  | 'tiny'
  | 'azure-chat'
  | 'azure-code'
  | 'mooncake-chat'
  | 'mooncake-tools'
  | 'batch'
  | 'multimodal'
  | 'one-user'
  | 'lengths'
  | 'sessions'
  | 'trace';

export type KnobValue = number | string | boolean;

/** The knobs that more than one engine reads, or none. */
export interface SharedKnobs {
  /** The preset that the defaults come from. */
  readonly preset: string;
  readonly workload: WorkloadId;
  /** Mean arrivals a second. A trace or fitted process is stretched in time to reach it; 0 = as recorded. */
  readonly rate: number;
  /** Requests to simulate. */
  readonly requests: number;
  /** Closed loop: that many clients, each waiting for its answer before it asks again. 0 = open loop. */
  readonly clients: number;
  readonly seed: number;
  readonly model: string;
  readonly device: string;
  /** sigma: who decides what each step computes. */
  readonly engine: EngineId;
  /** M: paged blocks, or one contiguous piece a sequence: of the longest length, the next power of two, or the true one. */
  readonly memory: MemoryId;
  readonly 'max-num-batched-tokens': number;
  readonly 'max-num-seqs': number;
  /** 0 = what the model and the pool allow. */
  readonly 'max-model-len': number;
  readonly 'block-size': number;
  readonly 'gpu-memory-utilization': number;
  /** 0 = from memory. */
  readonly 'num-gpu-blocks-override': number;
  /** Tokens that fit into KV memory, whatever the engine's blocks; 0 = from memory. */
  readonly 'kv-tokens': number;
  readonly 'enable-chunked-prefill': boolean;
  readonly 'enable-prefix-caching': boolean;
  /** 0 = off. */
  readonly 'long-prefill-token-threshold': number;
  readonly 'scheduler-reserve-full-isl': boolean;
  readonly watermark: number;
  readonly 'async-scheduling': boolean;
  /** GiB of host memory for cached blocks that the pool evicts; 0 = none. */
  readonly 'kv-offloading-size': number;
  /** What becomes of the KV of a preempted request, and GiB of host memory for it if it is swapped out. */
  readonly 'preemption-mode': PreemptionId;
  readonly 'swap-space': number;
  /** Static batching: requests in a batch, and how long the first one waits for the others. */
  readonly 'batch-size': number;
  readonly 'batch-timeout-ms': number;
}

/** All knobs of a scenario. Those that one engine or a phase brings along are there only where they differ from their defaults. */
export type Knobs = SharedKnobs & { readonly [own: string]: KnobValue };

/** A knob that the scenario always names. */
export type SharedName = Exclude<keyof SharedKnobs, 'preset'>;
