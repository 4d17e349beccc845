import type { CapacityPolicy, ChunkingPolicy, TensorRtSettings } from '../../sim/policy/tensorrt-llm/settings.ts';
import type { Knobs } from '../knobs.ts';
import { pipelineStages } from '../phases/layout.ts';
import type { EngineEntry } from './entry.ts';
import { ownKnobReader } from './own-knobs.ts';
import { tensorRtKnobs } from './tensorrt-llm-knobs.ts';

/** TensorRT-LLM. */
export const tensorRtLlm: EngineEntry = {
  id: 'tensorrt-llm',
  name: { en: 'TensorRT-LLM (in-flight batching)', zh: 'TensorRT-LLM（在途批处理）' },
  sentence: {
    en: 'One scheduler says who fits into the KV memory, by default with the whole answer set aside, a second who takes part in the step; whole prompts join the decodes.',
    zh: '先由一个调度器决定谁放得进 KV 显存（默认预留整个回答），再由另一个决定谁参与这一步；整个提示与解码同步进行。',
  },
  about: () => import('./about/tensorrt-llm.ts').then((m) => m.about),
  memories: [],
  reads: [],
  phases: ['speculation', 'media-items', 'pipeline'],
  flags: {
    'speculative-method': 'speculative_config.decoding_type',
    'num-speculative-tokens': 'speculative_config.max_draft_len',
    'draft-model': 'speculative_config.speculative_model',
    'pipeline-parallel-size': '--pp_size',
  },
  lengthKnob: 'max_seq_len',
  knobs: tensorRtKnobs,
  words: () => import('./words/tensorrt-llm.ts').then((m) => m.words),
  limits: (knobs) => {
    const own = ownKnobReader(tensorRtKnobs, knobs);
    return {
      tokenBudget: own.number('max_num_tokens'),
      seats: own.number('max_batch_size'),
      wholePrompts: false,
      blockSize: Number(own.choice('tokens_per_block')),
      kvShare: { of: 'free', share: own.number('free_gpu_memory_fraction') },
      shareKnob: 'free_gpu_memory_fraction',
      blocks: { count: 0, knob: 'kv_cache_config.max_tokens' },
      mostKvTokens: own.number('kv_cache_config.max_tokens'),
      maxModelLen: own.number('max_seq_len'),
      host: { gib: own.isOn('enable_block_reuse') ? own.number('host_cache_size') : 0, knob: 'host_cache_size' },
    };
  },
  encoderItems: (knobs) => {
    const own = ownKnobReader(tensorRtKnobs, knobs);
    return {
      maxItems: own.number('encoder_max_num_items') || own.number('max_batch_size'),
      maxRows: own.number('encoder_max_num_tokens') || own.number('max_num_tokens'),
      cacheBytes: own.number('encoder_cache_max_bytes') * 2 ** 20,
    };
  },
  configure: (knobs) => {
    const own = ownKnobReader(tensorRtKnobs, knobs);
    const stages = pipelineStages(knobs);
    const isOverlapping = !own.isOn('disable_overlap_scheduler') && stages === 1;
    return {
      policy: 'tensorrt-llm',
      settings: settingsOf(knobs),
      asyncScheduling: isOverlapping,
      batchesInFlight: isOverlapping ? 2 : stages,
      enableChunkedPrefill: own.isOn('enable_chunked_prefill'),
      enablePrefixCaching: own.isOn('enable_block_reuse'),
    };
  },
};

const capacityPolicies: Readonly<Record<string, CapacityPolicy>> = {
  GUARANTEED_NO_EVICT: 'guaranteed_no_evict',
  MAX_UTILIZATION: 'max_utilization',
  STATIC_BATCH: 'static_batch',
};

const chunkingPolicies: Readonly<Record<string, ChunkingPolicy>> = {
  FIRST_COME_FIRST_SERVED: 'first_come_first_served',
  EQUAL_PROGRESS: 'equal_progress',
};

function settingsOf(knobs: Knobs): TensorRtSettings {
  const own = ownKnobReader(tensorRtKnobs, knobs);
  return {
    capacitySchedulerPolicy: capacityPolicies[own.choice('capacity_scheduler_policy')],
    contextChunkingPolicy: chunkingPolicies[own.choice('context_chunking_policy')],
    enablePrefixAwareScheduling: own.isOn('enable_prefix_aware_scheduling'),
    enablePartialReuse: own.isOn('enable_partial_reuse'),
    copyOnPartialReuse: own.isOn('copy_on_partial_reuse'),
    secondaryOffloadMinPriority: own.number('secondary_offload_min_priority'),
    promptPriority: own.number('retention_priority'),
    decodePriority: own.number('decode_retention_priority'),
  };
}
