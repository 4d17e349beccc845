import type { EngineAbout } from '../entry.ts';
import { draftsAndImages } from './what-if.ts';

export const about: EngineAbout = {
  version: 'DeepSpeed-MII 8abdd98 (2025-07-01), DeepSpeed edaa722',
  source: 'DeepSpeed-MII: mii/batching/ragged_batching.py; DeepSpeed: deepspeed/inference/v2',
  notModelled: [
    {
      en: 'Its own kernels (blocked flash attention, ragged layouts): steps cost what they cost the other engines.',
      zh: '它自己的内核（分块 flash attention、不规则布局）：步时与其他引擎相同。',
    },
    {
      en: 'The time until a client has read its answer: the blocks of a finished sequence are free two forwards later.',
      zh: '客户端读完回答的时间：结束的序列在两次前向之后释放块。',
    },
    {
      en: 'A sequence beyond the tracked ones in one forward, which the real engine does not check and fails on.',
      zh: '同一次前向中超出跟踪上限的序列：真实引擎不检查，会因此出错。',
    },
    {
      en: 'Several replicas (replica_num), which take requests in turn, and FP6 weights.',
      zh: '多副本（replica_num，轮流接收请求）以及 FP6 权重。',
    },
    draftsAndImages,
  ],
};
