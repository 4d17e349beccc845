import type { KnobText } from '../../knob-entry.ts';

/** Names and sentences of the engine's own knobs. */
export const words: Readonly<Record<string, KnobText>> = {
  capacity_scheduler_policy: {
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
  enable_chunked_prefill: {
    label: { en: 'Chunked prefill', zh: '分块预填充' },
    help: {
      en: 'A prompt that does not fit into the rest of a step is cut at a whole block; off: it waits.',
      zh: '放不进一步余量的提示在整块处切开；关闭时则等待。',
    },
  },
  context_chunking_policy: {
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
  enable_prefix_aware_scheduling: {
    label: { en: 'Prefix-aware scheduling', zh: '前缀感知调度' },
    help: {
      en: 'The schedulers count on what the cache holds, and let a request wait for a block that another one computes now.',
      zh: '调度器把缓存中已有的内容计算在内，并让请求等待其他请求正在计算的块。',
    },
  },
  disable_overlap_scheduler: {
    label: { en: 'No overlap scheduler', zh: '关闭重叠调度' },
    help: {
      en: 'A step is scheduled only when the tokens of the one before it are known, instead of while it runs.',
      zh: '等上一步的 token 已知后才调度下一步，而不是在其执行期间。',
    },
  },
  max_batch_size: {
    label: { en: 'Batch size', zh: '批大小' },
    help: {
      en: 'Most requests of a step, and most that are considered; the others wait outside.',
      zh: '一步最多的请求数，也是参与调度的上限；其余请求在外等待。',
    },
  },
  max_num_tokens: {
    label: { en: 'Tokens of a step', zh: '一步的 token 上限' },
    help: {
      en: 'Most tokens of a step, prompts and decodes together; without chunked prefill a longer prompt is refused.',
      zh: '一步的 token 上限，提示与解码合计；未启用分块预填充时，更长的提示会被拒绝。',
    },
  },
  encoder_max_num_items: {
    label: { en: 'Encoded items of a step', zh: '一步编码的项数' },
    help: {
      en: 'Images and recordings that a step may encode.',
      zh: '一步可编码的图像与录音数。',
    },
    zero: { en: 'as the batch size', zh: '同批大小' },
  },
  encoder_max_num_tokens: {
    label: { en: 'Encoder rows of a step', zh: '一步的编码器行数' },
    help: {
      en: 'Rows of the encoder in a step; no less than the largest item.',
      zh: '编码器一步的行数；不低于最大的一项。',
    },
    zero: { en: 'as the token budget', zh: '同 token 预算' },
  },
  encoder_cache_max_bytes: {
    label: { en: 'Encoder cache', zh: '编码器缓存' },
    help: {
      en: 'Encoded images that are kept, so that the same image is not encoded again (the real key is in bytes).',
      zh: '保留的已编码图像，使同一图像不再编码（真实参数以字节为单位）。',
    },
    zero: { en: 'off', zh: '关' },
  },
  max_seq_len: {
    label: { en: 'Longest sequence', zh: '最长序列' },
    help: {
      en: 'Most tokens of a request, prompt and answer together; longer ones are refused.',
      zh: '一个请求的 token 上限，提示与回答合计；更长的会被拒绝。',
    },
    zero: { en: 'what the model and the memory allow', zh: '由模型和显存决定' },
  },
  free_gpu_memory_fraction: {
    label: { en: 'Share of free memory', zh: '空闲显存占比' },
    help: {
      en: 'KV cache as a share of the memory that weights and activations leave free.',
      zh: 'KV 缓存占权重与激活之外空闲显存的比例。',
    },
  },
  'kv_cache_config.max_tokens': {
    label: { en: 'Most KV tokens', zh: 'KV token 上限' },
    help: {
      en: 'Tokens that the KV cache holds at most, if the memory would hold more.',
      zh: '显存放得下更多时，KV 缓存最多容纳的 token 数。',
    },
    zero: { en: 'as many as fit', zh: '放得下多少就多少' },
  },
  tokens_per_block: {
    label: { en: 'Tokens of a block', zh: '每块 token 数' },
    help: {
      en: 'Places of a KV block; also the unit in which prompts are split.',
      zh: '一个 KV 块的位置数，也是提示分块的单位。',
    },
    choices: Object.fromEntries(['8', '16', '32', '64', '128'].map((tokens) => [tokens, { en: tokens, zh: tokens }])),
  },
  enable_block_reuse: {
    label: { en: 'Block reuse', zh: '块复用' },
    help: {
      en: 'Free blocks keep their content in a tree until they are taken, and equal beginnings of prompts are not computed again.',
      zh: '空闲块在被占用之前以树的形式保留内容，提示的相同开头不再重复计算。',
    },
  },
  enable_partial_reuse: {
    label: { en: 'Partial reuse', zh: '部分复用' },
    help: {
      en: 'Behind the whole blocks that match, the beginning of one more block is reused.',
      zh: '在匹配的完整块之后，再复用一个块的开头部分。',
    },
  },
  copy_on_partial_reuse: {
    label: { en: 'Copy on partial reuse', zh: '部分复用时复制' },
    help: {
      en: 'Also the beginning of a block that is in use is reused, in a copy.',
      zh: '正在使用的块，其开头也可通过复制来复用。',
    },
  },
  retention_priority: {
    label: { en: 'Priority of prompt blocks', zh: '提示块的优先级' },
    help: {
      en: 'Free blocks of lower priority are taken first; requests give this one to the blocks of their prompts.',
      zh: '优先级低的空闲块先被占用；请求把此优先级赋予其提示的块。',
    },
  },
  decode_retention_priority: {
    label: { en: 'Priority of decoded blocks', zh: '解码块的优先级' },
    help: {
      en: 'The priority of the blocks that decoding adds.',
      zh: '解码过程中新增块的优先级。',
    },
  },
  host_cache_size: {
    label: { en: 'Host cache', zh: '主机缓存' },
    help: {
      en: 'Host memory for blocks that are evicted with content; a hit brings them back (the real key is in bytes).',
      zh: '存放被驱逐的有内容块的主机内存；命中时再取回（真实参数以字节为单位）。',
    },
    zero: { en: 'none', zh: '无' },
  },
  secondary_offload_min_priority: {
    label: { en: 'Least priority to offload', zh: '卸载的最低优先级' },
    help: {
      en: 'Evicted blocks of a lower priority are lost at once instead of going to the host.',
      zh: '优先级更低的块被驱逐时直接丢弃，不进入主机。',
    },
  },
};
