import { Bound } from '../../sim/decision.ts';
import type { CostAdjustment } from '../../sim/gpu/cost-adjustment.ts';
import type { DeepSpeedSettings } from '../../sim/policy/deepspeed.ts';
import type { EngineKnob } from '../knob-entry.ts';
import type { Knobs } from '../knobs.ts';
import type { EngineEntry } from './entry.ts';
import { ownKnobReader } from './own-knobs.ts';

const own = { group: 'engine', readBy: 'engines', change: 'start', since: 1 } as const;

/** Tokens of prompts for which activations are set aside. */
const PROMPT_TOKENS = 8192;
const BLOCK_TOKENS = 16;

const knobs: readonly EngineKnob[] = [
  {
    ...own,
    name: 'max-out-tokens',
    flag: 'max_out_tokens',
    group: 'memory',
    type: 'integer',
    unit: 'tokens',
    binds: Bound.blocks,
    default: 1024,
    min: 16,
    max: 131_072,
    step: 1,
    scale: 'log',
    zero: false,
  },
  {
    ...own,
    name: 'replace-with-kernel-inject',
    flag: 'replace_with_kernel_inject',
    type: 'switch',
    unit: 'none',
    default: true,
  },
  {
    ...own,
    name: 'deepspeed-enable-cuda-graph',
    flag: 'enable_cuda_graph',
    type: 'switch',
    unit: 'none',
    default: false,
  },
];

/** DeepSpeed-Inference of 2022. */
export const deepSpeed: EngineEntry = {
  id: 'deepspeed',
  name: { en: 'DeepSpeed-Inference of 2022', zh: '2022 年的 DeepSpeed-Inference' },
  sentence: {
    en: 'Static batches with fused kernels: a step is cheaper, but nobody joins a batch, and keys and values have a fixed workspace.',
    zh: '使用融合内核的静态批：每一步更便宜，但中途不能加入，键值放在固定的工作区中。',
  },
  about: () => import('./about/deepspeed.ts').then((m) => m.about),
  memories: [],
  lengthKnob: 'max-out-tokens',
  reads: ['batch-size', 'batch-timeout-ms'],
  phases: ['speculation', 'multimodal'],
  knobs,
  words: () => import('./words/deepspeed.ts').then((m) => m.words),
  limits(given) {
    const rowTokens = ownKnobReader(knobs, given).number('max-out-tokens');
    const rows = given['batch-size'];
    return {
      tokenBudget: PROMPT_TOKENS,
      seats: rows,
      wholePrompts: false,
      blockSize: BLOCK_TOKENS,
      kvShare: { of: 'total', share: 1 },
      shareKnob: 'max-out-tokens',
      blocks: { count: 1 + rows * Math.ceil(rowTokens / BLOCK_TOKENS), knob: 'max-out-tokens' },
      maxModelLen: rowTokens,
      staticBatch: rows,
    };
  },
  cost(given): CostAdjustment {
    const read = ownKnobReader(knobs, given);
    const isInjected = read.isOn('replace-with-kernel-inject');
    const isCaptured = read.isOn('deepspeed-enable-cuda-graph');
    return {
      launchesPerLayer: isCaptured ? 0 : isInjected ? 5 : 17.5,
      weightBandwidth: isInjected ? 0.8 : 0.55,
      microBatchTokens: 0,
    };
  },
  configure(given: Knobs) {
    const settings: DeepSpeedSettings = { maxOutTokens: ownKnobReader(knobs, given).number('max-out-tokens') };
    return {
      policy: 'deepspeed',
      settings,
      staticBatchSize: given['batch-size'],
      staticTimeoutUs: given['batch-timeout-ms'] * 1000,
    };
  },
};
