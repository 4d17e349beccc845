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
        en: 'Captures a step, so that its kernels are launched at once.',
        zh: '捕获一步的计算图，一次启动全部内核。',
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
  version: 'init_inference, arXiv 2207.00032 (2022); read at DeepSpeed edaa722',
  source: 'DeepSpeed: deepspeed/inference/engine.py, config.py; arXiv 2207.00032',
  notModelled: [
    {
      en: 'Its launches and bandwidths are assumptions (middles of commonly given ranges: 4 to 6 or 15 to 20 launches of 4 µs a layer, 0.75 to 0.85 or 0.5 to 0.6 of the bandwidth), not measurements.',
      zh: '启动次数与带宽是假设（取常见范围的中值：每层 4–6 或 15–20 次、每次 4 微秒；带宽的 0.75–0.85 或 0.5–0.6），并非测量值。',
    },
    {
      en: 'ZeRO-Inference: weights in host memory or on a drive, streamed layer by layer.',
      zh: 'ZeRO-Inference：权重放在主机内存或硬盘中，逐层读取。',
    },
    {
      en: 'A sequence that outgrows its row fails when it does so; here it is refused when it comes.',
      zh: '超出本行工作区的序列在超出时才失败；此处在到达时即拒绝。',
    },
    {
      en: `Activations are set aside for ${PROMPT_TOKENS.toLocaleString('en')} tokens of prompts, whatever the batch.`,
      zh: `激活值显存按 ${PROMPT_TOKENS.toLocaleString('en')} 个提示 token 预留，与批大小无关。`,
    },
    { en: 'INT8 by mixture of quantisation, and min_out_tokens.', zh: '混合量化的 INT8，以及 min_out_tokens。' },
  ],
  memories: [],
  reads: ['batch-size', 'batch-timeout-ms'],
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
      lengthKnob: 'max-out-tokens',
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
