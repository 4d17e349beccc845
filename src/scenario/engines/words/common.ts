import type { KnobText } from '../../knob-entry.ts';

const spreadHelp = {
  en: 'Half the width of a uniform distribution, or the standard deviation of a normal one, as a share of the mean.',
  zh: '均匀分布的半宽，或正态分布的标准差，占均值的比例。',
} as const;

/** Names and sentences of the knobs of queues, workloads and GPUs, which come with those of every engine. */
export const words: Readonly<Record<string, KnobText>> = {
  users: {
    label: { en: 'Users', zh: '用户数' },
    help: {
      en: 'How many users share the engine. They do not ask equally often: of two the first sends four fifths of the requests, of ten about two thirds.',
      zh: '多少个用户共用引擎。提问频率不同：两个用户时第一个发出五分之四的请求，十个用户时约三分之二。',
    },
  },
  'urgent-share': {
    label: { en: 'Urgent requests', zh: '紧急请求' },
    help: {
      en: 'Share of the requests with a better priority; only a queue by priority asks for it.',
      zh: '优先级较高的请求所占比例；只有按优先级排队时才起作用。',
    },
  },
  'queue-order': {
    label: { en: 'Queue order', zh: '排队次序' },
    help: {
      en: 'Who is next among those who wait: whoever came first, is most urgent, finds most of its prompt in the cache, has the shortest answer ahead by the prediction, or whose user was served least.',
      zh: '等待者中谁是下一个：最先到的、最紧急的、提示在缓存中命中最多的、预测的回答最短的，或所属用户得到服务最少的。',
    },
    choices: {
      own: { en: 'The engine’s own', zh: '引擎自身的' },
      fcfs: { en: 'First come, first served', zh: '先来先服务' },
      priority: { en: 'Priority', zh: '优先级' },
      'longest-prefix': { en: 'Longest cached prefix', zh: '最长缓存前缀' },
      'shortest-job': { en: 'Shortest predicted answer', zh: '预测回答最短' },
      'fair-share': { en: 'Fair share a user', zh: '用户公平共享' },
    },
  },
  'length-prediction': {
    label: { en: 'Predicted length', zh: '长度预测' },
    help: {
      en: 'What the queue knows of an answer’s length before it is there: nothing, the truth, the truth with an error, or what requests that finished earlier in this run have shown.',
      zh: '回答出现之前队列对其长度知道多少：一无所知、真实值、带误差的真实值，或本次运行中已完成的请求所显示的规律。',
    },
    choices: {
      none: { en: 'None', zh: '无' },
      oracle: { en: 'Oracle: the truth', zh: '先知：真实值' },
      noisy: { en: 'The truth with an error', zh: '带误差的真实值' },
      learned: { en: 'Learned in this run', zh: '在本次运行中学习' },
    },
  },
  'prediction-error': {
    label: { en: 'Prediction error', zh: '预测误差' },
    help: {
      en: 'Deviation of the logarithm of prediction over truth: with 0.5 a third of the predictions are off by more than a factor of 1.6.',
      zh: '预测与真实值之比的对数的标准差：0.5 时三分之一的预测偏差超过 1.6 倍。',
    },
    zero: { en: 'none: the oracle', zh: '无：即先知' },
  },
  bandit: {
    label: { en: 'Bandit', zh: '多臂赌博机' },
    help: {
      en: 'A learner that chooses the token budget or the queue order anew in every window, by how many requests kept both limits in windows that began like it.',
      zh: '一个学习器：在每个时间窗重新选择 token 预算或排队次序，依据相似时间窗中同时满足两个时限的请求比例。',
    },
    choices: {
      off: { en: 'Off', zh: '关闭' },
      'token-budget': { en: 'Chooses the token budget', zh: '选择 token 预算' },
      'queue-order': { en: 'Chooses the queue order', zh: '选择排队次序' },
    },
  },
  'bandit-rule': {
    label: { en: 'How it explores', zh: '探索方式' },
    help: {
      en: 'It takes what could be best given how seldom it was tried; or does so with a memory that fades; or what was best so far, and one time in ten anything.',
      zh: '选择考虑到尝试次数后可能最好的；或同样如此但记忆会淡化；或选择迄今最好的，而十次中有一次随机。',
    },
    choices: {
      ucb: { en: 'Upper confidence bound', zh: '置信上界（UCB）' },
      'discounted-ucb': { en: 'The same, discounted', zh: '折扣置信上界' },
      'epsilon-greedy': { en: 'Epsilon-greedy', zh: 'ε-贪心' },
    },
  },
  'bandit-window-ms': {
    label: { en: 'Window', zh: '时间窗' },
    help: {
      en: 'How long a choice stands before it is judged; short windows learn soon from few requests.',
      zh: '一次选择保持多久后接受评判；时间窗越短，学得越快，但依据的请求越少。',
    },
  },
  'slo-ttft-ms': {
    label: { en: 'Limit of first token', zh: '首 token 时限' },
    help: {
      en: 'A request is worth a reward if its first token came within this time.',
      zh: '首 token 在此时间内到达的请求才有奖励。',
    },
  },
  'slo-tpot-ms': {
    label: { en: 'Limit a token', zh: '每 token 时限' },
    help: {
      en: 'A request is worth a reward if its mean time between tokens is within this.',
      zh: 'token 间平均时间在此之内的请求才有奖励。',
    },
  },
  lengths: {
    label: { en: 'Lengths', zh: '长度分布' },
    help: {
      en: 'How long prompts and answers are: as in a known collection, or about given means.',
      zh: '提示和回答有多长：取自已知的数据集，或围绕给定的均值。',
    },
    choices: {
      sharegpt: { en: 'ShareGPT (vLLM paper)', zh: 'ShareGPT（vLLM 论文）' },
      alpaca: { en: 'Alpaca (vLLM paper)', zh: 'Alpaca（vLLM 论文）' },
      openchat: { en: 'OpenChat with history', zh: 'OpenChat（含历史）' },
      'azure-chat': { en: 'Chat (fitted to Azure 2023)', zh: '聊天（按 Azure 2023 拟合）' },
      arxiv: { en: 'arXiv summaries', zh: 'arXiv 摘要' },
      translation: { en: 'Translated sentences', zh: '句子翻译' },
      fixed: { en: 'All the same', zh: '全部相同' },
      uniform: { en: 'Uniform about a mean', zh: '均值附近均匀分布' },
      normal: { en: 'Normal about a mean', zh: '均值附近正态分布' },
    },
  },
  'prompt-tokens': {
    label: { en: 'Prompt, mean', zh: '提示均长' },
    help: {
      en: 'Mean tokens of a prompt; in sessions, of what a call adds to it.',
      zh: '提示的平均 token 数；在会话中是每次调用新增的部分。',
    },
  },
  'prompt-spread': { label: { en: 'Prompt, spread', zh: '提示离散度' }, help: spreadHelp },
  'output-tokens': {
    label: { en: 'Answer, mean', zh: '回答均长' },
    help: { en: 'Mean tokens of an answer.', zh: '回答的平均 token 数。' },
  },
  'output-spread': { label: { en: 'Answer, spread', zh: '回答离散度' }, help: spreadHelp },
  'prefix-groups': {
    label: { en: 'Different prefixes', zh: '不同前缀数' },
    help: {
      en: 'How many different beginnings the prompts have; sessions that follow each other share one.',
      zh: '提示有多少种不同的开头；相邻的会话使用同一种。',
    },
  },
  'prefix-tokens': {
    label: { en: 'Shared prefix', zh: '共享前缀' },
    help: {
      en: 'Tokens with which every prompt of a group begins: instructions, examples, a document.',
      zh: '同组的每个提示开头相同的 token 数：指令、示例或文档。',
    },
    zero: { en: 'none', zh: '无' },
  },
  turns: {
    label: { en: 'Turns', zh: '轮数' },
    help: {
      en: 'Calls of a session one after another; each prompt is everything said before and a new question.',
      zh: '一次会话中先后的调用；每个提示是之前的全部内容加上新问题。',
    },
  },
  branches: {
    label: { en: 'Branches', zh: '分支数' },
    help: {
      en: 'Calls that follow on each answer at the same time: 1 is a conversation, more is a tree of thoughts.',
      zh: '每个回答之后同时进行的调用数：1 是对话，更多是思维树。',
    },
  },
  rounds: {
    label: { en: 'Rounds', zh: '重复次数' },
    help: {
      en: 'How often all sessions are gone through, with equal prompts; a round starts when the one before has ended.',
      zh: '全部会话用相同的提示进行多少遍；上一遍结束后才开始下一遍。',
    },
  },
  'tensor-parallel-size': {
    label: { en: 'Tensor parallel GPUs', zh: '张量并行 GPU 数' },
    help: {
      en: 'GPUs that share every layer: each has its part of weights, keys and values, and all add up their results twice a layer.',
      zh: '共同计算每一层的 GPU 数：各存一部分权重、键和值，每层相加结果两次。',
    },
  },
  'pipeline-parallel-size': {
    label: { en: 'Pipeline stages', zh: '流水线级数' },
    help: {
      en: 'Parts into which the layers are divided, each on GPUs of its own; as many batches are under way at once, and a token takes the time of all stages.',
      zh: '把各层分成几段，每段由自己的 GPU 计算；同时有同样多的批在途，一个 token 要经过全部各级。',
    },
  },
  'prefill-context-parallel-size': {
    label: { en: 'Context parallel GPUs', zh: '上下文并行 GPU 数' },
    help: {
      en: 'GPUs that divide the tokens of each prompt, and keys and values, among them; every layer gathers those of the whole prompt.',
      zh: '分担每个提示的 token 以及键和值的 GPU 数；每层要汇集整个提示的键和值。',
    },
  },
  'enable-expert-parallel': {
    label: { en: 'Expert parallel', zh: '专家并行' },
    help: {
      en: 'Each GPU has whole experts of every layer rather than columns of all of them; the busiest GPU decides how long a step takes.',
      zh: '每个 GPU 存放各层的若干完整专家，而非全部专家的若干列；一步多长由最忙的 GPU 决定。',
    },
  },
  'data-parallel-size': {
    label: { en: 'Data parallel groups', zh: '数据并行组数' },
    help: {
      en: 'Groups of GPUs that attend to different requests with keys and values of their own and share the experts; limits of tokens and seats hold for each group.',
      zh: '各自处理不同请求、各有键和值、共用专家的 GPU 组数；token 与席位上限按组计。',
    },
  },
  'expert-skew': {
    label: { en: 'Skew of experts', zh: '专家偏斜' },
    help: {
      en: 'Rows of the busiest GPU over the mean, beside what chance adds; 1 = the router favours nobody.',
      zh: '最忙 GPU 的行数与均值之比，不含随机波动；1 = 路由没有偏好。',
    },
  },
  topology: {
    label: { en: 'GPUs are joined by', zh: 'GPU 互连' },
    help: {
      en: 'The links over which GPUs send each other results: within one host, or between two hosts that have half of them each.',
      zh: 'GPU 之间传送结果的链路：在同一主机内，或在各有一半 GPU 的两台主机之间。',
    },
    choices: {
      host: { en: 'the link of the device, one host', zh: '设备自带的链路，单主机' },
      pcie: { en: 'PCI Express, one host', zh: 'PCI Express，单主机' },
      'hosts-100': { en: 'two hosts, 100 Gb/s', zh: '两台主机，100 Gb/s' },
      'hosts-200': { en: 'two hosts, 200 Gb/s', zh: '两台主机，200 Gb/s' },
      'hosts-400': { en: 'two hosts, 400 Gb/s', zh: '两台主机，400 Gb/s' },
    },
  },
  'launch-us-per-layer': {
    label: { en: 'Launches a layer', zh: '每层启动耗时' },
    help: {
      en: 'Time the host takes to launch the kernels of one layer; a step is never shorter than all its layers take to be launched.',
      zh: '主机启动一层内核所需的时间；一步不会短于启动全部层的时间。',
    },
    zero: { en: 'captured graphs', zh: '已捕获的计算图' },
  },
  'host-us-per-step': {
    label: { en: 'Host time a step', zh: '每步主机耗时' },
    help: {
      en: 'Time a step in which the GPU waits for the host: scheduling, sampling, answering.',
      zh: '每一步中 GPU 等待主机的时间：调度、采样、返回结果。',
    },
    zero: { en: 'hidden', zh: '已隐藏' },
  },
  'kv-concatenation': {
    label: { en: 'Cache copied every step', zh: '每步复制缓存' },
    help: {
      en: 'Every decode step copies all keys and values to tensors that are one token longer, as Transformers’ cache did in 2023.',
      zh: '每个解码步把全部键和值复制到长一个 token 的张量中，如 2023 年 Transformers 的缓存。',
    },
  },
};
