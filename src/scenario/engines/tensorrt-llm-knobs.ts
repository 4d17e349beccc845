/**
 * Knobs of TensorRT-LLM: flags of `trtllm-serve`, and keys of the YAML file of `--extra_llm_api_options` (`LlmArgs`,
 * `SchedulerConfig`, `KvCacheConfig`). Retention priorities are given by each request there; here one knob gives them for all.
 */

import { Bound } from '../../sim/decision.ts';
import { tensorRtDefaults } from '../../sim/policy/tensorrt-llm/settings.ts';
import type { EngineKnob } from '../knob-entry.ts';
import type { Knobs } from '../knobs.ts';

const common = { readBy: 'engines', change: 'start', since: 1 } as const;
const engine = { ...common, group: 'engine' } as const;
const memory = { ...common, group: 'memory' } as const;
const whole = { type: 'integer', step: 1, scale: 'log', zero: false } as const;
const ofEncoder = {
  ...engine,
  ...whole,
  zero: true,
  isUsed: (knobs: Knobs): boolean => knobs.workload === 'multimodal',
} as const;
const priority = {
  ...memory,
  type: 'integer',
  unit: 'none',
  min: 0,
  max: 100,
  step: 1,
  scale: 'linear',
  zero: true,
} as const;

const reuses = (knobs: Knobs): boolean => knobs.enable_block_reuse !== false;
const offloads = (knobs: Knobs): boolean => reuses(knobs) && Number(knobs.host_cache_size ?? 0) > 0;

