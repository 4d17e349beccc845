import type { LimitChange } from './limits.ts';
import type { ConnectorConfig } from './phase/connector.ts';
import type { EncoderConfig } from './phase/encoder.ts';
import type { QuantisationConfig } from './phase/quantisation.ts';
import type { SpeculationConfig } from './phase/speculation.ts';
import type { PredictionConfig } from './queue/predict/predictor.ts';
import type { QueueOrder } from './queue/queue.ts';
import type { TuningConfig } from './tuning/tuner.ts';

/** Everything a simulation is told about the engine. All limits are resolved numbers; nothing here means "default". */
export interface EngineConfig {
  /** sigma: a policy of `policy/kinds.ts`. */
  readonly policy: string;
  /** What only that policy is told; what is left out has its default. Plain data. */
  readonly settings: object;
  /** M; `own` = the one that comes with the policy. */
  readonly memory: 'paged' | 'contiguous' | 'contiguous-pow2' | 'contiguous-oracle' | 'own';
  /** Batches in flight: 1 synchronous, 2 asynchronous scheduling; with a pipeline the number of stages, or one more if asynchronous. */
  readonly batchesInFlight: number;
  /** Whether a batch may be scheduled before the output of the one before it is known. */
  readonly asyncScheduling: boolean;
  /** Seats. */
  readonly maxNumSeqs: number;
  /** Token budget of a step. */
  readonly maxNumBatchedTokens: number;
  /** Scheduled-token budget; the same as above unless set lower. */
  readonly maxNumScheduledTokens: number;
  /** Longest sequence, prompt and output together. */
  readonly maxModelLen: number;
  readonly enableChunkedPrefill: boolean;
  /** Longest prefill chunk; 0 = no limit. */
  readonly longPrefillTokenThreshold: number;
  /** Order of the waiting queue. */
  readonly queue: QueueOrder;
  /** What is known of output lengths at arrival; read by `shortest-job`. */
  readonly prediction: PredictionConfig;
  /** A learner that changes a limit while the engine runs; null = none. */
  readonly tuning: TuningConfig | null;
  /** Other limits from some step on; null = the same for the whole run. */
  readonly change: LimitChange | null;
  /** Tokens in a KV block. */
  readonly blockSize: number;
  /** Blocks in the pool, the null block 0 included, which is never handed out. */
  readonly numBlocks: number;
  readonly enablePrefixCaching: boolean;
  /** Share of the blocks that stays free at admission. */
  readonly watermark: number;
  /** Admit a request only when its whole prompt fits. */
  readonly reserveFullPrompt: boolean;
  /** Static batching: requests in a batch. */
  readonly staticBatchSize: number;
  /** Static batching: how long the first waiting request waits for a full batch, microseconds. */
  readonly staticTimeoutUs: number;
  /** Whether the step that ends a prefill yields the first token, as real servers do. Schedulers before vLLM V1 only. */
  readonly tokenAtPrefillEnd: boolean;
  /** `vllm-2023`: prompts of a step count as if padded to the longest. */
  readonly paddedPrefillBudget: boolean;
  /** `sarathi`: chunks shrink from `high` to `low` in equal stages over the first `maxTokens` of a prompt; null = one size. */
  readonly chunkSchedule: ChunkSchedule | null;
  /** What becomes of a preempted request's KV: thrown away, or kept in host memory (`vllm-2023` only) as far as that has room. */
  readonly preemption: 'recompute' | 'swap';
  /**
   * KV blocks that fit into the part of host memory set aside for them; 0 = none. `vllm-2023` swaps preempted requests
   * there; `vllm` keeps cached blocks there that the pool evicts, with prefix caching in paged memory.
   */
  readonly hostBlocks: number;
  /** Rate of the device's link to its host, one direction at a time. Read only with `hostBlocks`. */
  readonly hostLinkBytesPerS: number;
  /** Bytes of a block, over all layers. Read only with `hostBlocks`. */
  readonly kvBytesPerBlock: number;
  /** Speculative decoding; null = off. */
  readonly speculation: SpeculationConfig | null;
  /** Multimodal inputs; null = images in prompts are ignored. */
  readonly encoder: EncoderConfig | null;
  /** Dynamic quantisation; null = the weights stay as they are. */
  readonly quantisation: QuantisationConfig | null;
  /** Transfer of KV from or to another instance; null = none. Needs paged memory. */
  readonly connector: ConnectorConfig | null;
  /** Tokens that a token attends to, itself included; 0 = all before it. Needs paged memory. */
  readonly slidingWindow: number;
  /** Calls of the scheduler from one sampled token of a request to its next; the stages of a pipeline with asynchronous scheduling, else 1. */
  readonly decodeCadence: number;
  /** Prefills start only on every so many-th step while anybody decodes; 1 = always. */
  readonly prefillScheduleInterval: number;
  /** Numbers of tokens, ascending, for which a step was captured as a graph: it is padded to the next; empty = none. */
  readonly graphSizes: readonly number[];
}

export interface ChunkSchedule {
  readonly low: number;
  readonly high: number;
  readonly maxTokens: number;
  readonly stages: number;
}

/** Features of an engine that most do without, all off. */
export const plainEngine = {
  prediction: { kind: 'none', sigma: 0, seed: 0 },
  tuning: null,
  change: null,
  preemption: 'recompute',
  hostBlocks: 0,
  hostLinkBytesPerS: 1,
  kvBytesPerBlock: 1,
  speculation: null,
  encoder: null,
  quantisation: null,
  connector: null,
  slidingWindow: 0,
  decodeCadence: 1,
  prefillScheduleInterval: 1,
  graphSizes: [],
} as const satisfies Partial<EngineConfig>;

/** vLLM's class defaults with a pool of `numBlocks`; a base for tests and scenarios to change. */
export function defaultEngineConfig(numBlocks: number): EngineConfig {
  return {
    ...plainEngine,
    policy: 'vllm',
    settings: {},
    memory: 'paged',
    batchesInFlight: 2,
    asyncScheduling: true,
    maxNumSeqs: 1024,
    maxNumBatchedTokens: 8192,
    maxNumScheduledTokens: 8192,
    maxModelLen: 8192,
    enableChunkedPrefill: true,
    longPrefillTokenThreshold: 0,
    queue: 'fcfs',
    blockSize: 16,
    numBlocks,
    enablePrefixCaching: true,
    watermark: 0,
    reserveFullPrompt: true,
    staticBatchSize: 8,
    staticTimeoutUs: 1_000_000,
    tokenAtPrefillEnd: true,
    paddedPrefillBudget: false,
    chunkSchedule: null,
  };
}
