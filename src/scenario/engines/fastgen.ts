import { Bound } from '../../sim/decision.ts';
import type { FastGenSettings } from '../../sim/policy/fastgen.ts';
import { modelNamed } from '../hardware.ts';
import type { EngineKnob } from '../knob-entry.ts';
import type { Knobs } from '../knobs.ts';
import type { EngineEntry } from './entry.ts';
import { ownKnobReader } from './own-knobs.ts';

const own = { group: 'engine', readBy: 'engines', change: 'start', since: 1 } as const;
const ofMemory = { ...own, group: 'memory' } as const;
const whole = { type: 'integer', step: 1, scale: 'log', zero: false } as const;
const flagOf = (field: string) => `inference_engine_config.state_manager.${field}`;

const knobs: readonly EngineKnob[] = [
  {
    ...own,
    ...whole,
    name: 'max-ragged-batch-size',
    flag: flagOf('max_ragged_batch_size'),
    unit: 'tokens',
    binds: Bound.tokenBudget,
    default: 768,
    min: 16,
    max: 131_072,
  },
  {
    ...own,
    ...whole,
    name: 'max-ragged-sequence-count',
    flag: flagOf('max_ragged_sequence_count'),
    unit: 'sequences',
    binds: Bound.seats,
    default: 512,
    min: 1,
    max: 8192,
  },
  {
    ...own,
    ...whole,
    name: 'max-tracked-sequences',
    flag: flagOf('max_tracked_sequences'),
    unit: 'sequences',
    binds: Bound.seats,
    default: 2048,
    min: 1,
    max: 65_536,
  },
  {
    ...ofMemory,
    ...whole,
    name: 'max-context',
    flag: flagOf('max_context'),
    unit: 'tokens',
    default: 8192,
    min: 16,
    max: 131_072,
  },
  {
    ...ofMemory,
    ...whole,
    name: 'memory-config-reserve',
    flag: `${flagOf('memory_config.size')}, mode "reserve"`,
    unit: 'MB',
    zero: true,
    isUsed: (given: Knobs) => Number(given['memory-config-allocate'] ?? 0) === 0,
    default: 1000,
    min: 1,
    max: 100_000,
  },
  {
    ...ofMemory,
    ...whole,
    name: 'memory-config-allocate',
    flag: `${flagOf('memory_config.size')}, mode "allocate"`,
    unit: 'blocks',
    binds: Bound.blocks,
    zero: true,
    default: 0,
    min: 1,
    max: 1_000_000,
  },
];

/** DeepSpeed-FastGen. */
export const fastGen: EngineEntry = {
  id: 'fastgen',
  name: { en: 'DeepSpeed-FastGen (SplitFuse)', zh: 'DeepSpeed-FastGen（SplitFuse）' },
  sentence: {
    en: 'Every forward has as many tokens as fit the budget: one for each generation, then prompts, the last of them cut; a prompt is begun only with room for all of it.',
    zh: '每次前向都尽量填满预算：每个生成一个 token，其余给提示，最后一个被切分；只有整个提示放得下才开始计算。',
  },
  about: () => import('./about/fastgen.ts').then((m) => m.about),
  memories: ['paged'],
  lengthKnob: 'max-context',
  live: ['maxNumBatchedTokens', 'maxNumScheduledTokens'],
  reads: [],
  phases: ['speculation', 'multimodal'],
  knobs,
  words: () => import('./words/fastgen.ts').then((m) => m.words),
  limits(given, device) {
    const read = ownKnobReader(knobs, given);
    const blocks = read.number('memory-config-allocate');
    return {
      tokenBudget: read.number('max-ragged-batch-size'),
      seats: read.number('max-ragged-sequence-count'),
      wholePrompts: false,
      blockSize: blockSizeOf(given),
      kvShare: {
        of: 'free',
        share: 1,
        spareBytes: read.number('memory-config-reserve') * 1_000_000,
        besideActivations: true,
      },
      shareKnob: 'memory-config-reserve',
      // One more, which is never handed out.
      blocks: { count: blocks > 0 ? blocks + 1 : 0, knob: 'memory-config-allocate' },
      maxModelLen: Math.min(read.number('max-context'), device.maxPosition),
    };
  },
  configure(given) {
    const read = ownKnobReader(knobs, given);
    const settings: FastGenSettings = { maxRaggedSequenceCount: read.number('max-ragged-sequence-count') };
    return { policy: 'fastgen', settings, maxNumSeqs: read.number('max-tracked-sequences') };
  },
};

/** Tokens of a KV block: 128 for narrow heads, else 64 (deepspeed/inference/v2, `attention.kv_block_size`). */
function blockSizeOf(given: Knobs): number {
  const model = modelNamed(given.model);
  return model !== undefined && model.headDim <= 64 ? 128 : 64;
}
