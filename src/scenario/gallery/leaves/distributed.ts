import type { GalleryBranch } from '../entry.ts';

/** G on several devices. */
export const distributed: GalleryBranch = {
  id: 'distributed',
  name: { en: 'Distributed inference', zh: '分布式推理' },
  leaves: [
    {
      id: 'all-reduce',
      name: { en: 'Tensor parallelism and AllReduce', zh: '张量并行与 AllReduce' },
      says: {
        en: 'Four GPUs share every layer of a 70B model. A token comes sooner than on two, but not twice as soon: after each half layer all wait for the sum.',
        zh: '四张 GPU 分担 70B 模型的每一层。比两张更快，但快不到一倍：每半层之后都要等求和。',
      },
      sides: [
        { name: { en: '2 GPUs', zh: '2 张 GPU' }, preset: 'azure-chat', set: tensorParallel(2) },
        { name: { en: '4 GPUs', zh: '4 张 GPU' }, preset: 'azure-chat', set: tensorParallel(4) },
      ],
      metric: 'tpot-p50',
      thumb: { kind: 'bars' },
    },
    {
      id: 'router-counts',
      name: { en: 'What a router counts', zh: '路由器统计什么' },
      says: {
        en: 'A router that counts only waiting requests, as one of Vidur’s does, finds four replicas equal as long as nobody waits, and fills the first. Counting those that run as well halves the time of a token.',
        zh: '只统计等待请求的路由器（如 Vidur 的一种）在无人等待时认为四个副本相同，总是先填满第一个。同时统计运行中的请求，每 token 时间减少一半以上。',
      },
      sides: [
        { name: { en: 'waiting', zh: '等待' }, preset: 'four-replicas' },
        {
          name: { en: 'waiting and running', zh: '等待与运行' },
          preset: 'four-replicas',
          set: { router: 'least-waiting-and-running' },
        },
      ],
      metric: 'tpot-p50',
      thumb: { kind: 'bars' },
    },
  ],
};

function tensorParallel(ranks: number) {
  return { model: 'llama-3.1-70b', rate: 2, requests: 300, 'tensor-parallel-size': ranks } as const;
}
