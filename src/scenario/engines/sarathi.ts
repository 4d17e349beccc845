import { Bound } from '../../sim/decision.ts';
import { pipelineStages } from '../phases/layout.ts';
import { prefixCacheOf } from '../phases/prefix-cache.ts';
import { anyMemory, cachedLimits, poolKnobs } from './common.ts';
import type { EngineEntry } from './entry.ts';

/** Sarathi-Serve. */
export const sarathi: EngineEntry = {
  id: 'sarathi',
  name: { en: 'Sarathi-Serve (stall-free)', zh: 'Sarathi-Serve（无停顿）' },
  sentence: {
    en: 'A step is all decodes, then chunks of prompts as far as the chunk size goes: decodes never wait for a prompt.',
    zh: '一步先做全部解码，再在块大小之内做提示的分块：解码从不等待提示。',
  },
  about: () => import('./about/sarathi.ts').then((m) => m.about),
  memories: anyMemory,
  live: ['maxNumBatchedTokens', 'maxNumScheduledTokens', 'maxNumSeqs'],
  reads: [...poolKnobs, 'max-num-seqs', 'watermark'],
  defaults: { 'max-num-seqs': 128, watermark: 0.01, 'gpu-memory-utilization': 0.8 },
  phases: ['speculation', 'multimodal', 'prefix-cache', 'pipeline'],
  knobs: [
    {
      name: 'chunk-size',
      flag: '--sarathi_scheduler_config_chunk_size',
      type: 'integer',
      group: 'engine',
      readBy: 'engines',
      unit: 'tokens',
      binds: Bound.tokenBudget,
      change: 'start',
      since: 1,
      default: 512,
      min: 16,
      max: 131_072,
      step: 1,
      scale: 'log',
      zero: false,
      text: {
        label: { en: 'Chunk size', zh: '块大小' },
        help: {
          en: 'Most tokens of a step: the decodes and the chunks of prompts beside them.',
          zh: '一步的 token 上限：解码与同一步中提示的分块合计。',
        },
      },
    },
  ],
  limits: (knobs) => ({ ...cachedLimits(knobs), tokenBudget: Number(knobs['chunk-size'] ?? 512) }),
  configure: (knobs) => ({
    policy: 'sarathi',
    batchesInFlight: pipelineStages(knobs),
    enablePrefixCaching: prefixCacheOf(knobs, false).isOn,
    watermark: knobs.watermark,
  }),
};
