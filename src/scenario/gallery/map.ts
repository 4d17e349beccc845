/** Ways into the gallery: what leads to what, what came when, and the systems as they are usually quoted. */

import type { Text } from '../knob-entry.ts';

/** A difficulty of inference, with the leaves that show it. */
export interface Challenge {
  readonly id: string;
  readonly name: Text;
  readonly leaves: readonly string[];
  /** The difficulty that follows from it, if one does. */
  readonly leadsTo: readonly string[];
}

const challenges: readonly Challenge[] = [
  {
    id: 'parameters',
    name: { en: 'Weights fill memory', zh: '参数占用显存' },
    leaves: ['all-reduce', 'decode-moves-bytes'],
    leadsTo: ['utilisation'],
  },
  {
    id: 'kv-growth',
    name: { en: 'KV cache grows', zh: 'KV 缓存增长' },
    leaves: ['dynamic-growth', 'long-context'],
    leadsTo: ['fragmentation'],
  },
  {
    id: 'fragmentation',
    name: { en: 'Fragmentation', zh: '显存碎片' },
    leaves: ['fragmentation', 'paged-attention'],
    leadsTo: ['decode-efficiency'],
  },
  {
    id: 'prefill',
    name: { en: 'Prefill needs arithmetic', zh: '预填充的算力瓶颈' },
    leaves: ['prefill-computes', 'chunked-prefill'],
    leadsTo: ['first-token'],
  },
  {
    id: 'decode-efficiency',
    name: { en: 'Decode is inefficient', zh: '解码效率低' },
    leaves: ['decode-moves-bytes', 'speculation'],
    leadsTo: ['inter-token'],
  },
  {
    id: 'utilisation',
    name: { en: 'GPU utilisation', zh: 'GPU 利用率' },
    leaves: ['static-batching', 'burst'],
    leadsTo: ['tail'],
  },
  {
    id: 'first-token',
    name: { en: 'First-token latency', zh: '首 token 延迟' },
    leaves: ['prefix-cache', 'priority'],
    leadsTo: [],
  },
  {
    id: 'inter-token',
    name: { en: 'Inter-token latency', zh: 'token 间延迟' },
    leaves: ['chunked-prefill', 'prefill-first'],
    leadsTo: [],
  },
  { id: 'tail', name: { en: 'Tail latency', zh: '尾延迟' }, leaves: ['head-of-line', 'preemption-storm'], leadsTo: [] },
];

/** The challenges as chains from a cause to its last effect. */
export function chains(): readonly (readonly Challenge[])[] {
  const effects = new Set(challenges.flatMap((challenge) => challenge.leadsTo));
  return challenges.filter(({ id }) => !effects.has(id)).map(chainFrom);
}

function chainFrom(cause: Challenge): readonly Challenge[] {
  const next = challenges.find(({ id }) => cause.leadsTo.includes(id));
  return next === undefined ? [cause] : [cause, ...chainFrom(next)];
}

export interface Year {
  readonly year: string;
  readonly name: Text;
  readonly leaves: readonly string[];
}

export const timeline: readonly Year[] = [
  {
    year: '2022',
    name: { en: 'Static batches, simple memory management', zh: '静态批处理，简单的显存管理' },
    leaves: ['static-batching', 'dynamic-batching', 'fragmentation'],
  },
  {
    year: '2023',
    name: { en: 'The efficiency revolution', zh: '效率革命' },
    leaves: ['paged-attention', 'dynamic-growth', 'flash-attention'],
  },
  {
    year: '2024',
    name: { en: 'Deepening', zh: '深化优化' },
    leaves: ['speculation', 'chunked-prefill', 'radix-tree'],
  },
  {
    year: '2025',
    name: { en: 'The frontier', zh: '前沿探索' },
    leaves: ['multimodal', 'edge', 'dynamic-quantisation', 'learned-lengths'],
  },
];

/** A system with the claims that are usually quoted of it. Nobody verified them; the verified ones are the headlines. */
export interface QuotedSystem {
  /** An engine of the page. */
  readonly engine: string;
  readonly throughput: Text;
  readonly latency: Text;
  readonly memory: Text;
  readonly knownFor: string;
  readonly leaf: string;
}

const low: Text = { en: 'low', zh: '低' };
const medium: Text = { en: 'medium', zh: '中' };
const high: Text = { en: 'high', zh: '高' };
const times = (range: string): Text => ({ en: `${range}×`, zh: `${range} 倍` });

export const quotedSystems: readonly QuotedSystem[] = [
  {
    engine: 'vllm',
    throughput: times('2–24'),
    latency: { en: 'P99 down 50 %', zh: 'P99 降 50 %' },
    memory: high,
    knownFor: 'PagedAttention',
    leaf: 'paged-attention',
  },
  {
    engine: 'tensorrt-llm',
    throughput: times('3–5'),
    latency: low,
    memory: medium,
    knownFor: 'NVIDIA',
    leaf: 'all-reduce',
  },
  {
    engine: 'tgi',
    throughput: times('2–3'),
    latency: medium,
    memory: medium,
    knownFor: 'Hugging Face',
    leaf: 'static-batching',
  },
  {
    engine: 'deepspeed',
    throughput: times('1.5–3'),
    latency: medium,
    memory: high,
    knownFor: 'Microsoft',
    leaf: 'static-batching',
  },
  {
    engine: 'sglang',
    throughput: times('2–5'),
    latency: low,
    memory: high,
    knownFor: 'RadixAttention',
    leaf: 'radix-tree',
  },
];
