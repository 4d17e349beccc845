/** H9: DeepSpeed-FastGen's announcement (November 2023), against vLLM of that month, on four A100. */

import type { Knobs } from '../../knobs.ts';
import { simulateScenario } from '../../simulate.ts';
import type { HeadlineRow, Side, SideResult } from '../entry.ts';
import { linkOf, type Measure, metric, ratio } from '../measure.ts';
import { requestsPerS } from '../metrics.ts';
import type { Probe } from '../probe.ts';
import { launchUs, published } from '../scenarios.ts';
import { effectiveThroughput, type TokenTimes, tokenTimes } from '../token-gaps.ts';

const traffic = {
  workload: 'lengths',
  lengths: 'normal',
  'prompt-tokens': 2600,
  'prompt-spread': 0.3,
  'output-tokens': 60,
  'output-spread': 0.3,
  requests: 512,
  model: 'llama-2-70b',
  device: 'a100-80',
  'tensor-parallel-size': 4,
  'max-model-len': 4096,
  'launch-us-per-layer': launchUs.vllm2023,
} as const;

const sidesOf = (values: Readonly<Record<string, string | number>>): readonly Side[] => [
  {
    name: { en: 'FastGen', zh: 'FastGen' },
    knobs: published('fastgen', {
      ...values,
      'max-ragged-batch-size': 768,
      'max-ragged-sequence-count': 768,
      clients: 16,
    }),
  },
  { name: { en: 'vLLM of 2023', zh: '2023 年的 vLLM' }, knobs: published('vllm-2023', { ...values, clients: 16 }) },
];
const sides = sidesOf(traffic);
const longAnswers = sidesOf({ ...traffic, 'output-tokens': 128 });

/** Clients of the published curves. */
const loads = [1, 2, 4, 6, 8, 12, 16, 20, 24, 28, 32];
/** Tokens a second that a request must keep. */
const tokensPerS = 4;

interface Load {
  readonly knobs: Knobs;
  readonly times: TokenTimes;
  /** Mean latency of a request. */
  readonly latencyS: number;
  readonly perS: number;
  readonly share: number;
  readonly effectivePerS: number;
}

function atClients(probe: Probe, knobs: Knobs, clients: number): Load {
  const at = { ...knobs, clients, requests: probe.requests(knobs.requests) };
  return probe.once(JSON.stringify(at), () => {
    probe.runs++;
    const times = tokenTimes(at);
    const latencies = times.tokenUs.map((us, r) => (us[us.length - 1] - times.arrivalUs[r]) / 1e6);
    const latencyS = latencies.reduce((sum, s) => sum + s, 0) / latencies.length;
    return { knobs: at, times, latencyS, ...effectiveThroughput(times, tokensPerS) };
  });
}

/** The load with the highest effective throughput. */
function best(probe: Probe, knobs: Knobs): Load {
  return loads
    .map((clients) => atClients(probe, knobs, clients))
    .reduce((a, b) => (b.effectivePerS > a.effectivePerS ? b : a));
}

/** The side's number with the link of its run; the run is made once more, for its fingerprint. */
function result(value: number, { knobs }: Load): SideResult {
  const simulated = simulateScenario(knobs, {});
  if (!simulated.ok) throw new Error(JSON.stringify(simulated.problems));
  return { value, link: linkOf(knobs, simulated.value), fingerprint: simulated.value.account.fingerprint };
}

const effective: Measure = (probe, [fastGen, vllm]) => {
  const [a, b] = [best(probe, fastGen.knobs), best(probe, vllm.knobs)];
  return { ours: a.effectivePerS / b.effectivePerS, sides: [result(a.effectivePerS, a), result(b.effectivePerS, b)] };
};

/** Share of the requests of the one side that break their promise where it serves most of those that keep it. */
const failed: Measure = (probe, [side]) => {
  const at = best(probe, side.knobs);
  const percent = 100 * (1 - at.share);
  return { ours: percent, sides: [result(percent, at)] };
};

/** 95th percentile of all gaps between tokens. */
const tail: Measure = (probe, both) => {
  const results = both.map(({ knobs }) => {
    const at = atClients(probe, knobs, 16);
    const gaps = at.times.tokenUs.flatMap((us) => us.slice(1).map((t, i) => t - us[i])).sort((a, b) => a - b);
    return result(gaps[Math.floor(0.95 * gaps.length)] / 1000, at);
  });
  return { ours: results[1].value / results[0].value, sides: results };
};

/** Requests a second at nine seconds of mean latency, between the loads on both sides of it. */
const atNineSeconds: Measure = (probe, both) => {
  const results = both.map(({ knobs }) => {
    const curve = loads.map((clients) => atClients(probe, knobs, clients));
    const above = curve.findIndex(({ latencyS }) => latencyS > 9);
    if (above < 1) {
      const end = above < 0 ? curve[curve.length - 1] : curve[0];
      return result(end.perS, end);
    }
    const [low, high] = [curve[above - 1], curve[above]];
    const share = (9 - low.latencyS) / (high.latencyS - low.latencyS);
    return result(low.perS + share * (high.perS - low.perS), low);
  });
  return { ours: results[0].value / results[1].value, sides: results };
};

