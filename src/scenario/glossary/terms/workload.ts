import type { Term } from '../entry.ts';

/** Which requests come, when, and of what length. */
export const workload: readonly Term[] = [
  {
    id: 'workload',
    name: { en: 'Workload', zh: '负载' },
    says: {
      en: 'The requests that are sent to an engine: when they arrive, how long prompts and outputs are, and what they share.',
      zh: '发给引擎的请求：何时到达、提示与输出多长、有哪些共同部分。',
    },
    aliases: { en: ['traffic'], zh: ['工作负载'] },
    related: ['arrival-process', 'length-distribution', 'trace', 'session'],
    knobs: ['workload'],
    see: ['preset:azure-chat', 'preset:azure-code'],
  },
  {
    id: 'request-rate',
    name: { en: 'Request rate', zh: '请求速率' },
    says: {
      en: 'Mean arrivals a second. Here the same arrivals are stretched or squeezed in time to reach it.',
      zh: '每秒平均到达数。这里把同一组到达在时间上拉长或压缩以达到该速率。',
    },
    unit: { en: 'requests/s', zh: '请求/秒' },
    aliases: { en: ['arrival rate', 'lambda', 'offered load'], zh: ['到达率'] },
    related: ['arrival-process', 'load', 'open-loop'],
    knobs: ['rate'],
    see: ['preset:azure-chat'],
  },
  {
    id: 'arrival-process',
    name: { en: 'Arrival process', zh: '到达过程' },
    says: {
      en: 'The law by which requests arrive. In a Poisson process each comes independently of the others; real traffic comes in bursts.',
      zh: '请求到达的规律。泊松过程中每个请求独立到达；真实流量则成批突发。',
    },
    aliases: { en: ['Poisson process', 'inter-arrival time'] },
    related: ['burst', 'request-rate'],
    see: ['card:burst'],
  },
  {
    id: 'burst',
    name: { en: 'Burst', zh: '突发流量' },
    says: {
      en: 'Many requests in a short time. The GPU is short then and idle between bursts, though the mean rate is the same.',
      zh: '短时间内到来许多请求。平均速率不变，但突发时 GPU 不够用，间歇时又闲着。',
    },
    aliases: { en: ['bursty traffic'], zh: ['流量洪峰'] },
    related: ['arrival-process', 'tail-latency', 'queueing-delay'],
    see: ['card:burst', 'preset:azure-code'],
  },
  {
    id: 'open-loop',
    name: { en: 'Open loop', zh: '开环' },
    says: {
      en: 'Requests arrive whatever the engine does, as from a crowd of strangers. If it is too slow, the queue grows.',
      zh: '请求的到达与引擎无关，如同来自许多互不相识的人。引擎太慢时队列会增长。',
    },
    related: ['closed-loop', 'request-rate', 'overload'],
    knobs: ['rate'],
  },
  {
    id: 'closed-loop',
    name: { en: 'Closed loop', zh: '闭环' },
    says: {
      en: 'A fixed number of clients, each of which asks again when it has its answer. A slow engine is asked less often, so the queue stays bounded.',
      zh: '固定数量的客户端，各自得到回答后才再次提问。引擎越慢请求越少，队列因此有界。',
    },
    aliases: { en: ['clients', 'concurrency', 'virtual users'] },
    related: ['open-loop', 'think-time'],
    knobs: ['clients'],
    see: ['preset:speculation', 'preset:phone'],
  },
  {
    id: 'trace',
    name: { en: 'Trace', zh: '轨迹' },
    says: {
      en: 'A record of real requests: times and lengths, without their text. It can be imported and stays on your computer.',
      zh: '真实请求的记录：时间与长度，不含文本。可以导入，文件不会离开你的电脑。',
    },
    aliases: { en: ['Azure trace', 'Mooncake trace', 'recorded traffic'], zh: ['踪迹', '追踪文件'] },
    related: ['workload', 'fitted-workload'],
    see: ['preset:trace'],
  },
  {
    id: 'fitted-workload',
    name: { en: 'Fitted workload', zh: '拟合负载' },
    says: {
      en: 'Requests drawn from distributions that were fitted to a trace: the same kind of traffic, without its rows.',
      zh: '按拟合到轨迹的分布抽取的请求：同一类流量，但不含其原始行。',
    },
    aliases: { en: ['synthetic workload'], zh: ['合成负载'] },
    related: ['trace', 'length-distribution'],
    see: ['preset:azure-chat', 'preset:azure-code'],
  },
  {
    id: 'length-distribution',
    name: { en: 'Length distribution', zh: '长度分布' },
    says: {
      en: 'How long prompts and outputs are, and how much they vary. Much of scheduling is hard only because output lengths vary and are not known.',
      zh: '提示和输出有多长、相差多大。调度之难，很大程度上在于输出长度不一且事先未知。',
    },
    aliases: { en: ['ShareGPT', 'Alpaca', 'lengths'] },
    related: ['prompt', 'output', 'length-prediction'],
    knobs: ['lengths', 'prompt-tokens', 'prompt-spread', 'output-tokens', 'output-spread'],
  },
  {
    id: 'session',
    name: { en: 'Session', zh: '会话' },
    says: {
      en: 'Calls that follow each other and whose prompts hold what was said before, so that each begins like the last.',
      zh: '一系列先后的调用，其提示包含之前说过的内容，因此每次的开头与上次相同。',
    },
    aliases: { en: ['conversation', 'chat', 'multi-turn', 'agent'], zh: ['多轮对话'] },
    related: ['turn', 'branch', 'prefix-caching'],
    knobs: ['turns', 'branches', 'rounds', 'conversation-turns'],
    see: ['card:radix-tree', 'preset:phone'],
  },
  {
    id: 'turn',
    name: { en: 'Turn', zh: '轮' },
    says: {
      en: 'One question and its answer in a session. Prompts grow from turn to turn.',
      zh: '会话中的一问一答。提示逐轮变长。',
    },
    related: ['session', 'think-time'],
    knobs: ['turns', 'conversation-turns'],
  },
  {
    id: 'branch',
    name: { en: 'Branch', zh: '分支' },
    says: {
      en: 'One of several calls that go on from the same answer at the same time, as in a tree of thoughts. They share all tokens before it.',
      zh: '从同一回答同时继续的几个调用之一，如思维树。它们共享之前的全部 token。',
    },
    aliases: { en: ['tree of thoughts', 'parallel sampling'] },
    related: ['session', 'block-sharing', 'radix-tree'],
    knobs: ['branches'],
  },
  {
    id: 'shared-prefix',
    name: { en: 'Shared prefix', zh: '共享前缀' },
    says: {
      en: 'Tokens with which many prompts begin: instructions, examples, a document.',
      zh: '许多提示共同的开头 token：指令、示例或文档。',
    },
    unit: { en: 'tokens', zh: 'token' },
    aliases: { en: ['system prompt', 'common prefix'], zh: ['公共前缀'] },
    related: ['prefix-caching', 'session'],
    knobs: ['prefix-tokens', 'prefix-groups'],
    see: ['card:prefix-cache'],
  },
  {
    id: 'think-time',
    name: { en: 'Think time', zh: '思考时间' },
    says: {
      en: 'Time from an answer to the next question of the same person. Meanwhile the blocks wait in the prefix cache.',
      zh: '同一个人从收到回答到提出下一个问题的时间。其间这些块留在前缀缓存中。',
    },
    unit: { en: 's', zh: '秒' },
    related: ['closed-loop', 'turn'],
    knobs: ['think-time-s'],
  },
  {
    id: 'user',
    name: { en: 'User', zh: '用户' },
    says: {
      en: 'Somebody to whom requests belong. Users do not ask equally often, which only a fair queue takes into account.',
      zh: '请求的归属者。用户提问的频率不同，只有公平的排队次序会考虑这一点。',
    },
    aliases: { en: ['tenant'], zh: ['租户'] },
    related: ['fair-share'],
    knobs: ['users'],
    see: ['preset:fair-share'],
  },
  {
    id: 'batch-job',
    name: { en: 'Batch job', zh: '离线任务' },
    says: {
      en: 'Requests that are all there from the start and of which only the end of the last one counts.',
      zh: '从一开始就全部到齐、只关心最后一个何时完成的请求。',
    },
    aliases: { en: ['offline inference', 'offline batch'], zh: ['离线推断'] },
    related: ['makespan', 'throughput'],
    knobs: ['workload'],
    see: ['preset:static-against-continuous'],
  },
  {
    id: 'seed',
    name: { en: 'Seed', zh: '随机种子' },
    says: {
      en: 'The number from which arrivals and lengths are drawn. Equal seeds give equal requests whatever the engine does, so that two engines can be compared.',
      zh: '抽取到达和长度所用的数。种子相同则请求相同，与引擎无关，因此可以比较两个引擎。',
    },
    aliases: { en: ['random seed'] },
    related: ['determinism', 'confidence-interval'],
    knobs: ['seed'],
  },
];
