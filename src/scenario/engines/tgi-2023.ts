import { Bound } from '../../sim/decision.ts';
import type { Tgi2023Settings } from '../../sim/policy/tgi-2023.ts';
import type { EngineKnob } from '../knob-entry.ts';
import type { EngineEntry } from './entry.ts';
import { ownKnobReader } from './own-knobs.ts';

const own = { group: 'engine', readBy: 'engines', change: 'start', since: 1 } as const;
const whole = { type: 'integer', step: 1, scale: 'log', zero: false } as const;

const knobs: readonly EngineKnob[] = [
  {
    ...own,
    ...whole,
    name: 'tgi-2023-max-batch-prefill-tokens',
    flag: '--max-batch-prefill-tokens',
    unit: 'tokens',
    binds: Bound.tokenBudget,
    default: 4096,
    min: 16,
    max: 131_072,
  },
  {
    ...own,
    ...whole,
    name: 'max-batch-total-tokens',
    flag: '--max-batch-total-tokens',
    group: 'memory',
    unit: 'tokens',
    binds: Bound.blocks,
    default: 16_000,
    min: 64,
    max: 10_000_000,
  },
  {
    ...own,
    name: 'tgi-2023-waiting-served-ratio',
    flag: '--waiting-served-ratio',
    type: 'number',
    unit: 'none',
    default: 1.2,
    min: 0.01,
    max: 100,
    step: 0.01,
    scale: 'log',
    zero: true,
  },
  {
    ...own,
    ...whole,
    name: 'tgi-2023-max-waiting-tokens',
    flag: '--max-waiting-tokens',
    unit: 'none',
    default: 20,
    min: 1,
    max: 100_000,
  },
  {
    ...own,
    ...whole,
    name: 'tgi-2023-max-concurrent-requests',
    flag: '--max-concurrent-requests',
    unit: 'requests',
    default: 128,
    min: 1,
    max: 100_000,
  },
  {
    ...own,
    ...whole,
    name: 'tgi-2023-max-total-tokens',
    flag: '--max-total-tokens',
    group: 'memory',
    unit: 'tokens',
    default: 2048,
    min: 16,
    max: 131_072,
  },
];

/** Text Generation Inference before paged attention. */
export const tgi2023: EngineEntry = {
  id: 'tgi-2023',
  name: { en: 'TGI of mid-2023', zh: '2023 年中的 TGI' },
  sentence: {
    en: 'Requests join and leave a batch that is one tensor of rows padded to the longest; decodes stand still while new prompts are computed.',
    zh: '批是一个按最长行填充的张量，请求可随时加入和离开；计算新提示时解码停住。',
  },
  about: () => import('./about/tgi-2023.ts').then((m) => m.about),
  memories: [],
  reads: [],
  phases: ['multimodal'],
  lengthKnob: 'tgi-2023-max-total-tokens',
  knobs,
  words: () => import('./words/tgi-2023.ts').then((m) => m.words),
  limits(given, device) {
    const read = ownKnobReader(knobs, given);
    return {
      tokenBudget: read.number('tgi-2023-max-batch-prefill-tokens'),
      seats: read.number('tgi-2023-max-concurrent-requests'),
      wholePrompts: false,
      blockSize: 1,
      // It asks for no share: what the weights and a prefill leave is there for the tensors.
      kvShare: { of: 'total', share: 1 },
      shareKnob: 'device',
      blocks: { count: 0, knob: 'kv-tokens' },
      maxModelLen: Math.min(read.number('tgi-2023-max-total-tokens'), device.maxPosition),
    };
  },
  configure(given) {
    const read = ownKnobReader(knobs, given);
    const settings: Tgi2023Settings = {
      waitingServedRatio: read.number('tgi-2023-waiting-served-ratio'),
      maxWaitingTokens: read.number('tgi-2023-max-waiting-tokens'),
      maxBatchSize: 0,
      maxConcurrentRequests: read.number('tgi-2023-max-concurrent-requests'),
      maxBatchTotalTokens: read.number('max-batch-total-tokens'),
    };
    return { policy: 'tgi-2023', settings };
  },
};
