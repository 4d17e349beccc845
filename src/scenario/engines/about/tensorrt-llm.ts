import type { EngineAbout } from '../entry.ts';

export const about: EngineAbout = {
  version: 'PyTorch backend, main of 2026 (1.3 to 1.4), first KV-cache manager',
  source:
    'NVIDIA/TensorRT-LLM: capacityScheduler.cpp, microBatchScheduler.cpp, kvCacheManager.cpp, evictionPolicy.cpp; pyexecutor/scheduler.py, py_executor.py',
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
      en: 'Beam search, speculative decoding, LoRA, sliding windows, Mamba states and their forced chunks.',
      zh: '束搜索、推测解码、LoRA、滑动窗口，以及 Mamba 状态及其强制分块。',
    },
    {
      en: 'Pipeline and attention-data parallelism, disaggregated serving and multimodal encoders.',
      zh: '流水线与注意力数据并行、分离式部署和多模态编码器。',
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
