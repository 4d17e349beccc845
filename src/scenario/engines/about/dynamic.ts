import type { EngineAbout } from '../entry.ts';
import { draftsAndImages } from './what-if.ts';

export const about: EngineAbout = {
  version: 'Triton Inference Server, dynamic_batching',
  source: "Triton Inference Server's documentation of model configuration (dynamic batcher)",
  notModelled: [
    { en: 'Several model instances on one GPU.', zh: '一个 GPU 上的多个模型实例。' },
    { en: 'Several preferred sizes: the knob sets one.', zh: '多个首选大小：旋钮只设一个。' },
    {
      en: 'Queue policies: time-outs, rejection of long queues, priority levels of its own.',
      zh: '队列策略：超时、队列过长时拒绝、自有的优先级。',
    },
    {
      en: 'Tokens are streamed as they come; a batched backend answers when its batch is done.',
      zh: 'token 逐个流式返回；真实的批处理后端在批完成时才应答。',
    },
    draftsAndImages,
  ],
};
