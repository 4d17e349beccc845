import type { EngineAbout } from '../entry.ts';

export const about: EngineAbout = {
  version: 'transformers 5.17.0',
  source:
    'huggingface/transformers: src/transformers/generation/continuous_batching (scheduler.py, offloading_manager.py, cache_manager.py, model_runner.py, continuous_api.py)',
  notModelled: [
    {
      en: 'Which free block is taken next: with sharing the real cache forgets the block that was freed last first; and a prompt found as a whole computes its last token again, here its last block.',
      zh: '下一个取用哪个空闲块：共享时真实缓存最先丢弃最后释放的块；整段命中的提示只重新计算最后一个 token，这里重新计算最后一块。',
    },
    {
      en: 'A waiting request that finds blocks to share holds them even if it cannot run yet.',
      zh: '等待中的请求命中可共享块后，即使还不能运行也会占用这些块。',
    },
    {
      en: 'A hang: when the last running request is cancelled after an eviction, the real scheduler takes nobody any more; here it goes on.',
      zh: '一处死锁：驱逐之后若最后一个运行中的请求被取消，真实调度器不再接纳任何人；这里会继续。',
    },
    {
      en: 'Several answers to a prompt (forks), log probabilities, logits processors and compiled steps.',
      zh: '一个提示的多个回答（分叉）、对数概率、logits 处理器和编译的步。',
    },
    {
      en: 'Layers with sliding windows, which have blocks of their own.',
      zh: '使用滑动窗口的层，它们有单独的块。',
    },
    {
      en: 'The polynomial by which it shares memory between activations and cache; what activations take follows the common account.',
      zh: '在激活值与缓存之间分配显存的多项式；激活值占用按通用口径计算。',
    },
    {
      en: 'Waking up: up to 0.1 s when nothing runs, and the interpreter’s lock, for which clients and engine compete.',
      zh: '唤醒：空闲时最多 0.1 秒，以及客户端与引擎争用的解释器锁。',
    },
    {
      en: 'Layers of other models than Llama’s and Qwen’s, other devices than an H200 and other hosts: the extra kernels and the host cost what was measured there.',
      zh: '除 Llama、Qwen 以外的模型层、除 H200 以外的设备和其他主机：额外内核与主机耗时按那里的测量计。',
    },
  ],
};
