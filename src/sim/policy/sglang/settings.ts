import type { EngineConfig } from '../../engine-config.ts';
import type { RadixOptions } from '../../memory/radix-memory.ts';
import type { Lengths } from '../kind.ts';
import { treeSpeculation } from './speculation.ts';

/** Order of SGLang's waiting queue (`--schedule-policy`). */
export type SchedulePolicyName = 'fcfs' | 'lpm' | 'dfs-weight' | 'lof' | 'random' | 'routing-key';

/**
 * What only SGLang is told, under its own names. Of the common configuration it reads `maxNumSeqs` as
 * max_running_requests, `blockSize` as page_size, `enablePrefixCaching` as the opposite of disable_radix_cache, and
 * `asyncScheduling` as overlap; `maxModelLen` is the context length.
 */
export interface SglangSettings extends RadixOptions {
  readonly schedulePolicy: SchedulePolicyName;
  /** Larger: more of what running requests may still generate is kept free. */
  readonly scheduleConservativeness: number;
  /** Prompt tokens of a step; -1 = prompts are not split. */
  readonly chunkedPrefillSize: number;
  /** Prompt tokens of a step, split or not; only the first request may exceed it. */
  readonly maxPrefillTokens: number;
  /** Requests in a prefill step; 0 = no limit. */
  readonly prefillMaxRequests: number;
  /** Decodes take part in prefill steps. Only with chunked prefill. */
  readonly enableMixedChunk: boolean;
  readonly enablePriorityScheduling: boolean;
  readonly scheduleLowPriorityValuesFirst: boolean;
  /** A running request is preempted only for one that is more important by more than this. */
  readonly prioritySchedulingPreemptionThreshold: number;
  /** Requests that end by length say so beforehand (`ignore_eos`), as those of SGLang's benchmark client do. */
  readonly ignoreEos: boolean;
  /** Largest decode batch that runs as a CUDA graph, and is padded to the next captured size; 0 = none does. */
  readonly cudaGraphMaxBs: number;
  /** Speculative decoding: branches that the drafter follows; 1 = a chain. */
  readonly speculativeEagleTopk: number;
  /** Tokens of the tree that a step verifies, the last known one among them. A chain is verified whole. */
  readonly speculativeNumDraftTokens: number;
  /** Of the order `random`. */
  readonly seed: number;
}

/** SGLang's defaults on a GPU of 80 GB. */
export const sglangDefaults: SglangSettings = {
  schedulePolicy: 'fcfs',
  scheduleConservativeness: 1,
  chunkedPrefillSize: 8192,
  maxPrefillTokens: 16_384,
  prefillMaxRequests: 0,
  enableMixedChunk: false,
  radixEvictionPolicy: 'lru',
  endStream: null,
  enablePriorityScheduling: false,
  scheduleLowPriorityValuesFirst: false,
  prioritySchedulingPreemptionThreshold: 10,
  ignoreEos: false,
  cudaGraphMaxBs: 256,
  speculativeEagleTopk: 1,
  speculativeNumDraftTokens: 8,
  seed: 0,
};

/**
 * Tokens that a prompt, and a prompt with its output, may have at most: one less than the context or the pool holds, and
 * some to spare (`tokenizer_manager.py`, `scheduler.py`: max_req_len, max_req_input_len). A request of that length fits
 * into an empty pool even with its whole output reserved.
 * With speculative decoding there must be room for its drafts too; the real server takes longer ones, and fails.
 */
export function sglangLengths(config: EngineConfig, settings: SglangSettings): Lengths {
  const { ignoreEos } = settings;
  const pool = (config.numBlocks - 1) * config.blockSize;
  const drafts = treeSpeculation(config, settings)?.slots ?? 0;
  const longest = Math.min(config.maxModelLen, pool - drafts) - 1;
  // Where completion is foreseen exactly, a prompt counts with the rest of its last page: it would wait for ever for that.
  const isForeseen = ignoreEos && !config.enablePrefixCaching;
  const spare = isForeseen ? Math.max(0, longest - (pool - config.blockSize)) : 0;
  return { prompt: longest - 5 - spare, total: longest - 1 - spare };
}
