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
  version: 'master of 2026-05-01',
  source: 'llama.cpp: tools/server (server-context.cpp, server-queue.cpp, server-task.cpp), common/arg.cpp',
  notModelled: [
    {
      en: 'Its own kernels and GGUF files: a step costs what the device’s profile says for the model’s precision; layers on the CPU (-ngl) are not offered.',
      zh: '它自己的内核与 GGUF 文件：步时按设备档案和模型精度计算；不支持把部分层放在 CPU 上（-ngl）。',
    },
    {
      en: 'Micro-batches of equal length a sequence, which it makes when the KV cache is not unified; shifting keys takes no time.',
      zh: '非统一缓存时按序列等长切分的微批；键的移位不计时间。',
    },
    {
      en: 'Saving and clearing idle slots before their cells are wanted (--cache-idle-slots), sliding windows, recurrent models and their checkpoints.',
      zh: '提前保存并清空空闲槽位（--cache-idle-slots）、滑动窗口、循环模型及其检查点。',
    },
    {
      en: 'The drafter’s own judgement (--draft-p-min): it always offers as many drafts as it may.',
      zh: '草稿模型自身的概率门槛（--draft-p-min）：总是给出允许的最多草稿。',
    },
    {
      en: 'Images, embeddings, several answers to one prompt, and requests that name their slot.',
      zh: '图像、嵌入、同一提示的多个回答，以及指定槽位的请求。',
    },
    {
      en: 'A context is not rounded up to 256 tokens, and a token that begins every text (BOS) is not kept by itself.',
      zh: '上下文不取整到 256 的倍数；起始符（BOS）不会单独保留。',
    },
  ],
  memories: [],
  phases: ['speculation'],
  reads: [],
  knobs: llamaCppKnobs,
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
      lengthKnob: 'ctx-size',
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
