import type { GalleryBranch } from '../entry.ts';

/** Q: who goes first when not everybody can. */
export const queueing: GalleryBranch = {
  id: 'queueing',
  name: { en: 'Queue', zh: '请求队列' },
  leaves: [
    {
      id: 'head-of-line',
      name: { en: 'Head-of-line blocking', zh: '队头阻塞' },
      says: {
        en: 'First come, first served lets short answers wait behind long ones. Whoever knew the lengths would take the short ones first.',
        zh: '先来先服务让短回答排在长回答后面。若知道长度，就会先做短的。',
      },
      sides: [
        { name: { en: 'first come', zh: '先来先服务' }, preset: 'shortest-first', set: { 'queue-order': 'fcfs' } },
        { name: { en: 'shortest first', zh: '最短优先' }, preset: 'shortest-first' },
      ],
      metric: 'normalised',
      thumb: { kind: 'rows', fromUs: 60_000_000, toUs: 90_000_000 },
    },
    {
      id: 'burst',
      name: { en: 'Burst', zh: '突发流量' },
      says: {
        en: 'As many tokens an hour, evenly or as they really came: in a burst the GPU is short, between bursts it idles.',
        zh: '每小时 token 数相同，均匀到来或如实到来：突发时 GPU 不够用，间歇时又闲着。',
      },
      sides: [
        { name: { en: 'as recorded', zh: '如实到来' }, preset: 'azure-code', set: { requests: 3000 } },
        {
          name: { en: 'evenly', zh: '均匀到来' },
          preset: 'azure-code',
          // The mean lengths of that traffic.
          set: { requests: 3000, workload: 'lengths', lengths: 'fixed', 'prompt-tokens': 2048, 'output-tokens': 28 },
        },
      ],
      metric: 'ttft-p99',
      thumb: { kind: 'memory' },
    },
    {
      id: 'priority',
      name: { en: 'Priority', zh: '优先级' },
      says: {
        en: 'One request in five is urgent and goes before the others, whenever it came.',
        zh: '五分之一的请求是紧急的，无论何时到来都排在其他请求之前。',
      },
      sides: [
        {
          name: { en: 'first come', zh: '先来先服务' },
          preset: 'shortest-first',
          set: { 'queue-order': 'fcfs', 'urgent-share': 0.2 },
        },
        {
          name: { en: 'by priority', zh: '按优先级' },
          preset: 'shortest-first',
          set: { 'queue-order': 'priority', 'urgent-share': 0.2 },
        },
      ],
      metric: 'urgent-ttft',
      thumb: { kind: 'rows', fromUs: 60_000_000, toUs: 90_000_000 },
    },
    {
      id: 'fair-share',
      name: { en: 'Fair share', zh: '公平调度' },
      says: {
        en: 'One of two users asks four times as much. Served in turn by what each has had, the other does not pay for it.',
        zh: '两个用户之一的请求是另一个的四倍。按各自已得的服务轮流，另一个就不必为此付出代价。',
      },
      sides: [
        { name: { en: 'first come', zh: '先来先服务' }, preset: 'fair-share', set: { 'queue-order': 'fcfs' } },
        { name: { en: 'fair share', zh: '公平' }, preset: 'fair-share' },
      ],
      metric: 'light-ttft',
      thumb: { kind: 'rows', fromUs: 60_000_000, toUs: 90_000_000 },
    },
    {
      id: 'learned-lengths',
      name: { en: 'Learned scheduling', zh: '学习型调度' },
      says: {
        en: 'A predictor that learns the answers’ lengths from this very run comes close to knowing them.',
        zh: '一个在本次运行中学习回答长度的预测器，效果接近事先知道长度。',
      },
      sides: [
        {
          name: { en: 'no prediction', zh: '无预测' },
          preset: 'learned-lengths',
          set: { 'length-prediction': 'none' },
        },
        { name: { en: 'learned', zh: '学习' }, preset: 'learned-lengths' },
      ],
      metric: 'normalised',
      thumb: { kind: 'rows', fromUs: 60_000_000, toUs: 90_000_000 },
    },
    {
      id: 'bandit',
      name: { en: 'A bandit sets the budget', zh: '赌博机设定预算' },
      says: {
        en: 'A learner tries token budgets as the load changes and keeps to what has paid.',
        zh: '学习器随负载变化尝试不同的 token 预算，并坚持用收益好的。',
      },
      sides: [
        { name: { en: 'fixed', zh: '固定' }, preset: 'bandit-budget', set: { bandit: 'off' } },
        { name: { en: 'learned', zh: '学习' }, preset: 'bandit-budget' },
      ],
      metric: 'tpot-p99',
      thumb: { kind: 'bars' },
    },
  ],
};
