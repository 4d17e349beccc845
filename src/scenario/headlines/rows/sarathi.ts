/** H4: serving capacity of Sarathi-Serve (OSDI 2024) on one replica. */

import type { HeadlineRow } from '../entry.ts';
import { capacity, ratio } from '../measure.ts';
import { launchUs, published } from '../scenarios.ts';

const models = {
  mistral: { name: 'Mistral-7B', knobs: { model: 'mistral-7b' }, slo: { strict: 0.1, relaxed: 0.5 }, published: 2.6 },
  yi: {
    name: 'Yi-34B',
    knobs: { model: 'yi-34b', 'tensor-parallel-size': 2 },
    slo: { strict: 0.2, relaxed: 1 },
    published: 3.7,
  },
} as const;
type Model = keyof typeof models;

const traffic = {
  chat: { name: { en: 'chat', zh: '聊天' }, knobs: { lengths: 'openchat', 'max-model-len': 8192 } },
  arxiv: { name: { en: 'summaries', zh: '摘要' }, knobs: { lengths: 'arxiv', 'max-model-len': 16_384 } },
} as const;

/** The artifact's decode steps are the reason for most of the difference, so they are named. */
const remarks = {
  strict: {
    en: 'One whole prompt beside the decodes breaks the promise, so vLLM keeps it only while prompts are rare; chunks keep it up to the limit of the GPU. Our decode steps of many sequences are far shorter than those of the artifact (38 ms for 128 sequences of Yi-34B against 189), so our Sarathi-Serve comes further than the published one.',
    zh: '解码旁出现一个完整提示就会超标，因此 vLLM 只有在提示稀少时才达标；分块则可达 GPU 的极限。我们多序列的解码步远短于其公开数据（Yi-34B 128 个序列：38 毫秒对 189 毫秒），所以我们的 Sarathi-Serve 比发表的更高。',
  },
  relaxed: {
    en: 'With a lax promise whole prompts are bearable too, and less is to be gained. The published number is the largest over all workloads and promises.',
    zh: '承诺宽松时完整提示也可接受，收益较小。已发表的数字是所有负载和承诺中的最大值。',
  },
} as const;

function row(model: Model, lengths: keyof typeof traffic, slo: 'strict' | 'relaxed', rate: number): HeadlineRow {
  const { name, knobs, slo: slos, published: most } = models[model];
  const shared = {
    workload: 'lengths',
    device: 'a100-80',
    requests: 2048,
    'gpu-memory-utilization': 0.8,
    'launch-us-per-layer': launchUs.sarathi,
    'max-num-seqs': 128,
    ...knobs,
    ...traffic[lengths].knobs,
  } as const;
  const gaps = slos[slo];
  const chunk = slo === 'strict' ? 512 : 2048;
  return {
    id: `H4-${model}-${lengths}-${slo}`,
    claim: {
      en: `Serving capacity of Sarathi-Serve over vLLM, ${name}, ${traffic[lengths].name.en}, P99 gap at most ${gaps} s`,
      zh: `Sarathi-Serve 对 vLLM 的服务容量，${name}，${traffic[lengths].name.zh}，P99 间隔不超过 ${gaps} 秒`,
    },
    published: {
      low: 0,
      high: most,
      mark: 'A',
      source: 'OSDI 2024, abstract (the largest over its workloads)',
    },
    unit: 'x',
    sideUnit: 'requests/s',
    sides: [
      {
        name: { en: `Sarathi-Serve, chunks of ${chunk}`, zh: `Sarathi-Serve，块 ${chunk}` },
        knobs: published('sarathi', { ...shared, 'chunk-size': chunk, rate }),
      },
      {
        name: { en: 'vLLM of 2023', zh: '2023 年的 vLLM' },
        knobs: published('vllm-2023', { ...shared, rate: rate / 2 }),
      },
    ],
    measure: ratio(
      capacity({
        criterion: { kind: 'gaps', gapP99Us: gaps * 1e6, waitP50Us: 2_000_000 },
        tolerance: 0.02,
      }),
    ),
    assumptions: {
      en: `${model === 'yi' ? 'Two A100 80 GB with tensor parallelism' : 'One A100 80 GB'}, 2,048 Poisson requests a probe, 128 seats, share 0.8 of the memory, median wait at most 2 s; 0.78 ms to launch a layer, as measured in the artifact. Seed 7.`,
      zh: `${model === 'yi' ? '两块 A100 80 GB 张量并行' : '一块 A100 80 GB'}，每次探测 2,048 个泊松请求，128 个席位，显存比例 0.8，等待中位数不超过 2 秒；每层启动 0.78 毫秒（其公开数据所测）。种子 7。`,
    },
    remark: remarks[slo],
  };
}

export const sarathiRows: readonly HeadlineRow[] = [
  row('mistral', 'chat', 'strict', 2),
  row('mistral', 'chat', 'relaxed', 2),
  row('mistral', 'arxiv', 'strict', 1),
  row('mistral', 'arxiv', 'relaxed', 1),
  row('yi', 'chat', 'strict', 1),
  row('yi', 'chat', 'relaxed', 1),
  row('yi', 'arxiv', 'strict', 0.4),
  row('yi', 'arxiv', 'relaxed', 0.4),
];
