import type { GalleryBranch } from '../entry.ts';

/** G and P together: what came after the basics. */
export const frontier: GalleryBranch = {
  id: 'frontier',
  name: { en: 'Frontier', zh: '前沿' },
  leaves: [
    {
      id: 'multimodal',
      name: { en: 'Multimodal requests', zh: '多模态请求' },
      says: {
        en: 'Images pass an encoder first. With a budget of one image a step, requests with four of them wait for each other.',
        zh: '图像要先经过编码器。若每步只编码一张，带四张图的请求就得互相等待。',
      },
      sides: [
        { name: { en: '1 image a step', zh: '每步 1 张' }, preset: 'images' },
        { name: { en: '8 images a step', zh: '每步 8 张' }, preset: 'images', set: { 'encoder-budget': 4608 } },
      ],
      metric: 'ttft-p50',
      thumb: { kind: 'rows', fromUs: 10_000_000, toUs: 12_000_000 },
    },
    {
      id: 'dynamic-quantisation',
      name: { en: 'Dynamic quantisation', zh: '动态量化' },
      says: {
        en: 'While requests wait, the weights are read in fewer bits; when the queue is gone, in 16 again.',
        zh: '有请求等待时，以更少的位数读取权重；队列清空后，再恢复 16 位。',
      },
      sides: [
        {
          name: { en: 'always 16 bits', zh: '始终 16 位' },
          preset: 'dynamic-quantisation',
          set: { 'dynamic-quantisation': 'off' },
        },
        { name: { en: 'under load fp8', zh: '负载高时 fp8' }, preset: 'dynamic-quantisation' },
      ],
      metric: 'ttft-p99',
      thumb: { kind: 'rows', fromUs: 60_000_000, toUs: 68_000_000 },
    },
    {
      id: 'edge',
      name: { en: 'Edge device', zh: '边缘设备' },
      says: {
        en: 'One user on a phone: the conversation so far is computed again with every question unless it is kept.',
        zh: '手机上的单个用户：若不保留之前的对话，每次提问都要把它重新计算一遍。',
      },
      sides: [
        { name: { en: 'nothing kept', zh: '不保留' }, preset: 'phone', set: { 'enable-prefix-caching': false } },
        { name: { en: 'prefix kept', zh: '保留前缀' }, preset: 'phone' },
      ],
      metric: 'ttft-p50',
      // Three questions of the conversation: before, prompts are too short to be seen.
      thumb: { kind: 'rows', fromUs: 300_000_000, toUs: 340_000_000 },
    },
  ],
};
