/** Scenarios to start from. Names are in `i18n/messages/knobs.ts` under `presetKey`, sentences in `preset-sentences.ts` there. */

import type { Knobs, SharedKnobs } from './knobs.ts';

export type PresetId =
  | 'long-prompt-stall'
  | 'tiny-paged'
  | 'azure-chat'
  | 'azure-chat-x3'
  | 'azure-code'
  | 'static-against-continuous'
  | 'speculation'
  | 'flash-attention'
  | 'dynamic-quantisation'
  | 'images'
  | 'phone'
  | 'shortest-first'
  | 'learned-lengths'
  | 'fair-share'
  | 'bandit-budget'
  | 'four-replicas'
  | 'distserve'
  | 'splitwise'
  | 'mooncake'
  | 'many-gpus'
  | 'published'
  | 'trace';

export interface Preset {
  readonly id: PresetId;
  readonly knobs: Knobs;
  /** Simulated seconds a real second at which the phenomenon can be followed. */
  readonly speed: number;
  /** Simulated time at which the cursor starts, microseconds. */
  readonly startUs: number;
  /** The knob offered first: the one that changes the phenomenon. */
  readonly firstKnob: string;
  /** The panel that shows it, in front of those that share its place until the visitor chooses another one. Left out: the first of them. */
  readonly front?: 'timeline' | 'fleet' | 'memory' | 'roofline' | 'events';
}

/** vLLM's defaults of a server on one H200, and Llama-3.1-8B. */
const vllmOnH200 = {
  model: 'llama-3.1-8b',
  device: 'h200',
  engine: 'vllm',
  memory: 'paged',
  clients: 0,
  seed: 7,
  'max-num-batched-tokens': 8192,
  'max-num-seqs': 1024,
  'max-model-len': 0,
  'block-size': 16,
  'gpu-memory-utilization': 0.92,
  'num-gpu-blocks-override': 0,
  'kv-tokens': 0,
  'enable-chunked-prefill': true,
  'enable-prefix-caching': true,
  'long-prefill-token-threshold': 0,
  'scheduler-reserve-full-isl': true,
  watermark: 0,
  'async-scheduling': true,
  'kv-offloading-size': 0,
  'preemption-mode': 'recompute',
  'swap-space': 4,
  'batch-size': 8,
  'batch-timeout-ms': 100,
} as const satisfies Partial<SharedKnobs>;

/** Requests of the Azure 2023 conversation hour, and of the coding hour. */
const chatRequests = 19_366;
const codeRequests = 8_819;

/** Chat that comes faster than 64 seats can serve it, so that a queue forms and its order matters. */
const queueOnH200 = {
  ...vllmOnH200,
  workload: 'azure-chat',
  rate: 24,
  requests: 3000,
  'max-num-seqs': 64,
} as const;

