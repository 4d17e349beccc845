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
    text: {
      label: { en: 'Workspace a row', zh: '每行工作区' },
      help: {
        en: 'Places for keys and values of one row, prompt and answer together, allocated once for the whole batch; longer requests fail.',
        zh: '每行键值的位置数（提示与回答合计），为整个批一次性分配；更长的请求会失败。',
      },
    },
  },
  {
    ...own,
    name: 'replace-with-kernel-inject',
    flag: 'replace_with_kernel_inject',
    type: 'switch',
    unit: 'none',
    default: true,
    text: {
      label: { en: 'Kernel injection', zh: '内核注入' },
      help: {
        en: 'Fused kernels: about 5 launches a layer instead of 17, and weights that stream at 80 % of the bandwidth instead of 55 %.',
        zh: '融合内核：每层约 5 次启动而不是 17 次，读取权重达到带宽的 80% 而不是 55%。',
      },
    },
  },
  {
    ...own,
    name: 'deepspeed-enable-cuda-graph',
    flag: 'enable_cuda_graph',
    type: 'switch',
    unit: 'none',
    default: false,
    text: {
      label: { en: 'CUDA graph', zh: 'CUDA 图' },
      help: {
        en: 'Captures a step, so that its kernels are launched at once; it helps where a step is shorter than its launches.',
        zh: '捕获一步的计算图，一次启动全部内核；只在一步短于其启动时间时有用。',
      },
    },
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
