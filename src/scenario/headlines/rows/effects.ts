/** H13 and H14: FlashAttention and speculative decoding, effects of one part of a step. */

import { createBatchShape } from '../../../sim/gpu/cost.ts';
import { attentionFlopsPerPair, causalPairs } from '../../../sim/gpu/model.ts';
import { commonKnob } from '../../common-knobs.ts';
import type { Knobs } from '../../knobs.ts';
import type { HeadlineRow, Side } from '../entry.ts';
import { linkOf, metric, ratio, type SideMeasure, timesLower } from '../measure.ts';
import { durationS } from '../metrics.ts';
import { builtOf } from '../probe.ts';
import { published } from '../scenarios.ts';

const prompts = 8;

/** A number of the attention operator in the step that computes all the prompts. */
const ofAttention =
  (of: (us: number, tokens: number, built: ReturnType<typeof builtOf>) => number): SideMeasure =>
  (probe, knobs: Knobs) => {
    const built = builtOf(knobs);
    const { cost } = built;
    const tokens = Number(commonKnob(knobs, 'prompt-tokens'));
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
      value: of(
        parts.reduce((us, part) => us + part.us, 0),
        tokens,
        built,
      ),
      link: linkOf(knobs, simulated),
      fingerprint: simulated.account.fingerprint,
    };
  };

const attentionMs = ofAttention((us) => us / 1e3);

/** Arithmetic of the causal half over what the datasheet's rate allows in the time, in percent. */
const attentionPeakPercent = ofAttention((us, tokens, { model, device }) => {
  const flops = prompts * causalPairs(tokens, 0) * attentionFlopsPerPair(model);
  return (100 * flops) / (device.peakFlops * us * 1e-6);
});

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
    remark: {
      en: 'Published for the first FlashAttention. Ours is the second, about twice as fast (H13-peak), so half of this factor is comparable. Longer prompts gain no more: both sides grow with the square.',
      zh: '发表的是第一代 FlashAttention；我们的是第二代，约快一倍（见 H13-peak），因此可比的是这一倍数的一半。更长的提示不再增加收益：双方都按平方增长。',
    },
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

const longest = attentionRow(4096);

export const effectRows: readonly HeadlineRow[] = [
  attentionRow(512),
  attentionRow(1024),
  longest,
  {
    ...longest,
    id: 'H13-peak',
    claim: {
      en: 'Share of the A100’s peak that FlashAttention-2 reaches on prompts of 4096 tokens',
      zh: '4096 个 token 的提示上 FlashAttention-2 达到 A100 峰值的比例',
    },
    published: { low: 50, high: 73, mark: 'M', source: 'arXiv 2307.08691' },
    unit: '%',
    sideUnit: '%',
    sides: longest.sides.slice(0, 1),
    measure: ratio(attentionPeakPercent),
    remark: {
      en: 'The profile is fitted to vLLM’s tables of this kernel; the causal half of the arithmetic is counted, as in the paper.',
      zh: '设备档案按 vLLM 对该内核的表拟合；与论文一样只计因果部分的运算。',
    },
  },
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
    remark: {
      en: 'Expected tokens a step (3.3 with five drafts at 0.75) over what a step with its five drafts costs more. At larger batches the gain shrinks and turns.',
      zh: '每步期望得到的 token（接受率 0.75、五个草稿时为 3.3 个），除以带五个草稿的一步多出的开销。批更大时收益缩小并反转。',
    },
  },
];
