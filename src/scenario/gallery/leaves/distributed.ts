import type { GalleryBranch } from '../entry.ts';

/** Whole replicas that take turns, whoever has what, and none is too full. */
const conversationsInTurn = {
  requests: 600,
  router: 'round-robin',
  'prefill-replicas': 0,
  'max-tokens-ahead': 0,
} as const;

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
    {
      id: 'pipeline-bubbles',
      name: { en: 'Pipeline bubbles', zh: '流水线气泡' },
      says: {
        en: 'Four stages, as many batches in flight. A batch with long prompts holds up those behind it; smaller token budgets make batches alike, and stages stand idle less.',
        zh: '四级流水线，同样多的批在途。带长提示的批会挡住后面的批；token 预算越小，各批越接近，各级空闲越少。',
      },
      sides: [
        { name: { en: 'budget 8,192', zh: '预算 8,192' }, preset: 'many-gpus' },
        {
          name: { en: 'budget 512', zh: '预算 512' },
          preset: 'many-gpus',
          set: { 'max-num-batched-tokens': 512 },
        },
      ],
      metric: 'bubbles',
      thumb: { kind: 'steps', fromUs: 60_000_000, toUs: 62_000_000 },
    },
    {
      id: 'hybrid-parallelism',
      name: { en: 'Tensor and pipeline parallelism together', zh: '张量并行与流水线并行结合' },
      says: {
        en: 'Eight GPUs in two hosts. Sums of every half layer over the network hold up each step; tensor parallelism in a host and a pipeline between the two send it a hundredth as much.',
        zh: '两台主机共八张 GPU。每半层都经网络求和会拖慢每一步；主机内张量并行、主机间流水线，网络上的数据只有约百分之一。',
      },
      sides: [
        { name: { en: '8 × 1', zh: '8 × 1' }, preset: 'many-gpus', set: twoHosts(8, 1) },
        { name: { en: '4 × 2', zh: '4 × 2' }, preset: 'many-gpus', set: twoHosts(4, 2) },
      ],
      metric: 'ttft-p50',
      thumb: { kind: 'bars' },
    },
    {
      id: 'disaggregation',
      name: { en: 'Prefill apart from decode', zh: '预填充与解码分离' },
      says: {
        en: 'Four GPUs that do both stop every answer for each prompt; with two for prompts and two for answers, as in DistServe, no prompt holds up an answer.',
        zh: '四张 GPU 都做两个阶段时，每个提示都会让回答停顿；像 DistServe 那样两张算提示、两张生成，提示就不再挡住回答。',
      },
      sides: [
        { name: { en: 'together', zh: '共置' }, preset: 'distserve', set: { 'prefill-replicas': 0 } },
        { name: { en: 'apart', zh: '分离' }, preset: 'distserve' },
      ],
      metric: 'tpot-p99',
      thumb: { kind: 'bars' },
    },
    {
      id: 'kv-by-layer',
      name: { en: 'KV layer by layer', zh: '逐层发送 KV' },
      says: {
        en: 'Keys and values go to the decoding GPU over a network. Sent layer by layer while the next layers are computed, as in Splitwise, they are there when the prompt is done.',
        zh: '键值经网络送往解码 GPU。像 Splitwise 那样边算边逐层发送，提示算完时它们已到达。',
      },
      sides: [
        { name: { en: 'at the end', zh: '算完后' }, preset: 'splitwise', set: { 'kv-transfer': 'at-end' } },
        { name: { en: 'layer by layer', zh: '逐层' }, preset: 'splitwise' },
      ],
      metric: 'tpot-p99',
      thumb: { kind: 'bars' },
    },
    {
      id: 'prefix-routing',
      name: { en: 'Routing by prefix', zh: '按前缀路由' },
      says: {
        en: 'A router that estimates from caches and queues where the first token comes soonest, as in Mooncake, finds more of each conversation where it was computed before.',
        zh: '像 Mooncake 那样由缓存与队列估计首 token 最早之处的路由器，更常把对话送回算过它的地方。',
      },
      sides: [
        { name: { en: 'in turn', zh: '轮询' }, preset: 'mooncake', set: { router: 'round-robin' } },
        { name: { en: 'by prefix', zh: '按前缀' }, preset: 'mooncake' },
      ],
      metric: 'ttft-p50',
      thumb: { kind: 'bars' },
    },
    {
      id: 'kv-store',
      name: { en: 'A KV store that all share', zh: '共享的 KV 存储' },
      says: {
        en: 'Turns of a conversation go to four GPUs in turn, and most of it was computed on another one. With a store in host memory, as in Mooncake or LMCache, each fetches what its own cache lacks, over the network and not by computing.',
        zh: '对话的各轮轮流去往四张 GPU，大部分内容是在别的 GPU 上算的。有了主机内存中的共享存储（如 Mooncake、LMCache），各 GPU 经网络取来自己缓存里没有的部分，而不重新计算。',
      },
      sides: [
        { name: { en: 'own caches', zh: '各自缓存' }, preset: 'mooncake', set: conversationsInTurn },
        {
          name: { en: 'shared store', zh: '共享存储' },
          preset: 'mooncake',
          set: { ...conversationsInTurn, 'kv-store-gib': 400 },
        },
      ],
      metric: 'ttft-p50',
      thumb: { kind: 'bars' },
    },
  ],
};

function twoHosts(tensor: number, pipeline: number) {
  return {
    rate: 4,
    topology: 'hosts-100',
    'tensor-parallel-size': tensor,
    'pipeline-parallel-size': pipeline,
  } as const;
}

function tensorParallel(ranks: number) {
  return { model: 'llama-3.1-70b', rate: 2, requests: 300, 'tensor-parallel-size': ranks } as const;
}
