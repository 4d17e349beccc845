/** H5b: the example with which DistServe begins (blog): what one GPU does when prefill and decode share it. */

import type { Criterion } from '../../criterion.ts';
import type { HeadlineRow } from '../entry.ts';
import { capacity, ratio } from '../measure.ts';
import { launchUs, published } from '../scenarios.ts';

const shared = {
  workload: 'lengths',
  lengths: 'fixed',
  'prompt-tokens': 512,
  model: 'opt-13b',
  device: 'a100-80',
  requests: 3000,
  'max-model-len': 2048,
  'gpu-memory-utilization': 0.9,
  'launch-us-per-layer': launchUs.vllm2023,
} as const;

const source = 'DistServe blog, 2024';
const attained = (slo: { readonly ttftUs: number; readonly tpotUs?: number }): Criterion => ({
  kind: 'attainment',
  slo,
  attain: 0.9,
});
const assumptions = {
  en: 'A model of 13B parameters (taken to be OPT-13B) on one A100 80 GB, prompts of 512 tokens, 3,000 Poisson requests a probe, 90 % of them within the objective; vLLM of 2023, 0.55 ms to launch a layer. Seed 7.',
  zh: '一块 A100 80 GB 上的 13B 参数模型（取 OPT-13B），提示 512 个 token，每次探测 3,000 个泊松请求，其中 90 % 达标；2023 年的 vLLM，每层启动 0.55 毫秒。种子 7。',
};

export const distserveRows: readonly HeadlineRow[] = [
  {
    id: 'H5b-colocated',
    claim: {
      en: 'Rate of one GPU that does both phases, first token within 0.4 s and 0.04 s a token',
      zh: '一块 GPU 同时做两个阶段时的速率，首 token 0.4 秒以内，每 token 0.04 秒',
    },
    published: { low: 1.6, high: 1.6, mark: 'V', source },
    unit: 'requests/s',
    sideUnit: 'requests/s',
    sides: [
      {
        name: { en: 'Both phases', zh: '两个阶段' },
        knobs: published('vllm-2023', { ...shared, 'output-tokens': 64, rate: 1.6 }),
      },
    ],
    measure: ratio(capacity({ criterion: attained({ ttftUs: 400_000, tpotUs: 40_000 }), tolerance: 0.02 })),
    assumptions,
    remark: {
      en: 'A prompt takes 68 ms here; DistServe’s own tables have 70 ms for its engine and 94 ms for the vLLM of its time, and a step of many decodes took longer there too. How steeply that tells is in the row below.',
      zh: '这里一个提示用 68 毫秒；DistServe 自己的表中，其引擎为 70 毫秒，当时的 vLLM 为 94 毫秒，多序列解码步也更长。其影响有多大见下一行。',
    },
  },
  {
    id: 'H5b-prefill',
    claim: {
      en: 'Rate of one GPU that does prefill only, first token within 0.4 s',
      zh: '一块 GPU 只做预填充时的速率，首 token 0.4 秒以内',
    },
    published: { low: 5.6, high: 5.6, mark: 'V', source },
    unit: 'requests/s',
    sideUnit: 'requests/s',
    sides: [
      {
        name: { en: 'Prefill only', zh: '仅预填充' },
        knobs: published('vllm-2023', { ...shared, 'output-tokens': 1, rate: 5.6 }),
      },
    ],
    measure: ratio(capacity({ criterion: attained({ ttftUs: 400_000 }), tolerance: 0.02 })),
    assumptions,
    remark: {
      en: 'One queue with constant times keeps 0.4 s for 90 % of its requests at 11.8 a second with our 68 ms a prompt, at 7.6 with the 94 ms that DistServe measured of vLLM, and at the published 5.6 with 115 ms. The difference is the time of a prompt.',
      zh: '服务时间恒定的单队列要让 90 % 的请求在 0.4 秒内：按我们的每提示 68 毫秒为每秒 11.8 个，按 DistServe 对 vLLM 测得的 94 毫秒为 7.6 个，要得到发表的 5.6 个则需 115 毫秒。差异在于提示的时间。',
    },
  },
];
