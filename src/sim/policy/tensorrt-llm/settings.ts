import type { ReuseSettings } from '../../memory/tensorrt-llm.ts';

/** Who may be given blocks: those that can surely end, all that fit now, or nobody until the last batch has ended. */
export type CapacityPolicy = 'guaranteed_no_evict' | 'max_utilization' | 'static_batch';

/** How the token budget that decodes leave is divided among prompts that do not fit into it together. */
export type ChunkingPolicy = 'first_come_first_served' | 'equal_progress';

/** What only TensorRT-LLM is told, under the names of its `SchedulerConfig` and `KvCacheConfig`. */
export interface TensorRtSettings extends ReuseSettings {
  readonly capacitySchedulerPolicy: CapacityPolicy;
  /** Read with chunked prefill. */
  readonly contextChunkingPolicy: ChunkingPolicy;
  /** The schedulers count on what the tree holds, and let a request wait for blocks that another one computes now. */
  readonly enablePrefixAwareScheduling: boolean;
}

/** As it starts without any flag. */
export const tensorRtDefaults: TensorRtSettings = {
  capacitySchedulerPolicy: 'guaranteed_no_evict',
  contextChunkingPolicy: 'first_come_first_served',
  enablePrefixAwareScheduling: true,
  enablePartialReuse: true,
  copyOnPartialReuse: true,
  secondaryOffloadMinPriority: 30,
  promptPriority: 35,
  decodePriority: 35,
};
