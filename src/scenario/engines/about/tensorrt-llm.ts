import type { EngineAbout } from '../entry.ts';

export const about: EngineAbout = {
  version: 'PyTorch backend, main of 2026 (1.3 to 1.4), first KV-cache manager',
  source:
    'NVIDIA/TensorRT-LLM: capacityScheduler.cpp, microBatchScheduler.cpp, kvCacheManager.cpp, evictionPolicy.cpp; pyexecutor/scheduler.py, py_executor.py, resource_manager.py',
  notModelled: [
    {
      en: 'Not compared with recorded runs: there are none. The rules are tested one by one.',
      zh: '未与录制的运行对比：没有可用的录制。规则逐条测试。',
    },
    {
      en: 'CUDA graphs for steps without prompts only: a step costs what the device profile says, with or without prompts.',
      zh: '仅对无提示的步使用 CUDA graph：步时一律按设备档案计算，与是否含提示无关。',
    },
    {
      en: 'Beam search, LoRA, sliding windows, Mamba states and their forced chunks.',
      zh: '束搜索、LoRA、滑动窗口，以及 Mamba 状态及其强制分块。',
    },
    {
      en: 'Trees of drafts; numbers of drafts that follow the load (max_concurrency, draft_len_schedule, acceptance_rate_threshold); the max_draft_len - 1 more places that a drafter inside the model keeps for each request.',
      zh: '草稿树；随负载变化的草稿数（max_concurrency、draft_len_schedule、acceptance_rate_threshold）；模型内置的草稿模块为每个请求多留的 max_draft_len - 1 个位置。',
    },
    {
      en: 'Images: encoding ahead of the memory scheduler (encoder_scheduling_policy) or beside the model (encoder_side_stream_max_ahead), and requests that stay out of the active list until the encoder has room. Here every model is scheduled item by item.',
      zh: '图像：先于显存调度器的编码（encoder_scheduling_policy）、与模型并行的编码（encoder_side_stream_max_ahead），以及编码器有余量之前不进入活动列表的请求。此处一切模型都按项调度。',
    },
    {
      en: 'The micro-batch more than stages that the overlap scheduler adds to a pipeline, attention-data parallelism, and disaggregated serving.',
      zh: '重叠调度器在流水线级数之外多加的一个微批、注意力数据并行，以及分离式部署。',
    },
    {
      en: 'Retention priorities that differ by request or end after a time; the second version of the KV-cache manager.',
      zh: '因请求而异或到期失效的保留优先级；第二版 KV 缓存管理器。',
    },
    {
      en: 'Host time of the schedulers, and the time of copies within the device on partial reuse.',
      zh: '调度器的主机时间，以及部分复用时设备内复制的时间。',
    },
  ],
};