export const presets: readonly Preset[] = [
  {
    id: 'long-prompt-stall',
    knobs: { ...vllmOnH200, preset: 'long-prompt-stall', workload: 'long-prompt', rate: 12, requests: 240 },
    speed: 0.05,
    // The long prompt arrives at 10 s.
    startUs: 9_850_000,
    firstKnob: 'max-num-batched-tokens',
  },
  {
    id: 'tiny-paged',
    knobs: {
      ...vllmOnH200,
      preset: 'tiny-paged',
      workload: 'tiny',
      rate: 0,
      requests: 6,
      'max-num-batched-tokens': 128,
      'max-num-seqs': 4,
      // A cached prefix would give the victim most of its KV back; here it is seen being computed again.
      'enable-prefix-caching': false,
      'num-gpu-blocks-override': 64,
    },
    speed: 0.02,
    startUs: 0,
    firstKnob: 'num-gpu-blocks-override',
  },
  {
    id: 'azure-chat',
    knobs: { ...vllmOnH200, preset: 'azure-chat', workload: 'azure-chat', rate: 5.53, requests: chatRequests },
    speed: 0.2,
    // Most requests are in the system here: 31.
    startUs: 1_650_000_000,
    firstKnob: 'rate',
  },
  {
    id: 'azure-chat-x3',
    knobs: {
      ...vllmOnH200,
      preset: 'azure-chat-x3',
      workload: 'azure-chat',
      rate: 16.6,
      requests: chatRequests,
      // vLLM's default on smaller devices. With 8,192 the budget is reached in 0.2 % of the steps only.
      'max-num-batched-tokens': 2048,
    },
    speed: 0.2,
    // The half minute in which first tokens take longest.
    startUs: 600_000_000,
    firstKnob: 'max-num-batched-tokens',
  },
  {
    id: 'azure-code',
    knobs: { ...vllmOnH200, preset: 'azure-code', workload: 'azure-code', rate: 2.57, requests: codeRequests },
    speed: 0.2,
    // The burst in which first tokens take longest.
    startUs: 1_230_000_000,
    firstKnob: 'max-num-batched-tokens',
  },
  {
    id: 'static-against-continuous',
    knobs: {
      ...vllmOnH200,
      preset: 'static-against-continuous',
      workload: 'batch',
      engine: 'static',
      memory: 'contiguous',
      'max-model-len': 4096,
      rate: 0,
      requests: 64,
      'batch-size': 8,
      'max-num-seqs': 8,
    },
    speed: 0.2,
    startUs: 0,
    firstKnob: 'engine',
  },
  {
    id: 'speculation',
    knobs: {
      ...vllmOnH200,
      preset: 'speculation',
      workload: 'azure-chat',
      rate: 0,
      clients: 1,
      requests: 60,
      'speculative-method': 'draft_model',
    },
    speed: 0.02,
    startUs: 0,
    firstKnob: 'clients',
  },
  {
    id: 'flash-attention',
    knobs: {
      ...vllmOnH200,
      preset: 'flash-attention',
      workload: 'long-prompt',
      rate: 12,
      requests: 240,
      'max-model-len': 16_384,
      'flash-attention': false,
    },
    speed: 0.05,
    // The long prompt arrives at 10 s.
    startUs: 9_850_000,
    firstKnob: 'flash-attention',
  },
  {
    id: 'dynamic-quantisation',
    knobs: {
      ...vllmOnH200,
      preset: 'dynamic-quantisation',
      workload: 'azure-chat',
      rate: 24,
      requests: 6000,
      'max-num-batched-tokens': 2048,
      'dynamic-quantisation': 'resident',
      'dynamic-waiting-high': 4,
    },
    speed: 0.1,
    // The weights change at 60.6 s, and often after that.
    startUs: 60_000_000,
    firstKnob: 'dynamic-quantisation',
  },
  {
    id: 'images',
    knobs: {
      ...vllmOnH200,
      preset: 'images',
      workload: 'multimodal',
      // The language model of LLaVA-1.5 has this shape, and the encoder is LLaVA's.
      model: 'llama-2-7b',
      rate: 8,
      requests: 400,
      'images-per-request': 4,
      // One image.
      'encoder-budget': 576,
    },
    speed: 0.05,
    startUs: 10_000_000,
    firstKnob: 'encoder-budget',
  },
  {
    id: 'phone',
    knobs: {
      ...vllmOnH200,
      preset: 'phone',
      workload: 'one-user',
      model: 'llama-3.2-3b',
      device: 'phone',
      rate: 0,
      clients: 1,
      requests: 24,
      'max-num-batched-tokens': 512,
      'max-num-seqs': 1,
      'max-model-len': 4096,
      // What a phone leaves to one app: 4.2 of 12 GiB.
      'gpu-memory-utilization': 0.35,
      'weight-precision': 'int4',
    },
    speed: 1,
    startUs: 0,
    firstKnob: 'enable-prefix-caching',
  },
  {
    id: 'shortest-first',
    knobs: {
      ...queueOnH200,
      preset: 'shortest-first',
      'queue-order': 'shortest-job',
      'length-prediction': 'oracle',
    },
    speed: 1,
    // Nearly as many wait as ever will: 300.
    startUs: 140_000_000,
    firstKnob: 'queue-order',
  },
  {
    id: 'learned-lengths',
    knobs: {
      ...queueOnH200,
      preset: 'learned-lengths',
      'queue-order': 'shortest-job',
      'length-prediction': 'learned',
    },
    speed: 1,
    startUs: 140_000_000,
    firstKnob: 'length-prediction',
  },
  {
    id: 'fair-share',
    knobs: { ...queueOnH200, preset: 'fair-share', users: 2, 'queue-order': 'fair-share' },
    speed: 1,
    startUs: 140_000_000,
    firstKnob: 'queue-order',
  },
  {
    id: 'bandit-budget',
    knobs: {
      ...vllmOnH200,
      preset: 'bandit-budget',
      workload: 'azure-code',
      rate: 4,
      requests: codeRequests,
      bandit: 'token-budget',
      'bandit-window-ms': 5000,
      'slo-tpot-ms': 20,
    },
    speed: 1,
    // A burst in which two dozen wait.
    startUs: 1_155_000_000,
    firstKnob: 'bandit',
  },
  {
    id: 'four-replicas',
    knobs: {
      ...vllmOnH200,
      preset: 'four-replicas',
      workload: 'azure-chat',
      rate: 40,
      requests: 3000,
      replicas: 4,
      // Vidur's `lor`: nobody waits anywhere, so all are equal, and the first one is taken.
      router: 'least-waiting',
    },
    speed: 0.2,
    startUs: 30_000_000,
    firstKnob: 'router',
    front: 'fleet',
  },
  {
    id: 'distserve',
    knobs: {
      ...vllmOnH200,
      preset: 'distserve',
      workload: 'azure-chat',
      rate: 60,
      requests: 3000,
      replicas: 4,
      router: 'least-requests',
      'prefill-replicas': 2,
      'kv-link': 'nvlink',
    },
    speed: 0.05,
    startUs: 20_000_000,
    firstKnob: 'prefill-replicas',
    front: 'fleet',
  },
  {
    id: 'splitwise',
    knobs: {
      ...vllmOnH200,
      preset: 'splitwise',
      workload: 'azure-code',
      rate: 12,
      requests: 3000,
      replicas: 4,
      // Its token JSQ.
      router: 'least-pending-tokens',
      'prefill-replicas': 3,
      'kv-link': 'network-100g',
      'kv-transfer': 'per-layer',
    },
    speed: 0.05,
    startUs: 20_000_000,
    firstKnob: 'kv-transfer',
    front: 'fleet',
  },
  {
    id: 'mooncake',
    knobs: {
      ...vllmOnH200,
      preset: 'mooncake',
      workload: 'sessions',
      lengths: 'openchat',
      'prefix-groups': 8,
      'prefix-tokens': 2000,
      turns: 6,
      rate: 8,
      requests: 1800,
      replicas: 4,
      router: 'mooncake',
      'max-tokens-ahead': 20_000,
      'prefill-replicas': 2,
      'kv-link': 'mooncake-4x200g',
      'kv-transfer': 'per-layer',
    },
    speed: 0.1,
    startUs: 100_000_000,
    firstKnob: 'router',
    front: 'fleet',
  },
  {
    id: 'many-gpus',
    knobs: {
      ...vllmOnH200,
      preset: 'many-gpus',
      workload: 'azure-chat',
      model: 'llama-3.1-70b',
      device: 'a100-80',
      'tensor-parallel-size': 2,
      'pipeline-parallel-size': 4,
      rate: 2,
      requests: 400,
    },
    speed: 0.2,
    startUs: 60_000_000,
    firstKnob: 'max-num-batched-tokens',
    front: 'timeline',
  },
  {
    id: 'published',
    knobs: {
      ...vllmOnH200,
      preset: 'published',
      // Figure 12 of the vLLM paper, at two requests a second for ten minutes.
      workload: 'lengths',
      engine: 'vllm-2023',
      model: 'opt-13b',
      device: 'a100-40',
      rate: 2,
      requests: 1200,
      'max-model-len': 2048,
      'max-num-batched-tokens': 2560,
      'max-num-seqs': 256,
      watermark: 0.01,
      'kv-tokens': 15_728,
      'gpu-memory-utilization': 0.95,
    },
    speed: 0.2,
    startUs: 60_000_000,
    firstKnob: 'engine',
  },
  {
    id: 'trace',
    knobs: { ...vllmOnH200, preset: 'trace', workload: 'trace', rate: 0, requests: 1_000_000 },
    speed: 0.2,
    startUs: 0,
    firstKnob: 'rate',
  },
];

/** Shown when nothing else is asked for. */
export const defaultPreset: PresetId = 'long-prompt-stall';

const byId: ReadonlyMap<string, Preset> = new Map(presets.map((preset) => [preset.id, preset]));

/** The preset of that name, or undefined. */
export function findPreset(id: string): Preset | undefined {
  return byId.get(id);
}

/** The preset of that name. */
export function presetOf(id: PresetId): Preset {
  const preset = byId.get(id);
  if (preset === undefined) throw new Error(`no such preset: ${id}`);
  return preset;
}

/** The preset a scenario started from. */
export function presetOfKnobs(knobs: Knobs): Preset {
  return byId.get(knobs.preset) ?? presetOf(defaultPreset);
}

/** Key of a preset's texts: its name, what there is to see, and what to try. */
export const presetKey = <P extends PresetId, T extends 'name' | 'see' | 'try'>(id: P, text: T): `preset.${P}.${T}` =>
  `preset.${id}.${text}`;