const source = 'FastGen blog, 2023-11';
const assumptions = {
  en: 'Llama-2-70B on four A100 80 GB with tensor parallelism; prompts normal about 2,600 tokens, answers about 60, 30 % deviation, up to 4,096 in all (lengths as drawn: no early end); 1 to 32 clients that ask again at once, 512 requests; a request counts if its first token comes within a second for every 512 prompt tokens and its moving average of gaps stays below 1/4 s. Both: 0.55 ms to launch a layer. Seed 7.',
  zh: '四块 A100 80 GB 张量并行的 Llama-2-70B；提示约 2,600 个 token、回答约 60 个，正态分布，标准差 30 %，总长不超过 4,096（按采样长度，不提前结束）；1 到 32 个收到回答后立即再问的客户端，共 512 个请求；首 token 在每 512 个提示 token 一秒之内、且间隔的移动平均低于 1/4 秒的请求才计入。双方每层启动 0.55 毫秒。种子 7。',
};

export const fastGenRows: readonly HeadlineRow[] = [
  {
    id: 'H9',
    claim: { en: 'Effective throughput of FastGen over vLLM', zh: 'FastGen 对 vLLM 的有效吞吐量' },
    published: { low: 2.3, high: 2.3, mark: 'V', source },
    unit: 'x',
    sideUnit: 'requests/s',
    sides,
    measure: effective,
    assumptions,
    remark: {
      en: 'Both serve more here than was published (1.42 and 0.63), vLLM by more: our prompts of 2,600 tokens take 0.5 s on four A100, and what they stall is shorter than it was in November 2023.',
      zh: '双方在这里都高于发表的 1.42 与 0.63，vLLM 高出更多：我们在四块 A100 上计算 2,600 token 的提示需 0.5 秒，造成的停顿比 2023 年 11 月时短。',
    },
  },
  {
    id: 'H9-failed',
    claim: {
      en: 'Requests of vLLM that break their promise at its highest effective throughput',
      zh: 'vLLM 在有效吞吐量最高时未达标的请求',
    },
    published: { low: 28, high: 28, mark: 'V', source },
    unit: '%',
    sideUnit: '%',
    sides: [sides[1]],
    measure: failed,
    assumptions,
    remark: {
      en: 'The same: shorter stalls break fewer promises.',
      zh: '同样的原因：停顿较短，未达标的较少。',
    },
  },
  {
    id: 'H9b',
    claim: {
      en: 'P95 gap between tokens of 16 clients, how many times lower with FastGen',
      zh: '16 个客户端时 token 间隔的 P95，FastGen 低多少倍',
    },
    published: { low: 3.7, high: 3.7, mark: 'V', source },
    unit: 'x',
    sideUnit: 'ms',
    sides: longAnswers,
    measure: tail,
    assumptions: {
      en: 'As H9, with answers of about 128 tokens.',
      zh: '同 H9，回答约 128 个 token。',
    },
    remark: {
      en: 'A gap of FastGen is a step of 768 tokens, one of vLLM the time of a whole prompt.',
      zh: 'FastGen 的间隔是一步 768 个 token 的时间，vLLM 的间隔是整个提示的时间。',
    },
  },
  {
    id: 'H9c',
    claim: {
      en: 'Requests a second at nine seconds of mean latency, FastGen over vLLM',
      zh: '平均延迟九秒时的每秒请求数，FastGen 对 vLLM',
    },
    published: { low: 2.03, high: 2.03, mark: 'V', source: `${source}: 1.36 and 0.67 requests/s` },
    unit: 'x',
    sideUnit: 'requests/s',
    sides,
    measure: atNineSeconds,
    assumptions,
    remark: {
      en: 'Mean latency forgives stalls, so little is to be gained here: the same prompts are computed either way. The published vLLM served 0.67 a second at that latency, ours twice that, and FastGen about as much as was published (1.36).',
      zh: '平均延迟不在意停顿，因此收益不大：双方计算同样的提示。发表的 vLLM 在该延迟下每秒 0.67 个，我们的是其两倍；FastGen 与发表的 1.36 相近。',
    },
  },
  {
    id: 'H9d',
    claim: {
      en: 'Requests a second of sixteen replicas of FastGen over one',
      zh: 'FastGen 十六个副本对一个的每秒请求数',
    },
    published: { low: 16.2, high: 16.2, mark: 'V', source: `${source}: 23.7 and 1.46 requests/s` },
    unit: 'x',
    sideUnit: 'requests/s',
    sides: [
      {
        name: { en: '16 replicas, 256 clients', zh: '16 个副本，256 个客户端' },
        knobs: { ...sides[0].knobs, replicas: 16, clients: 256, requests: 8192 },
      },
      { name: { en: 'One replica, 16 clients', zh: '一个副本，16 个客户端' }, knobs: sides[0].knobs },
    ],
    measure: ratio(metric(requestsPerS)),
    assumptions: {
      en: 'As H9, on sixteen times four GPUs behind a round-robin router; sixteen clients and 512 requests a replica.',
      zh: '同 H9，共十六组四块 GPU，轮询路由；每个副本十六个客户端、512 个请求。',
    },
    remark: {
      en: 'Replicas share nothing but the router, and clients that ask again at once keep all of them busy. What is lost is evenness: answers differ, so at times one replica has more than sixteen requests and another fewer.',
      zh: '副本之间只共用路由器，收到回答后立即再问的客户端使它们都保持忙碌。损失来自不均匀：回答长短不一，有时一个副本多于十六个请求，另一个少于。',
    },
  },
];
