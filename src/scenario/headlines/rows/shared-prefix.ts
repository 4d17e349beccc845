/** H1c: translation with examples in front of every sentence (vLLM paper, section 6.4). */

import type { HeadlineRow } from '../entry.ts';
import { capacity, ratio } from '../measure.ts';
import { launchUs, published } from '../scenarios.ts';

const onA100 = {
  workload: 'sessions',
  turns: 1,
  lengths: 'translation',
  model: 'llama-13b',
  device: 'a100-40',
  'max-model-len': 2048,
  'gpu-memory-utilization': 0.95,
  'launch-us-per-layer': launchUs.vllm2023,
} as const;

function row(
  id: string,
  shots: string,
  prefixTokens: number,
  factor: number,
  rate: number,
  remark: HeadlineRow['remark'],
): HeadlineRow {
  const values = { ...onA100, 'prefix-tokens': prefixTokens };
  return {
    id,
    claim: {
      en: `Sustained rate with a shared ${shots} prefix of ${prefixTokens} tokens, vLLM over Orca (oracle)`,
      zh: `共享 ${prefixTokens} 个 token 前缀时的可持续速率，vLLM 对 Orca（真实长度）`,
    },
    published: { low: factor, high: factor, mark: 'V', source: 'SOSP 2023, section 6.4' },
    unit: 'x',
    sideUnit: 'requests/s',
    sides: [
      {
        name: { en: 'vLLM with the prefix cached', zh: '缓存前缀的 vLLM' },
        knobs: published('vllm', {
          ...values,
          'async-scheduling': false,
          'max-num-batched-tokens': 2560,
          'max-num-seqs': 256,
          rate,
        }),
      },
      {
        name: { en: 'Orca (oracle)', zh: 'Orca（真实长度）' },
        knobs: published('orca', { ...values, memory: 'contiguous-oracle', 'max-num-seqs': 256, rate: rate / 2 }),
      },
    ],
    measure: ratio(capacity({ criterion: { kind: 'normalised', us: 200_000 }, spanS: 300, tolerance: 0.02 })),
    assumptions: {
      en: 'LLaMA-13B on one A100 40 GB, sentences of about 35 tokens each way (assumed: no lengths were published), five minutes of Poisson arrivals, threshold 0.2 s a token, 256 seats for both, 0.55 ms to launch a layer. vLLM of 2023 had the prefix given beforehand; here it is the prefix cache of today’s vLLM that finds it, without asynchronous scheduling. Seed 7.',
      zh: '一块 A100 40 GB 上的 LLaMA-13B，句子往返各约 35 个 token（假设：未公布长度），五分钟泊松到达，阈值每 token 0.2 秒，双方各 256 个席位，每层启动 0.55 毫秒。2023 年的 vLLM 预先给定前缀；这里由今天 vLLM 的前缀缓存找到它，不用异步调度。种子 7。',
    },
    remark,
  };
}

export const sharedPrefixRows: readonly HeadlineRow[] = [
  row('H1c-1-shot', 'one-shot', 80, 1.67, 20, {
    en: 'The factor hangs on the lengths of the sentences, which were not published: the longer they are beside the prefix, the smaller it is.',
    zh: '倍数取决于未公布的句子长度：句子相对前缀越长，倍数越小。',
  }),
  row('H1c-5-shot', 'five-shot', 341, 3.58, 20, {
    en: 'With a long prefix the lengths of the sentences matter less.',
    zh: '前缀较长时，句子长度的影响较小。',
  }),
];
