import type { GalleryBranch } from '../entry.ts';

/** One user, one short prompt: what a step costs, and nothing else. */
const alone = {
  workload: 'lengths',
  lengths: 'fixed',
  'prompt-tokens': 128,
  'output-tokens': 256,
  rate: 0,
} as const;

/** Q meets G: the two phases of a transformer's inference. */
export const phases: GalleryBranch = {
  id: 'phases',
  name: { en: 'Two phases', zh: '两个阶段' },
  leaves: [
    {
      id: 'decode-moves-bytes',
      name: { en: 'Decode moves bytes', zh: '解码受限于显存带宽' },
      says: {
        en: 'Every step reads all weights, whether for one sequence or for 32: the other 31 are almost free.',
        zh: '每一步都要读取全部权重，无论批内是 1 个还是 32 个序列：另外 31 个几乎不花时间。',
      },
      sides: [
        {
          name: { en: '1 sequence', zh: '1 个序列' },
          preset: 'azure-chat',
          set: { ...alone, clients: 1, requests: 8 },
        },
        {
          name: { en: '32 sequences', zh: '32 个序列' },
          preset: 'azure-chat',
          set: { ...alone, clients: 32, requests: 64 },
        },
      ],
      metric: 'itl-p50',
      thumb: { kind: 'bars' },
    },
    {
      id: 'prefill-computes',
      name: { en: 'Prefill computes', zh: '预填充受限于算力' },
      says: {
        en: 'All tokens of a prompt are computed at once, so a prompt eight times as long takes more than eight times as long.',
        zh: '提示的所有 token 一次算完，因此长 8 倍的提示要花 8 倍以上的时间。',
      },
      sides: [
        {
          name: { en: '2,048 tokens', zh: '2,048 个 token' },
          preset: 'azure-chat',
          set: {
            ...alone,
            'prompt-tokens': 2048,
            'output-tokens': 8,
            clients: 1,
            requests: 8,
            'max-num-batched-tokens': 16384,
          },
        },
        {
          name: { en: '16,384 tokens', zh: '16,384 个 token' },
          preset: 'azure-chat',
          set: {
            ...alone,
            'prompt-tokens': 16384,
            'output-tokens': 8,
            clients: 1,
            requests: 8,
            'max-num-batched-tokens': 16384,
          },
        },
      ],
      metric: 'ttft-p50',
      thumb: { kind: 'bars' },
    },
    {
      id: 'long-context',
      name: { en: 'Long context', zh: '长上下文' },
      says: {
        en: 'With 32 contexts of 16,000 tokens the keys and values weigh more than the model, and every step reads them too.',
        zh: '32 个 16,000 token 的上下文，其键值比模型还大，而每一步都要把它们读一遍。',
      },
      sides: [
        {
          name: { en: '1,000 tokens', zh: '1,000 个 token' },
          preset: 'azure-chat',
          set: { ...alone, 'prompt-tokens': 1000, clients: 32, requests: 64 },
        },
        {
          name: { en: '16,000 tokens', zh: '16,000 个 token' },
          preset: 'azure-chat',
          set: { ...alone, 'prompt-tokens': 16000, clients: 32, requests: 64 },
        },
      ],
      metric: 'itl-p50',
      thumb: { kind: 'memory' },
    },
    {
      id: 'flash-attention',
      name: { en: 'FlashAttention', zh: 'FlashAttention' },
      says: {
        en: 'Without it the scores of a long prompt go through memory, and everybody waits for that step.',
        zh: '没有它时，长提示的注意力分数要在显存里走一遭，所有人都得等这一步。',
      },
      sides: [
        { name: { en: 'off', zh: '关' }, preset: 'flash-attention' },
        { name: { en: 'on', zh: '开' }, preset: 'flash-attention', set: { 'flash-attention': true } },
      ],
      metric: 'itl-max',
      thumb: { kind: 'steps', fromUs: 9_800_000, toUs: 10_700_000 },
    },
    {
      id: 'speculation',
      name: { en: 'Speculative decoding', zh: '推测解码' },
      says: {
        en: 'A small model drafts, the large one checks several tokens in one step: one user gets them sooner.',
        zh: '小模型起草，大模型一步核对多个 token：单个用户更快拿到结果。',
      },
      sides: [
        { name: { en: 'off', zh: '关' }, preset: 'speculation', set: { 'speculative-method': 'off' } },
        { name: { en: 'drafts of 3', zh: '每步 3 个草稿' }, preset: 'speculation' },
      ],
      metric: 'tpot-p50',
      thumb: { kind: 'rows', toUs: 16_000_000 },
    },
  ],
};
