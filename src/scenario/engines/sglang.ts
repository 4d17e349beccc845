import { type SglangSettings, sglangDefaults } from '../../sim/policy/sglang/settings.ts';
import { commonKnob } from '../common-knobs.ts';
import { modelNamed } from '../hardware.ts';
import type { Knobs } from '../knobs.ts';
import { draftMethodOf } from '../phases/speculation.ts';
import type { EngineEntry } from './entry.ts';
import { ownKnobReader } from './own-knobs.ts';
import { hasPriorities, hasTree, isCaching, isChunking, sglangKnobs } from './sglang-knobs.ts';
import {
  drafterReserveMib,
  gpuDefaults,
  maxRunningRequests,
  memFractionStatic,
  SPECULATIVE_RUNNING_REQUESTS,
} from './sglang-server-args.ts';

const reader = (knobs: Knobs) => ownKnobReader(sglangKnobs, knobs);
const hasOwnOrder = (knobs: Knobs) => commonKnob(knobs, 'queue-order') === 'own';
const speculates = (knobs: Knobs) => draftMethodOf(knobs) !== 'off';
const ranksOf = (knobs: Knobs) => Number(commonKnob(knobs, 'tensor-parallel-size'));

/** Sizes as asked for, or as they follow from the memory of one GPU. */
function sizes(knobs: Knobs, memoryBytes: number | undefined) {
  const read = reader(knobs);
  const usual = gpuDefaults(memoryBytes, ranksOf(knobs));
  const chunk = read.number('chunked-prefill-size') || usual.chunkedPrefillSize;
  const graph = read.number('cuda-graph-max-bs') || usual.cudaGraphMaxBs;
  return { chunkedPrefillSize: isChunking(knobs) ? chunk : -1, cudaGraphMaxBs: graph };
}

/** Priority of an urgent request: far enough from the others' 0 to preempt them at the default threshold of 10. */
const URGENT = 20;

/** SGLang. */
export const sglang: EngineEntry = {
  id: 'sglang',
  name: { en: 'SGLang (RadixAttention)', zh: 'SGLang（RadixAttention）' },
  sentence: {
    en: 'Computes prompts as soon as any fits, while decodes wait; keeps everything computed in a radix tree, token by token, and admits more than surely fits.',
    zh: '只要有提示放得下就先计算它，解码等待；所有计算结果按 token 存入基数树，并接纳多于确定放得下的请求。',
  },
  about: () => import('./about/sglang.ts').then((m) => m.about),
  memories: [],
  reads: [],
  lengthKnob: 'context-length',
  // Large values are the important ones unless it is told otherwise; the common order by priority knows only small ones.
  urgentPriority: (knobs) =>
    hasPriorities(knobs) && !reader(knobs).isOn('schedule-low-priority-values-first') && hasOwnOrder(knobs)
      ? URGENT
      : -URGENT,
  phases: ['speculation', 'multimodal'],
  flags: {
    'speculative-method': '--speculative-algorithm',
    'num-speculative-tokens': '--speculative-num-steps',
    'draft-model': '--speculative-draft-model-path',
  },
  draftBranches: (knobs) => (hasTree(knobs) ? reader(knobs).number('speculative-eagle-topk') : 1),
  knobs: sglangKnobs,
  words: () => import('./words/sglang.ts').then((m) => m.words),
  limits(knobs, device) {
    const read = reader(knobs);
    const { chunkedPrefillSize, cudaGraphMaxBs } = sizes(knobs, device.memoryBytes);
    const isComputed = read.number('mem-fraction-static') === 0;
    const drafterMib = isComputed ? drafterReserveMib(draftMethodOf(knobs)) : 0;
    const share = isComputed
      ? memFractionStatic(device.memoryBytes, { chunkedPrefillSize, cudaGraphMaxBs }, ranksOf(knobs), drafterMib)
      : read.number('mem-fraction-static');
    return {
      tokenBudget: chunkedPrefillSize > 0 ? chunkedPrefillSize : read.number('max-prefill-tokens'),
      seats: read.number('max-running-requests') || (speculates(knobs) ? SPECULATIVE_RUNNING_REQUESTS : 4096),
      wholePrompts: false,
      blockSize: read.number('page-size'),
      kvShare: { of: 'total', share, besideActivations: true, besideShareBytes: drafterMib * 2 ** 20 },
      shareKnob: 'mem-fraction-static',
      blocks: { count: 0, knob: 'kv-tokens' },
      maxModelLen: read.number('context-length'),
    };
  },
  configure(knobs, limits, device) {
    const read = reader(knobs);
    const { cudaGraphMaxBs } = sizes(knobs, device.memoryBytes);
    const { blockSize } = limits;
    const chunk = read.number('chunked-prefill-size') || limits.tokenBudget;
    // Slot 0 is no part of the pool: nothing of it is set aside for a null block, unless the pool was asked for in tokens.
    const numBlocks = limits.numBlocks + (knobs['kv-tokens'] > 0 ? 0 : 1);
    // Version 1 of its speculation; version 2 is behind an environment variable.
    const overlaps = !read.isOn('disable-overlap-schedule') && !speculates(knobs);
    const slots = (numBlocks - 1) * blockSize;
    const settings: SglangSettings = {
      ...sglangDefaults,
      schedulePolicy: read.choice('schedule-policy') as SglangSettings['schedulePolicy'],
      scheduleConservativeness: read.number('schedule-conservativeness'),
      chunkedPrefillSize: isChunking(knobs) ? wholePages(chunk, blockSize) : -1,
      maxPrefillTokens: read.number('max-prefill-tokens'),
      prefillMaxRequests: read.number('prefill-max-requests'),
      enableMixedChunk: read.isOn('enable-mixed-chunk'),
      radixEvictionPolicy: read.choice('radix-eviction-policy') as SglangSettings['radixEvictionPolicy'],
      enablePriorityScheduling: hasPriorities(knobs),
      scheduleLowPriorityValuesFirst: read.isOn('schedule-low-priority-values-first'),
      prioritySchedulingPreemptionThreshold: read.number('priority-scheduling-preemption-threshold'),
      ignoreEos: read.isOn('ignore-eos'),
      cudaGraphMaxBs: read.isOn('disable-cuda-graph') ? 0 : cudaGraphMaxBs,
      speculativeEagleTopk: read.number('speculative-eagle-topk'),
      speculativeNumDraftTokens: read.number('speculative-num-draft-tokens'),
      seed: knobs.seed,
    };
    return {
      policy: 'sglang',
      settings,
      numBlocks,
      maxNumSeqs:
        read.number('max-running-requests') ||
        (speculates(knobs) ? SPECULATIVE_RUNNING_REQUESTS : maxRunningRequests(slots, contextLength(knobs))),
      enablePrefixCaching: isCaching(knobs),
      asyncScheduling: overlaps,
      batchesInFlight: overlaps ? 2 : 1,
    };
  },
};

/** Longest sequence as declared, whether the pool holds it or not. */
function contextLength(knobs: Knobs): number {
  const model = modelNamed(knobs.model);
  return reader(knobs).number('context-length') || (model?.maxPosition ?? 1);
}

function wholePages(tokens: number, pageSize: number): number {
  return Math.max(1, Math.floor(tokens / pageSize)) * pageSize;
}
