import type { LlamaCppSettings } from '../../sim/policy/llama-cpp.ts';
import type { Knobs } from '../knobs.ts';
import type { EngineEntry } from './entry.ts';
import { isAuto, llamaCppKnobs } from './llama-cpp-knobs.ts';
import { ownKnobReader } from './own-knobs.ts';

/** Slots that the server makes by itself. */
const AUTO_SLOTS = 4;
/** Device memory that fitting leaves free (`--fit-target`). */
const FIT_TARGET_BYTES = 2 ** 30;

const reader = (knobs: Knobs) => ownKnobReader(llamaCppKnobs, knobs);
const slotsOf = (knobs: Knobs) => (isAuto(knobs) ? AUTO_SLOTS : reader(knobs).number('parallel'));
const isUnified = (knobs: Knobs) => isAuto(knobs) || reader(knobs).isOn('kv-unified');

/** llama.cpp's server. */
export const llamaCpp: EngineEntry = {
  id: 'llama-cpp',
  name: { en: 'llama.cpp server', zh: 'llama.cpp 服务器' },
  sentence: {
    en: 'A few slots, each with one sequence: they keep their tokens when a request has ended, and a new one goes where most of its beginning is.',
    zh: '少量槽位，每个一个序列：请求结束后内容仍保留，新请求去往含有其最长开头的槽位。',
  },
  about: () => import('./about/llama-cpp.ts').then((m) => m.about),
  memories: [],
  // --draft-max.
  defaults: { 'num-speculative-tokens': 16 },
  phases: ['speculation', 'multimodal'],
  flags: { 'num-speculative-tokens': '--draft-max', 'draft-model': '--model-draft' },
  reads: [],
  knobs: llamaCppKnobs,
  words: () => import('./words/llama-cpp.ts').then((m) => m.words),
  limits(knobs, device) {
    const read = reader(knobs);
    const cells = read.number('ctx-size');
    const slotCells = isUnified(knobs) ? cells : Math.floor(cells / slotsOf(knobs));
    return {
      tokenBudget: read.number('llama-batch-size'),
      seats: slotsOf(knobs),
      wholePrompts: false,
      blockSize: 1,
      kvShare: { of: 'free', share: 1, spareBytes: FIT_TARGET_BYTES },
      shareKnob: 'ctx-size',
      // One more, which is never handed out.
      blocks: { count: cells > 0 ? cells + 1 : 0, knob: 'ctx-size' },
      mostKvTokens: device.maxPosition,
      maxModelLen: Math.min(slotCells, device.maxPosition),
      host: { gib: read.number('cache-ram') / 1024, knob: 'cache-ram', isUntimedAllowed: true },
    };
  },
  cost: (knobs) => ({ launchesPerLayer: 0, weightBandwidth: 1, microBatchTokens: reader(knobs).number('ubatch-size') }),
  configure(knobs, limits) {
    const read = reader(knobs);
    const slots = slotsOf(knobs);
    const reachable = isUnified(knobs) ? limits.numBlocks - 1 : Math.floor((limits.numBlocks - 1) / slots);
    const slotContext = Math.min(limits.maxModelLen, reachable);
    const settings: LlamaCppSettings = {
      isUnified: isUnified(knobs),
      slotContext,
      isContinuous: read.isOn('cont-batching'),
      cachesPrompts: read.isOn('cache-prompt'),
      cacheReuse: read.number('cache-reuse'),
      slotPromptSimilarity: read.number('slot-prompt-similarity'),
      shiftsContext: read.isOn('context-shift'),
      keep: read.number('keep'),
      draftMin: read.number('draft-min'),
    };
    const batch = read.number('llama-batch-size');
    return {
      policy: 'llama-cpp',
      settings,
      maxNumSeqs: slots,
      maxNumBatchedTokens: batch,
      maxNumScheduledTokens: batch,
      maxModelLen: slotContext,
    };
  },
};
