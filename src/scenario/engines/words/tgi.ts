import type { KnobText } from '../../knob-entry.ts';

/** Names and sentences of the engine's own knobs. */
export const words: Readonly<Record<string, KnobText>> = {
  'max-batch-prefill-tokens': {
    label: { en: 'Prefill tokens', zh: '预填充 token 上限' },
    zero: { en: 'from the card', zh: '由显卡推算' },
    help: {
      en: 'Most prompt tokens of a forward; with chunking, less the tokens of the running requests.',
      zh: '一次前向计算的提示 token 上限；分块时还要减去运行中请求的 token。',
    },
  },
  'prefill-chunking': {
    label: { en: 'Chunked prompts', zh: '提示分块' },
    help: {
      en: 'Prompts are computed in pieces beside the decodes; off: whole, while the decodes wait.',
      zh: '提示分块与解码一同计算；关闭时整段计算，解码等待。',
    },
  },
  'waiting-served-ratio': {
    label: { en: 'Waiting to served', zh: '等待与运行之比' },
    zero: { en: 'anybody interrupts', zh: '任何等待者都可打断' },
    help: {
      en: 'How many must wait, for each that runs, before decodes are interrupted for new prompts.',
      zh: '每个运行中的请求对应多少个等待者，才值得打断解码来计算新提示。',
    },
  },
  'max-waiting-tokens': {
    label: { en: 'Decodes before anybody', zh: '强制接纳前的解码步' },
    help: {
      en: 'Decode steps after which new prompts may interrupt, however few wait.',
      zh: '经过这么多解码步后，无论等待者多少，新提示都可以打断。',
    },
  },
  'tgi-max-batch-size': {
    label: { en: 'Batch size', zh: '批大小上限' },
    zero: { en: 'no limit', zh: '不限' },
    help: {
      en: 'Most requests that run; with chunking it holds only for a batch that begins anew.',
      zh: '同时运行的请求上限；分块时只约束从空开始的批。',
    },
  },
  'max-concurrent-requests': {
    label: { en: 'Concurrent requests', zh: '并发请求上限' },
    help: {
      en: 'Requests that the server takes at once, waiting or running; it refuses the others.',
      zh: '服务器同时接受的请求数（等待和运行合计），其余被拒绝。',
    },
  },
  'max-total-tokens': {
    label: { en: 'Longest request', zh: '最长请求' },
    zero: { en: 'from memory', zh: '由显存推算' },
    help: {
      en: 'Most tokens of a request, prompt and answer together.',
      zh: '一个请求的 token 上限，提示与回答合计。',
    },
  },
  'max-input-tokens': {
    label: { en: 'Longest prompt', zh: '最长提示' },
    help: { en: 'Most tokens of a prompt; longer ones are refused.', zh: '一个提示的 token 上限；更长的会被拒绝。' },
    zero: { en: 'up to the longest request', zh: '以最长请求为限' },
  },
  'cuda-memory-fraction': {
    label: { en: 'Memory fraction', zh: '显存占比' },
    help: {
      en: 'Share of the device memory that the server may use; it leaves a tenth of that alone.',
      zh: '服务器可用的显存占比；它会留出其中的十分之一。',
    },
  },
  'prefix-caching': {
    label: { en: 'Prefix caching', zh: '前缀缓存' },
    help: {
      en: 'Prompts of ended requests stay findable, as long as nobody needs their blocks.',
      zh: '已结束请求的提示可被复用，直到其块被占用。',
    },
  },
  attention: {
    label: { en: 'Attention kernel', zh: '注意力内核' },
    choices: {
      auto: { en: 'By card and model', zh: '按显卡和模型' },
      flashinfer: { en: 'flashinfer', zh: 'flashinfer' },
      flashdecoding: { en: 'flashdecoding', zh: 'flashdecoding' },
      paged: { en: 'paged', zh: 'paged' },
    },
    help: {
      en: 'Decides the block size: 1 with flashinfer, 256 with flashdecoding, 16 with paged, which has no prefix cache.',
      zh: '决定块大小：flashinfer 为 1，flashdecoding 为 256，paged 为 16 且没有前缀缓存。',
    },
  },
  speculate: {
    label: { en: 'Drafts a step', zh: '每步草稿数' },
    zero: { en: 'off', zh: '关' },
    help: {
      en: 'Drafts from n-grams that every decode verifies; they switch chunked prompts off.',
      zh: '每次解码验证的 n-gram 草稿数；启用后提示不再分块。',
    },
  },
  'speculate-acceptance': {
    label: { en: 'Right drafts', zh: '草稿命中率' },
    zero: { en: 'none is right', zh: '全不命中' },
    help: {
      en: 'Probability that a draft is right if all before it were; it depends on the text.',
      zh: '在前面的草稿都正确时，一个草稿正确的概率，取决于文本。',
    },
  },
};
