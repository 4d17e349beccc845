import { Bound } from '../../sim/decision.ts';
import type { ModelSpec } from '../../sim/gpu/model.ts';
import type { SpeculationConfig } from '../../sim/phase/speculation.ts';
import type { TgiSettings } from '../../sim/policy/tgi.ts';
import { commonKnob } from '../common-knobs.ts';
import { modelNamed } from '../hardware.ts';
import type { EngineKnob } from '../knob-entry.ts';
import type { Knobs } from '../knobs.ts';
import type { EngineEntry, LimitsDevice } from './entry.ts';
import { ownKnobReader } from './own-knobs.ts';
import { attentionBlockSizes, defaultPrefillTokens, resolveAttention } from './tgi-launcher.ts';

/** Share of the memory that the server uses of what it may, for good measure (`TGI_WIGGLE_ROOM`). */
const WIGGLE_ROOM = 0.9;

const own = { group: 'engine', readBy: 'engines', change: 'start', since: 1 } as const;
const whole = { type: 'integer', step: 1, scale: 'log' } as const;

const knobs: readonly EngineKnob[] = [
  {
    ...own,
    ...whole,
    name: 'max-batch-prefill-tokens',
    flag: '--max-batch-prefill-tokens',
    unit: 'tokens',
    binds: Bound.tokenBudget,
    default: 0,
    min: 16,
    max: 262_144,
    zero: true,
    text: {
      label: { en: 'Prefill tokens', zh: '预填充 token 上限' },
      zero: { en: 'from the card', zh: '由显卡推算' },
    },
  },
  {
    ...own,
    name: 'prefill-chunking',
    flag: 'PREFILL_CHUNKING',
    type: 'switch',
    unit: 'none',
    default: true,
    text: {
      label: { en: 'Chunked prompts', zh: '提示分块' },
    },
  },
  {
    ...own,
    name: 'waiting-served-ratio',
    flag: '--waiting-served-ratio',
    type: 'number',
    unit: 'none',
    isUsed: (given) => !isChunking(given),
    default: 0.3,
    min: 0.01,
    max: 100,
    step: 0.01,
    scale: 'log',
    zero: true,
    text: {
      label: { en: 'Waiting to served', zh: '等待与运行之比' },
      zero: { en: 'anybody interrupts', zh: '任何等待者都可打断' },
    },
  },
  {
    ...own,
    ...whole,
    name: 'max-waiting-tokens',
    flag: '--max-waiting-tokens',
    unit: 'none',
    isUsed: (given) => !isChunking(given),
    default: 20,
    min: 1,
    max: 100_000,
    zero: false,
    text: {
      label: { en: 'Decodes before anybody', zh: '强制接纳前的解码步' },
    },
  },
  {
    ...own,
    ...whole,
    name: 'tgi-max-batch-size',
    flag: '--max-batch-size',
    unit: 'requests',
    binds: Bound.seats,
    default: 0,
    min: 1,
    max: 10_000,
    zero: true,
    text: {
      label: { en: 'Batch size', zh: '批大小上限' },
      zero: { en: 'no limit', zh: '不限' },
    },
  },
  {
    ...own,
    ...whole,
    name: 'max-concurrent-requests',
    flag: '--max-concurrent-requests',
    unit: 'requests',
    default: 128,
    min: 1,
    max: 100_000,
    zero: false,
    text: {
      label: { en: 'Concurrent requests', zh: '并发请求上限' },
    },
  },
  {
    ...own,
    ...whole,
    name: 'max-total-tokens',
    flag: '--max-total-tokens',
    group: 'memory',
    unit: 'tokens',
    default: 0,
    min: 16,
    max: 1_048_576,
    zero: true,
    text: {
      label: { en: 'Longest request', zh: '最长请求' },
      zero: { en: 'from memory', zh: '由显存推算' },
    },
  },
  {
    ...own,
    ...whole,
    name: 'max-input-tokens',
    flag: '--max-input-tokens',
    unit: 'tokens',
    default: 0,
    min: 16,
    max: 1_048_576,
    zero: true,
    text: {
      label: { en: 'Longest prompt', zh: '最长提示' },
      help: { en: 'Most tokens of a prompt; longer ones are refused.', zh: '一个提示的 token 上限；更长的会被拒绝。' },
      zero: { en: 'up to the longest request', zh: '以最长请求为限' },
    },
  },
  {
    ...own,
    name: 'cuda-memory-fraction',
    flag: '--cuda-memory-fraction',
    type: 'number',
    group: 'memory',
    unit: 'share',
    binds: Bound.blocks,
    default: 1,
    min: 0.01,
    max: 1,
    step: 0.01,
    scale: 'linear',
    zero: false,
    text: {
      label: { en: 'Memory fraction', zh: '显存占比' },
    },
  },
  {
    ...own,
    name: 'prefix-caching',
    flag: 'PREFIX_CACHING',
    type: 'switch',
    group: 'memory',
    unit: 'none',
    default: true,
    text: {
      label: { en: 'Prefix caching', zh: '前缀缓存' },
    },
  },
  {
    ...own,
    name: 'attention',
    flag: 'ATTENTION',
    type: 'choice',
    group: 'memory',
    unit: 'none',
    default: 'auto',
    choices: ['auto', ...Object.keys(attentionBlockSizes)],
    text: {
      label: { en: 'Attention kernel', zh: '注意力内核' },
      choices: {
        auto: { en: 'By card and model', zh: '按显卡和模型' },
        flashinfer: { en: 'flashinfer', zh: 'flashinfer' },
        flashdecoding: { en: 'flashdecoding', zh: 'flashdecoding' },
        paged: { en: 'paged', zh: 'paged' },
      },
    },
  },
  {
    ...own,
    name: 'speculate',
    flag: '--speculate',
    type: 'integer',
    unit: 'tokens',
    default: 0,
    min: 1,
    max: 16,
    step: 1,
    scale: 'linear',
    zero: true,
    text: {
      label: { en: 'Drafts a step', zh: '每步草稿数' },
      zero: { en: 'off', zh: '关' },
    },
  },
  {
    ...own,
    name: 'speculate-acceptance',
    type: 'number',
    unit: 'share',
    isUsed: (given) => Number(given.speculate ?? 0) > 0,
    default: 0.7,
    min: 0,
    max: 1,
    step: 0.01,
    scale: 'linear',
    zero: true,
    text: {
      label: { en: 'Right drafts', zh: '草稿命中率' },
      zero: { en: 'none is right', zh: '全不命中' },
    },
  },
];

