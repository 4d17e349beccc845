import type { Term } from '../entry.ts';

/** S: what is scheduled, and why it is hard. */
export const system: readonly Term[] = [
  {
    id: 'scheduling-system',
    name: { en: 'Scheduling system', zh: '调度系统' },
    says: {
      en: 'What decides which requests a serving engine computes in each step: a queue Q, a memory manager M, the GPU G, the phases P and a policy σ. It is to keep latency and fragmentation low, and throughput and GPU utilisation high.',
      zh: '决定推理引擎每一步计算哪些请求的系统：队列 Q、内存管理器 M、GPU 计算 G、阶段 P 和策略 σ。目标是降低延迟和碎片，提高吞吐量和 GPU 利用率。',
    },
    formula: { en: 'S = (Q, M, G, P, σ)', zh: 'S = (Q, M, G, P, σ)' },
    aliases: { en: ['formal model', 'S', 'inference scheduling', 'LLM scheduling'] },
    related: ['waiting-queue', 'memory-manager', 'cost-of-a-step', 'phase', 'policy'],
    see: ['dialog:gallery', 'dialog:help'],
  },
  {
    id: 'inference',
    name: { en: 'LLM inference', zh: '大语言模型推理' },
    says: {
      en: 'Using a trained language model: it reads a prompt and generates an answer, token by token. The weights do not change.',
      zh: '使用训练好的语言模型：读入提示，逐个 token 生成回答。权重不再改变。',
    },
    aliases: { en: ['serving', 'large language model'], zh: ['大模型推理', '推断'] },
    related: ['serving-engine', 'autoregressive-generation', 'transformer'],
  },
  {
    id: 'serving-engine',
    name: { en: 'Serving engine', zh: '推理引擎' },
    says: {
      en: 'The program that takes requests, schedules them, runs the model on the GPU and returns tokens, such as vLLM or SGLang.',
      zh: '接收请求、进行调度、在 GPU 上运行模型并返回 token 的程序，例如 vLLM 或 SGLang。',
    },
    aliases: { en: ['engine', 'inference server'], zh: ['服务引擎'] },
    related: ['policy', 'inference'],
    knobs: ['engine'],
    see: ['dialog:engines'],
  },
  {
    id: 'request',
    name: { en: 'Request', zh: '请求' },
    says: {
      en: 'A prompt that somebody sends, and the answer to it. A request arrives, waits, runs, and ends when an end token comes or its output limit is reached.',
      zh: '用户发来的一个提示，以及对它的回答。请求到达、等待、运行，在产生结束符或达到输出上限时结束。',
    },
    aliases: { en: ['job', 'call', 'query to the server'] },
    related: ['sequence', 'prompt', 'output', 'end-token'],
    knobs: ['requests'],
    see: ['panel:rows', 'panel:step'],
  },
  {
    id: 'sequence',
    name: { en: 'Sequence', zh: '序列' },
    says: {
      en: 'The tokens of one request, prompt and output together, as the model sees them. While it runs it holds a seat and KV memory.',
      zh: '一个请求的全部 token，包括提示和输出，即模型看到的内容。运行时占用一个席位和 KV 显存。',
    },
    aliases: { en: ['seq'] },
    related: ['request', 'context', 'seat'],
    knobs: ['max-num-seqs', 'max-model-len'],
  },
  {
    id: 'token',
    name: { en: 'Token', zh: 'token' },
    says: {
      en: 'A piece of text with a number in the vocabulary: a word, a part of one, or a sign. Prompts are read and answers are generated in tokens.',
      zh: '文本的一个片段，在词表中有一个编号：一个词、词的一部分或一个符号。提示的读入和回答的生成都以 token 为单位。',
    },
    aliases: { zh: ['词元', '令牌'] },
    related: ['vocabulary', 'prompt', 'output'],
  },
  {
    id: 'prompt',
    name: { en: 'Prompt', zh: '提示' },
    says: {
      en: 'The tokens that a request brings along: instructions, what was said before, the question. All of them are known at once.',
      zh: '请求带来的 token：指令、之前的对话和问题。它们从一开始就全部已知。',
    },
    aliases: { en: ['input', 'input sequence length', 'ISL'], zh: ['提示词', '输入序列'] },
    related: ['prefill', 'output'],
    knobs: ['prompt-tokens', 'prompt-spread'],
  },
  {
    id: 'output',
    name: { en: 'Output', zh: '输出' },
    says: {
      en: 'The tokens that the model generates for a request: its answer. Their number is not known before the last one is there.',
      zh: '模型为请求生成的 token，即回答。在最后一个 token 出现之前，其数量未知。',
    },
    aliases: { en: ['answer', 'completion', 'response', 'output sequence length', 'OSL'] },
    related: ['decode', 'length-prediction', 'end-token'],
    knobs: ['output-tokens', 'output-spread'],
  },
  {
    id: 'autoregressive-generation',
    name: { en: 'Autoregressive generation', zh: '自回归生成' },
    says: {
      en: 'Each token depends on all tokens before it, so an answer is generated one token a step. This is why a single request cannot use the arithmetic of a GPU.',
      zh: '每个 token 依赖之前的所有 token，因此回答每步只生成一个 token。单个请求因此无法用满 GPU 的算力。',
    },
    related: ['decode', 'batching', 'speculative-decoding'],
  },
  {
    id: 'transformer',
    name: { en: 'Transformer', zh: 'Transformer' },
    says: {
      en: 'The architecture of today’s language models: a stack of layers, each with self-attention over the context and a feed-forward part for every token.',
      zh: '当今语言模型的架构：多个层堆叠，每层包含对上下文的自注意力，以及对每个 token 的前馈部分。',
    },
    related: ['layer', 'self-attention', 'feed-forward'],
    knobs: ['model'],
  },
  {
    id: 'self-attention',
    name: { en: 'Self-attention', zh: '自注意力' },
    says: {
      en: 'How a token takes account of those before it: its query is compared with the keys of all of them, and their values are summed by how well they match.',
      zh: 'token 利用之前内容的方式：用它的查询与之前所有 token 的键比较，再按匹配程度对它们的值加权求和。',
    },
    formula: { en: 'softmax(Q·Kᵀ / √d) · V', zh: 'softmax(Q·Kᵀ / √d) · V' },
    aliases: { en: ['attention'], zh: ['注意力机制'] },
    related: ['keys-and-values', 'kv-cache', 'flash-attention', 'attention-head'],
    see: ['panel:roofline', 'card:long-context'],
  },
  {
    id: 'keys-and-values',
    name: { en: 'Keys and values', zh: '键和值' },
    says: {
      en: 'Two vectors that every layer computes for every token and that later tokens read again. They are what the KV cache keeps.',
      zh: '每一层为每个 token 计算的两个向量，之后的 token 会再次读取。KV 缓存保存的就是它们。',
    },
    aliases: { en: ['KV', 'K', 'V'] },
    related: ['kv-cache', 'self-attention', 'kv-bytes-per-token'],
  },
  {
    id: 'context',
    name: { en: 'Context', zh: '上下文' },
    says: {
      en: 'The tokens that a new token can look back on: the prompt and what has been generated so far. A decode reads the keys and values of all of them.',
      zh: '新 token 可以回看的内容：提示和已生成的部分。每次解码都要读取它们全部的键和值。',
    },
    unit: { en: 'tokens', zh: 'token' },
    aliases: { en: ['context length', 'context window'], zh: ['语境'] },
    related: ['longest-sequence', 'decode', 'kv-cache'],
    see: ['card:long-context'],
  },
  {
    id: 'step',
    name: { en: 'Step', zh: '步' },
    says: {
      en: 'One turn of the engine: it decides who takes part, the GPU computes all of it in one forward pass, and each request that has reached its end of context gets a token.',
      zh: '引擎的一轮：决定哪些请求参与，GPU 用一次前向算完，算到上下文末尾的请求各得到一个 token。',
    },
    aliases: { en: ['iteration', 'engine step', 'scheduling step'] },
    related: ['forward-pass', 'batch', 'token-budget', 'cost-of-a-step'],
    see: ['panel:step', 'panel:batch'],
  },
  {
    id: 'forward-pass',
    name: { en: 'Forward pass', zh: '前向' },
    says: {
      en: 'Running all layers of the model once, for all tokens of a step together. The weights are read once however many tokens there are.',
      zh: '对一步中的所有 token 一起运行一遍模型的全部层。无论有多少 token，权重只读一次。',
    },
    aliases: { en: ['forward', 'model execution'], zh: ['前向传播'] },
    related: ['step', 'operator', 'weights'],
  },
  {
    id: 'latency-throughput-trade-off',
    name: { en: 'Latency against throughput', zh: '延迟与吞吐的权衡' },
    says: {
      en: 'A larger batch gives more tokens a second in all, and makes each request wait longer for its next one. Most knobs choose a point between the two.',
      zh: '批越大，总的每秒 token 数越多，但每个请求等待下一个 token 的时间也越长。多数旋钮就是在两者之间选一点。',
    },
    aliases: { en: ['trade-off', 'frontier', 'Pareto frontier'], zh: ['帕累托前沿'] },
    related: ['throughput', 'latency', 'token-budget', 'batch'],
    knobs: ['max-num-batched-tokens', 'max-num-seqs'],
    see: ['preset:azure-chat-x3', 'card:chunked-prefill'],
  },
];
