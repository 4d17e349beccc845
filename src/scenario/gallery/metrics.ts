/** The numbers that leaves compare. Each has a name, a unit and a direction, and is read from a whole run. */

import type { Text } from '../knob-entry.ts';
import type { Simulated } from '../simulate.ts';

export type MetricId =
  | 'ttft-p50'
  | 'ttft-p99'
  | 'tpot-p50'
  | 'tpot-p99'
  | 'itl-p50'
  | 'itl-max'
  | 'normalised'
  | 'duration'
  | 'tokens-per-s'
  | 'fragmentation'
  | 'running'
  | 'preemptions'
  | 'urgent-ttft'
  | 'light-ttft'
  | 'bubbles';

export interface GalleryMetric {
  readonly name: Text;
  readonly unit: 'us' | 'tokens/s' | 'share' | 'requests' | 'count';
  /** Whether more of it is better. */
  readonly isBetterHigh: boolean;
  value(run: Simulated): number;
}

export const galleryMetrics: Readonly<Record<MetricId, GalleryMetric>> = {
  'ttft-p50': {
    name: { en: 'first token, median', zh: '首 token 延迟中位数' },
    unit: 'us',
    isBetterHigh: false,
    value: ({ account }) => account.distributions.ttft.p50Us,
  },
  'ttft-p99': {
    name: { en: 'first token, P99', zh: '首 token 延迟 P99' },
    unit: 'us',
    isBetterHigh: false,
    value: ({ account }) => account.distributions.ttft.p99Us,
  },
  'tpot-p50': {
    name: { en: 'time per output token, median', zh: '每输出 token 时间中位数' },
    unit: 'us',
    isBetterHigh: false,
    value: ({ account }) => account.distributions.tpot.p50Us,
  },
  'tpot-p99': {
    name: { en: 'time per output token, P99', zh: '每输出 token 时间 P99' },
    unit: 'us',
    isBetterHigh: false,
    value: ({ account }) => account.distributions.tpot.p99Us,
  },
  'itl-p50': {
    name: { en: 'time between tokens, median', zh: 'token 间延迟中位数' },
    unit: 'us',
    isBetterHigh: false,
    value: ({ account }) => account.distributions.itl.p50Us,
  },
  'itl-max': {
    name: { en: 'longest wait between two tokens', zh: '两个 token 之间的最长等待' },
    unit: 'us',
    isBetterHigh: false,
    value: ({ account }) => account.distributions.itl.maxUs,
  },
  normalised: {
    name: { en: 'latency by output token, mean', zh: '按输出 token 计的平均延迟' },
    unit: 'us',
    isBetterHigh: false,
    value: ({ account }) => account.summary.normalisedUs,
  },
  duration: {
    name: { en: 'time until all are done', zh: '全部完成用时' },
    unit: 'us',
    isBetterHigh: false,
    value: ({ account }) => account.summary.durationUs,
  },
  'tokens-per-s': {
    name: { en: 'output tokens a second', zh: '每秒输出 token 数' },
    unit: 'tokens/s',
    isBetterHigh: true,
    value: ({ account }) => account.summary.outputTokensPerS,
  },
  fragmentation: {
    name: { en: 'allocated KV memory that holds nothing', zh: '已分配却空着的 KV 显存' },
    unit: 'share',
    isBetterHigh: false,
    value: ({ account }) => account.summary.fragmentation,
  },
  running: {
    name: { en: 'requests in the batch, mean', zh: '批内平均请求数' },
    unit: 'requests',
    isBetterHigh: true,
    value: ({ account: { summary, series } }) => {
      let runningUs = 0;
      for (let bin = 0; bin < series.count; bin++) runningUs += series.runningUs[bin];
      return runningUs / summary.busyUs;
    },
  },
  preemptions: {
    name: { en: 'preemptions', zh: '抢占次数' },
    unit: 'count',
    isBetterHigh: false,
    value: ({ account }) => account.summary.preemptions,
  },
  'urgent-ttft': {
    name: { en: 'first token of urgent requests, mean', zh: '紧急请求首 token 延迟均值' },
    unit: 'us',
    isBetterHigh: false,
    value: (run) => meanFirstTokenUs(run, (r) => run.built.source.requests.priority[r] !== 0),
  },
  'light-ttft': {
    name: { en: 'first token of who asks little, mean', zh: '请求少的用户首 token 延迟均值' },
    unit: 'us',
    isBetterHigh: false,
    // Users are numbered by how much they ask.
    value: (run) => meanFirstTokenUs(run, (r) => run.account.outcomes.user[r] === 1),
  },
  bubbles: {
    name: { en: 'stages idle while others work', zh: '其他级工作时空闲的比例' },
    unit: 'share',
    isBetterHigh: false,
    value: ({ account }) => account.stages.bubbleShare,
  },
};

/** Mean time to the first token over some of the requests, microseconds. */
function meanFirstTokenUs({ account: { outcomes } }: Simulated, isCounted: (request: number) => boolean): number {
  let sumUs = 0;
  let count = 0;
  for (let r = 0; r < outcomes.count; r++) {
    if (!isCounted(r) || Number.isNaN(outcomes.firstTokenUs[r])) continue;
    sumUs += outcomes.firstTokenUs[r] - outcomes.arrivalUs[r];
    count++;
  }
  return sumUs / count;
}
