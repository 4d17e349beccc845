/** H13 and H14: FlashAttention and speculative decoding, effects of one part of a step. */

import { createBatchShape } from '../../../sim/gpu/cost.ts';
import type { Knobs } from '../../knobs.ts';
import type { HeadlineRow, Side } from '../entry.ts';
import { linkOf, metric, type SideMeasure, timesLower } from '../measure.ts';
import { durationS } from '../metrics.ts';
import { builtOf } from '../probe.ts';
import { published } from '../scenarios.ts';

const prompts = 8;

/** Time of the attention operator in the step that computes all the prompts, milliseconds. */
const attentionMs: SideMeasure = (probe, knobs: Knobs) => {
  const { cost } = builtOf(knobs);
  const tokens = Number(knobs['prompt-tokens']);
  const shape = createBatchShape(prompts);
  for (let i = 0; i < prompts; i++) {
    shape.chunkNew[i] = tokens;
    shape.chunkCached[i] = 0;
  }
  shape.chunkCount = prompts;
  shape.tokens = prompts * tokens;
  shape.samples = prompts;
  const parts = cost.explain(shape).filter(({ operator }) => operator.startsWith('attention'));
  const simulated = probe.run(knobs);
  return {
    value: parts.reduce((us, part) => us + part.us, 0) / 1e3,
    link: linkOf(knobs, simulated),
    fingerprint: simulated.account.fingerprint,
  };
};

function attentionRow(tokens: number): HeadlineRow {
  const side = (isFlash: boolean): Side => ({
    name: isFlash ? { en: 'FlashAttention', zh: 'FlashAttention' } : { en: 'Scores in memory', zh: '得分写入显存' },
    knobs: published('vllm', {
      workload: 'lengths',
      lengths: 'fixed',
      'prompt-tokens': tokens,
      'output-tokens': 1,
      rate: 0,
      requests: prompts,
      model: 'llama-2-7b',
      device: 'a100-80',
      'max-num-batched-tokens': prompts * tokens,
      'max-model-len': 4096,
      'max-num-seqs': prompts,
      'gpu-memory-utilization': 0.95,
      'flash-attention': isFlash,
    }),
  });
  return {
    id: `H13-${tokens}`,
    claim: {
      en: `Attention of prompts of ${tokens} tokens, how many times faster with FlashAttention`,
      zh: `${tokens} 个 token 的提示的注意力，FlashAttention 快多少倍`,
    },
    published: { low: 2, high: 4, mark: 'V', source: 'FlashAttention, secondary text (arXiv 2205.14135)' },
    unit: 'x',
    sideUnit: 'ms',
    sides: [side(true), side(false)],
    measure: timesLower(attentionMs),
    assumptions: {
      en: 'The attention operator alone, all 32 layers of Llama-2-7B (32 heads of 128) on one A100 80 GB, eight prompts in one step, causal. The fused kernel is fitted to tables of vLLM (FlashAttention-2); the other one is two products and four passes over the scores in half precision.',
      zh: '仅注意力算子，一块 A100 80 GB 上 Llama-2-7B 的全部 32 层（32 个头，每头 128），一步八个提示，因果掩码。融合内核按 vLLM 的表拟合（FlashAttention-2）；另一种是两次乘法加上对得分的四遍半精度读写。',
    },
    remark: { en: '', zh: '' },
  };
}

const speculated = (method: string): Side => ({
  name:
    method === 'off'
      ? { en: 'One token a step', zh: '每步一个 token' }
      : { en: 'Five drafts a step', zh: '每步五个草稿' },
  knobs: published('vllm', {
    workload: 'lengths',
    lengths: 'fixed',
    'prompt-tokens': 128,
    'output-tokens': 256,
    clients: 1,
    requests: 32,
    model: 'llama-3.1-70b',
    device: 'a100-80',
    'tensor-parallel-size': 4,
    'max-model-len': 4096,
    'speculative-method': method,
    ...(method === 'off'
      ? {}
      : { 'num-speculative-tokens': 5, 'acceptance-rate': 0.75, 'draft-model': 'llama-3.2-1b' }),
  }),
});

export const effectRows: readonly HeadlineRow[] = [
  attentionRow(512),
  attentionRow(1024),
  attentionRow(4096),
  {
    id: 'H14',
    claim: {
      en: 'Wall time at batch 1, how many times lower with speculative decoding',
      zh: '批 1 的总时间，推测解码低多少倍',
    },
    published: { low: 2, high: 3, mark: 'M', source: 'ICML 2023 (Leviathan and others), arXiv 2302.01318' },
    unit: 'x',
    sideUnit: 's',
    sides: [speculated('draft_model'), speculated('off')],
    measure: timesLower(metric(durationS)),
    assumptions: {
      en: 'Published for T5-XXL and Chinchilla, whose sizes or hardware we do not have; here Llama-3.1-70B on four A100 80 GB with Llama-3.2-1B as its draft model, five drafts, each right with probability 0.75 (the paper’s figure for a small T5), one client, answers of 256 tokens. Seed 7.',
      zh: '原文用 T5-XXL 和 Chinchilla，我们没有其规格或硬件；这里是四块 A100 80 GB 上的 Llama-3.1-70B，以 Llama-3.2-1B 起草，五个草稿，各以 0.75 的概率正确（论文中小型 T5 的数值），一个客户端，回答 256 token。种子 7。',
    },
    remark: { en: '', zh: '' },
  },
];
