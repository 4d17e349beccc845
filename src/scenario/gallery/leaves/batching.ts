import type { GalleryBranch, GallerySide } from '../entry.ts';

const inBatches = (engine: string, en: string, zh: string): GallerySide => ({
  name: { en, zh },
  preset: 'static-against-continuous',
  set: { engine },
});
const staticBatches: GallerySide = { name: { en: 'static', zh: '静态' }, preset: 'static-against-continuous' };

/** P: who shares a step with whom. */
export const batching: GalleryBranch = {
  id: 'batching',
  name: { en: 'Batching', zh: '批处理' },
  leaves: [
    {
      id: 'static-batching',
      name: { en: 'Static against continuous batching', zh: '静态批处理与连续批处理' },
      says: {
        en: 'A static batch computes for nothing until its longest answer is done; continuous batching gives each place to the next request at once.',
        zh: '静态批要白算到最长的回答结束；连续批处理则把空出的位置立刻交给下一个请求。',
      },
      sides: [staticBatches, inBatches('vllm', 'continuous', '连续')],
      metric: 'duration',
      thumb: { kind: 'rows', toUs: 6_000_000 },
    },
    {
      id: 'dynamic-batching',
      name: { en: 'Dynamic batching', zh: '动态批处理' },
      says: {
        en: 'Whoever waits becomes a batch as soon as the GPU is free: no waiting for a batch to fill, but still for its longest answer.',
        zh: 'GPU 一空闲，正在等待的请求就成为一批：不必等批凑满，但仍要等其中最长的回答。',
      },
      sides: [
        {
          name: { en: 'dynamic', zh: '动态' },
          preset: 'azure-chat',
          set: { engine: 'dynamic', requests: 300, rate: 2 },
        },
        { name: { en: 'continuous', zh: '连续' }, preset: 'azure-chat', set: { requests: 300, rate: 2 } },
      ],
      metric: 'ttft-p50',
      thumb: { kind: 'rows', fromUs: 20_000_000, toUs: 32_000_000 },
    },
    {
      id: 'chunked-prefill',
      name: { en: 'Chunked prefill', zh: '分块预填充' },
      says: {
        en: 'One long prompt in one step stalls everybody’s next token; cut into chunks it shares each step with the decodes.',
        zh: '一个长提示放在一步里算，所有人的下一个 token 都被卡住；切成小块，它就与解码共享每一步。',
      },
      sides: [
        { name: { en: 'budget 8,192', zh: '预算 8,192' }, preset: 'long-prompt-stall' },
        {
          name: { en: 'budget 512', zh: '预算 512' },
          preset: 'long-prompt-stall',
          set: { 'max-num-batched-tokens': 512 },
        },
      ],
      metric: 'itl-max',
      thumb: { kind: 'steps', fromUs: 9_800_000, toUs: 10_600_000 },
    },
    {
      id: 'prefill-first',
      name: { en: 'Prompts first, or decodes first', zh: '预填充优先与解码优先' },
      says: {
        en: 'vLLM of 2023 lets all decodes stand still while any prompt fits; Sarathi never does.',
        zh: '2023 年的 vLLM 只要有提示放得下，就让所有解码停住；Sarathi 从不这样。',
      },
      sides: [
        { name: { en: 'vLLM 2023', zh: 'vLLM 2023' }, preset: 'long-prompt-stall', set: { engine: 'vllm-2023' } },
        { name: { en: 'Sarathi', zh: 'Sarathi' }, preset: 'long-prompt-stall', set: { engine: 'sarathi' } },
      ],
      metric: 'itl-max',
      thumb: { kind: 'steps', fromUs: 9_800_000, toUs: 10_600_000 },
    },
  ],
};