const reader = (given: Knobs) => ownKnobReader(knobs, given);

/** Whether prompts are computed in pieces. Speculation switches that off. */
function isChunking(given: Knobs): boolean {
  return given['prefill-chunking'] !== false && Number(given.speculate ?? 0) === 0;
}

function modelOf({ model }: Knobs): ModelSpec | undefined {
  return modelNamed(model);
}

/** Prompt tokens of a forward. */
function prefillTokens(given: Knobs, { memoryBytes }: LimitsDevice): number {
  const read = reader(given);
  const asked = read.number('max-batch-prefill-tokens');
  const model = modelOf(given);
  if (asked > 0 || model === undefined) return Math.max(1, asked);
  const ranks = Number(commonKnob(given, 'tensor-parallel-size'));
  return defaultPrefillTokens(model, given.device, ranks, memoryBytes * read.number('cuda-memory-fraction'));
}

/** Text Generation Inference, v3. */
export const tgi: EngineEntry = {
  id: 'tgi',
  name: { en: 'TGI v3', zh: 'TGI v3' },
  sentence: {
    en: 'Reserves places for the whole answer when it admits a request, so nobody is ever preempted; prompts are found again once their request has ended.',
    zh: '接纳请求时就为整个回答预留位置，因此从不抢占；请求结束后，其提示可被后来者复用。',
  },
  about: () => import('./about/tgi.ts').then((m) => m.about),
  memories: [],
  reads: [],
  phases: ['multimodal'],
  lengthKnob: 'max-total-tokens',
  knobs,
  help: () => import('./help/tgi.ts').then((m) => m.help),
  limits(given, device) {
    const read = reader(given);
    const { attention } = resolveAttention(modelOf(given), given.device, read.choice('attention'));
    return {
      tokenBudget: prefillTokens(given, device),
      seats: read.number('max-concurrent-requests'),
      wholePrompts: false,
      blockSize: attentionBlockSizes[attention],
      kvShare: { of: 'total', share: WIGGLE_ROOM * read.number('cuda-memory-fraction') },
      shareKnob: 'cuda-memory-fraction',
      blocks: { count: 0, knob: 'kv-tokens' },
      maxModelLen: Math.min(read.number('max-total-tokens'), device.maxPosition),
    };
  },
  configure(given) {
    const read = reader(given);
    const { caches } = resolveAttention(modelOf(given), given.device, read.choice('attention'));
    const drafts = read.number('speculate');
    const speculation: SpeculationConfig = {
      method: 'ngram',
      tokens: drafts,
      parallelDrafting: false,
      acceptanceRate: read.number('speculate-acceptance'),
      seed: given.seed,
    };
    const settings: TgiSettings = {
      prefillChunking: read.isOn('prefill-chunking'),
      maxInputTokens: read.number('max-input-tokens'),
      waitingServedRatio: read.number('waiting-served-ratio'),
      maxWaitingTokens: read.number('max-waiting-tokens'),
      maxBatchSize: read.number('tgi-max-batch-size'),
      maxConcurrentRequests: read.number('max-concurrent-requests'),
    };
    return {
      policy: 'tgi',
      settings,
      enablePrefixCaching: caches && read.isOn('prefix-caching'),
      ...(drafts > 0 ? { speculation } : {}),
    };
  },
};