export const tensorRtKnobs: readonly EngineKnob[] = [
  {
    ...engine,
    name: 'capacity_scheduler_policy',
    flag: 'scheduler_config.capacity_scheduler_policy',
    type: 'choice',
    unit: 'none',
    default: 'GUARANTEED_NO_EVICT',
    choices: ['GUARANTEED_NO_EVICT', 'MAX_UTILIZATION', 'STATIC_BATCH'],
    text: {
      label: { en: 'Capacity policy', zh: '容量策略' },
      help: {
        en: 'Who may start: who has memory set aside for its longest answer, whoever fits now (and may be paused later), or a new batch when the last one has drained.',
        zh: '谁可以开始：已为最长回答预留显存的请求；当下放得下的请求（之后可能被暂停）；或在上一批全部完成后的新一批。',
      },
      choices: {
        GUARANTEED_NO_EVICT: { en: 'guaranteed no evict', zh: '保证不驱逐' },
        MAX_UTILIZATION: { en: 'max utilization', zh: '最大利用率' },
        STATIC_BATCH: { en: 'static batch', zh: '静态批' },
      },
    },
  },
  {
    ...engine,
    name: 'enable_chunked_prefill',
    flag: 'enable_chunked_prefill',
    type: 'switch',
    unit: 'none',
    default: false,
    text: {
      label: { en: 'Chunked prefill', zh: '分块预填充' },
      help: {
        en: 'A prompt that does not fit into the rest of a step is cut at a whole block; off: it waits.',
        zh: '放不进一步余量的提示在整块处切开；关闭时则等待。',
      },
    },
  },
  {
    ...engine,
    name: 'context_chunking_policy',
    flag: 'scheduler_config.context_chunking_policy',
    type: 'choice',
    unit: 'none',
    isUsed: (knobs) => knobs.enable_chunked_prefill === true,
    default: 'FIRST_COME_FIRST_SERVED',
    choices: ['FIRST_COME_FIRST_SERVED', 'EQUAL_PROGRESS'],
    text: {
      label: { en: 'Chunking policy', zh: '分块策略' },
      help: {
        en: 'How prompts share a step that is too small for them: one after the other, or a block each in turn.',
        zh: '一步放不下的多个提示如何分享 token：依次满足，或轮流各得一块。',
      },
      choices: {
        FIRST_COME_FIRST_SERVED: { en: 'first come, first served', zh: '先到先得' },
        EQUAL_PROGRESS: { en: 'equal progress', zh: '均等推进' },
      },
    },
  },
  {
    ...engine,
    name: 'enable_prefix_aware_scheduling',
    flag: 'scheduler_config.enable_prefix_aware_scheduling',
    type: 'switch',
    unit: 'none',
    isUsed: reuses,
    default: tensorRtDefaults.enablePrefixAwareScheduling,
    text: {
      label: { en: 'Prefix-aware scheduling', zh: '前缀感知调度' },
      help: {
        en: 'The schedulers count on what the cache holds, and let a request wait for a block that another one computes now.',
        zh: '调度器把缓存中已有的内容计算在内，并让请求等待其他请求正在计算的块。',
      },
    },
  },
  {
    ...engine,
    name: 'disable_overlap_scheduler',
    flag: 'disable_overlap_scheduler',
    type: 'switch',
    unit: 'none',
    default: false,
    text: {
      label: { en: 'No overlap scheduler', zh: '关闭重叠调度' },
      help: {
        en: 'A step is scheduled only when the tokens of the one before it are known, instead of while it runs.',
        zh: '等上一步的 token 已知后才调度下一步，而不是在其执行期间。',
      },
    },
  },
  {
    ...engine,
    ...whole,
    name: 'max_batch_size',
    flag: '--max_batch_size',
    unit: 'sequences',
    binds: Bound.seats,
    default: 2048,
    min: 1,
    max: 8192,
    text: {
      label: { en: 'Batch size', zh: '批大小' },
      help: {
        en: 'Most requests of a step, and most that are considered; the others wait outside.',
        zh: '一步最多的请求数，也是参与调度的上限；其余请求在外等待。',
      },
    },
  },
  {
    ...engine,
    ...whole,
    name: 'max_num_tokens',
    flag: '--max_num_tokens',
    unit: 'tokens',
    binds: Bound.tokenBudget,
    default: 8192,
    min: 256,
    max: 131_072,
    text: {
      label: { en: 'Tokens of a step', zh: '一步的 token 上限' },
      help: {
        en: 'Most tokens of a step, prompts and decodes together; without chunked prefill a longer prompt is refused.',
        zh: '一步的 token 上限，提示与解码合计；未启用分块预填充时，更长的提示会被拒绝。',
      },
    },
  },
  {
    ...ofEncoder,
    name: 'encoder_max_num_items',
    flag: 'encoder_max_num_items',
    unit: 'none',
    default: 0,
    min: 1,
    max: 8192,
    text: {
      label: { en: 'Encoded items of a step', zh: '一步编码的项数' },
      help: {
        en: 'Images and recordings that a step may encode.',
        zh: '一步可编码的图像与录音数。',
      },
      zero: { en: 'as the batch size', zh: '同批大小' },
    },
  },
  {
    ...ofEncoder,
    name: 'encoder_max_num_tokens',
    flag: 'encoder_max_num_tokens',
    unit: 'tokens',
    default: 0,
    min: 256,
    max: 131_072,
    text: {
      label: { en: 'Encoder rows of a step', zh: '一步的编码器行数' },
      help: {
        en: 'Rows of the encoder in a step; no less than the largest item.',
        zh: '编码器一步的行数；不低于最大的一项。',
      },
      zero: { en: 'as the token budget', zh: '同 token 预算' },
    },
  },
  {
    ...ofEncoder,
    ...memory,
    name: 'encoder_cache_max_bytes',
    flag: 'multimodal_config.encoder_cache_max_bytes',
    unit: 'MiB',
    default: 128,
    min: 1,
    max: 65_536,
    text: {
      label: { en: 'Encoder cache', zh: '编码器缓存' },
      help: {
        en: 'Encoded images that are kept, so that the same image is not encoded again (the real key is in bytes).',
        zh: '保留的已编码图像，使同一图像不再编码（真实参数以字节为单位）。',
      },
      zero: { en: 'off', zh: '关' },
    },
  },
  {
    ...memory,
    ...whole,
    name: 'max_seq_len',
    flag: '--max_seq_len',
    unit: 'tokens',
    default: 0,
    min: 16,
    max: 1_048_576,
    zero: true,
    text: {
      label: { en: 'Longest sequence', zh: '最长序列' },
      help: {
        en: 'Most tokens of a request, prompt and answer together; longer ones are refused.',
        zh: '一个请求的 token 上限，提示与回答合计；更长的会被拒绝。',
      },
      zero: { en: 'what the model and the memory allow', zh: '由模型和显存决定' },
    },
  },
  {
    ...memory,
    name: 'free_gpu_memory_fraction',
    flag: '--kv_cache_free_gpu_memory_fraction',
    type: 'number',
    unit: 'share',
    binds: Bound.blocks,
    default: 0.9,
    min: 0.01,
    max: 0.99,
    step: 0.01,
    scale: 'linear',
    zero: false,
    text: {
      label: { en: 'Share of free memory', zh: '空闲显存占比' },
      help: {
        en: 'KV cache as a share of the memory that weights and activations leave free.',
        zh: 'KV 缓存占权重与激活之外空闲显存的比例。',
      },
    },
  },
  {
    ...memory,
    ...whole,
    name: 'kv_cache_config.max_tokens',
    flag: 'kv_cache_config.max_tokens',
    unit: 'tokens',
    default: 0,
    min: 64,
    max: 100_000_000,
    zero: true,
    text: {
      label: { en: 'Most KV tokens', zh: 'KV token 上限' },
      help: {
        en: 'Tokens that the KV cache holds at most, if the memory would hold more.',
        zh: '显存放得下更多时，KV 缓存最多容纳的 token 数。',
      },
      zero: { en: 'as many as fit', zh: '放得下多少就多少' },
    },
  },
  {
    ...memory,
    name: 'tokens_per_block',
    flag: 'kv_cache_config.tokens_per_block',
    type: 'choice',
    unit: 'tokens',
    default: '32',
    choices: ['8', '16', '32', '64', '128'],
    text: {
      label: { en: 'Tokens of a block', zh: '每块 token 数' },
      help: {
        en: 'Places of a KV block; also the unit in which prompts are split.',
        zh: '一个 KV 块的位置数，也是提示分块的单位。',
      },
      choices: Object.fromEntries(['8', '16', '32', '64', '128'].map((tokens) => [tokens, { en: tokens, zh: tokens }])),
    },
  },
  {
    ...memory,
    name: 'enable_block_reuse',
    flag: 'kv_cache_config.enable_block_reuse',
    type: 'switch',
    unit: 'none',
    default: true,
    text: {
      label: { en: 'Block reuse', zh: '块复用' },
      help: {
        en: 'Free blocks keep their content in a tree until they are taken, and equal beginnings of prompts are not computed again.',
        zh: '空闲块在被占用之前以树的形式保留内容，提示的相同开头不再重复计算。',
      },
    },
  },
  {
    ...memory,
    name: 'enable_partial_reuse',
    flag: 'kv_cache_config.enable_partial_reuse',
    type: 'switch',
    unit: 'none',
    isUsed: reuses,
    default: tensorRtDefaults.enablePartialReuse,
    text: {
      label: { en: 'Partial reuse', zh: '部分复用' },
      help: {
        en: 'Behind the whole blocks that match, the beginning of one more block is reused.',
        zh: '在匹配的完整块之后，再复用一个块的开头部分。',
      },
    },
  },
  {
    ...memory,
    name: 'copy_on_partial_reuse',
    flag: 'kv_cache_config.copy_on_partial_reuse',
    type: 'switch',
    unit: 'none',
    isUsed: (knobs) => reuses(knobs) && knobs.enable_partial_reuse !== false,
    default: tensorRtDefaults.copyOnPartialReuse,
    text: {
      label: { en: 'Copy on partial reuse', zh: '部分复用时复制' },
      help: {
        en: 'Also the beginning of a block that is in use is reused, in a copy.',
        zh: '正在使用的块，其开头也可通过复制来复用。',
      },
    },
  },
  {
    ...priority,
    name: 'retention_priority',
    flag: 'KvCacheRetentionConfig: retention_priority',
    isUsed: reuses,
    default: tensorRtDefaults.promptPriority,
    text: {
      label: { en: 'Priority of prompt blocks', zh: '提示块的优先级' },
      help: {
        en: 'Free blocks of lower priority are taken first; requests give this one to the blocks of their prompts.',
        zh: '优先级低的空闲块先被占用；请求把此优先级赋予其提示的块。',
      },
    },
  },
  {
    ...priority,
    name: 'decode_retention_priority',
    flag: 'KvCacheRetentionConfig: decode_retention_priority',
    isUsed: reuses,
    default: tensorRtDefaults.decodePriority,
    text: {
      label: { en: 'Priority of decoded blocks', zh: '解码块的优先级' },
      help: {
        en: 'The priority of the blocks that decoding adds.',
        zh: '解码过程中新增块的优先级。',
      },
    },
  },
  {
    ...memory,
    name: 'host_cache_size',
    flag: 'kv_cache_config.host_cache_size',
    type: 'number',
    unit: 'GiB',
    isUsed: reuses,
    default: 0,
    min: 0.01,
    max: 4096,
    step: 0.01,
    scale: 'log',
    zero: true,
    text: {
      label: { en: 'Host cache', zh: '主机缓存' },
      help: {
        en: 'Host memory for blocks that are evicted with content; a hit brings them back (the real key is in bytes).',
        zh: '存放被驱逐的有内容块的主机内存；命中时再取回（真实参数以字节为单位）。',
      },
      zero: { en: 'none', zh: '无' },
    },
  },
  {
    ...priority,
    name: 'secondary_offload_min_priority',
    flag: 'kv_cache_config.secondary_offload_min_priority',
    isUsed: offloads,
    default: tensorRtDefaults.secondaryOffloadMinPriority,
    text: {
      label: { en: 'Least priority to offload', zh: '卸载的最低优先级' },
      help: {
        en: 'Evicted blocks of a lower priority are lost at once instead of going to the host.',
        zh: '优先级更低的块被驱逐时直接丢弃，不进入主机。',
      },
    },
  },
];
