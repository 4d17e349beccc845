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
  },
  {
    ...own,
    name: 'prefill-chunking',
    flag: 'PREFILL_CHUNKING',
    type: 'switch',
    unit: 'none',
    default: true,
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
  },
  {
    ...own,
    name: 'prefix-caching',
    flag: 'PREFIX_CACHING',
    type: 'switch',
    group: 'memory',
    unit: 'none',
    default: true,
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
  words: () => import('./words/tgi.ts').then((m) => m.words),
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
