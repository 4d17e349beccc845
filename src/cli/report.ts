/** A run in numbers for programs (units in the names) and for people. */

import { idleKnobs } from '../scenario/binding.ts';
import type { Facts } from '../scenario/facts.ts';
import type { Knobs } from '../scenario/knobs.ts';
import { encode } from '../scenario/link.ts';
import { userRows } from '../scenario/user-rows.ts';
import { Bound } from '../sim/decision.ts';
import type { Distribution, LatencyMetric, Outcomes } from '../sim/metrics/result.ts';
import { Status } from '../sim/request.ts';
import { bytes, count, duration, percent, si, table } from './format.ts';
import type { Timed } from './simulate.ts';

export type Report = Readonly<Record<string, unknown>>;

const metrics: readonly LatencyMetric[] = ['ttft', 'itl', 'tpot', 'e2e'];

/** A policy of one's own that a run was made with, and the scenario without it: no link can name the policy. */
export interface OwnPolicy {
  readonly file: string;
  readonly scenario: Knobs;
}

/** Times are milliseconds, rates a second, shares 0 to 1. What did not happen is null. */
export function reportOf(knobs: Knobs, facts: Facts, timed: Timed, own: OwnPolicy | null = null): Report {
  const { summary, distributions, fingerprint } = timed.account;
  const { durationUs, busyUs, stepsByBound, queueingMeanUs, normalisedUs, ...rest } = summary;
  return {
    link: own === null ? encode(knobs, { fingerprint }) : encode(own.scenario),
    ...(own === null ? {} : { policy: { file: own.file } }),
    ...facts,
    ...rest,
    durationS: durationUs / 1e6,
    busyS: busyUs / 1e6,
    queueingMeanMs: finite(queueingMeanUs / 1000),
    normalisedMs: finite(normalisedUs / 1000),
    ...Object.assign({}, ...metrics.map((metric) => latencies(metric, distributions[metric]))),
    stepsByBound: Object.fromEntries(Object.entries(Bound).map(([name, bound]) => [name, stepsByBound[bound] ?? 0])),
    idleKnobs: idleKnobs(knobs, stepsByBound),
    ...userJson(timed),
    wallMs: round(timed.wallMs),
    coldMs: round(timed.coldMs),
    fingerprint,
  };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function latencies(metric: LatencyMetric, d: Distribution): Report {
  const ms = (us: number) => (d.count > 0 ? us / 1000 : null);
  return {
    [`${metric}MeanMs`]: ms(d.meanUs),
    [`${metric}P50Ms`]: ms(d.p50Us),
    [`${metric}P90Ms`]: ms(d.p90Us),
    [`${metric}P99Ms`]: ms(d.p99Us),
    [`${metric}MaxMs`]: ms(d.maxUs),
  };
}

/** The same for people. */
export function textOf(knobs: Knobs, facts: Facts, timed: Timed, own: OwnPolicy | null = null): string {
  const { summary: s, distributions, fingerprint } = timed.account;
  const latencyLine = (d: Distribution) =>
    d.count === 0
      ? '-'
      : `mean ${duration(d.meanUs)}, P50 ${duration(d.p50Us)}, P90 ${duration(d.p90Us)}, P99 ${duration(d.p99Us)}, max ${duration(d.maxUs)}`;
  const bounds = Object.entries(Bound).map(([name, bound]): [string, number] => [name, s.stepsByBound[bound] ?? 0]);
  const bound = bounds.filter(([, n]) => n > 0).map(([name, n]) => `${name} ${percent(s.steps > 0 ? n / s.steps : 0)}`);
  const idle = idleKnobs(knobs, s.stepsByBound);
  return table([
    ['scenario', encode(own === null ? knobs : own.scenario)],
    ...(own === null ? [] : [['policy', own.file] as const]),
    ['engine', `${facts.engine}, ${facts.model} on ${deviceText(facts)}`],
    [
      'limits',
      `${count(facts.tokenBudget)} tokens a step, ${count(facts.seats)} seats, ${count(facts.maxModelLen)} tokens a sequence`,
    ],
    ['KV pool', poolText(facts)],
    [
      'requests',
      `${count(s.requests)}: ${count(s.finished)} finished, ${count(s.rejected)} rejected, ${count(s.aborted)} aborted`,
    ],
    ['simulated time', duration(s.durationUs)],
    ['steps', count(s.steps)],
    ['prompt tokens', `${count(s.promptTokens)}, ${count(s.hitTokens)} tokens taken from the prefix cache`],
    ['output tokens', `${count(s.outputTokens)}, ${si(s.outputTokensPerS)} tokens/s, ${si(s.requestsPerS)} requests/s`],
    ['preemptions', `${count(s.preemptions)}, ${count(s.recomputedTokens)} tokens computed again`],
    ['padding', `${count(s.paddingTokens)} tokens`],
    ['TTFT', latencyLine(distributions.ttft)],
    ['ITL', latencyLine(distributions.itl)],
    ['TPOT', latencyLine(distributions.tpot)],
    ['E2E', latencyLine(distributions.e2e)],
    ['running', `mean ${si(s.runningMean)}, peak ${count(s.runningPeak)} requests`],
    ['queued', `mean ${duration(s.queueingMeanUs)}`],
    ['normalised', `${duration(s.normalisedUs)} a token, mean of E2E by output tokens`],
    ['prefix cache', `${percent(s.hitRate)} of the tokens asked for`],
    [
      'GPU busy',
      `${percent(s.gpuUtilisation)}, MFU ${percent(s.mfu)}${s.mbu === null ? '' : `, MBU ${percent(s.mbu)}`}`,
    ],
    ['KV use', `mean ${percent(s.kvUseMean)}, peak ${percent(s.kvUsePeak)}, fragmentation ${percent(s.fragmentation)}`],
    ...userLines(timed),
    ['what binds', bound.join(', ') || '-'],
    ['binds in no step', idle.join(', ') || '-'],
    ['wallMs', `${round(timed.wallMs)} (coldMs ${round(timed.coldMs)})`],
    ['fingerprint', fingerprint],
  ]);
}

/** The GPUs of an engine, and where its step times come from. */
export function deviceText({ devices, device, evidence, stepErrorMedian }: Facts): string {
  const error = stepErrorMedian === null ? '' : `, median step error ${percent(stepErrorMedian)}`;
  return `${devices > 1 ? `${devices} x ` : ''}${device} (${evidence}${error})`;
}

/** Its room for keys and values. */
export function poolText({ blocks, blockSize, kvPoolBytes }: Facts): string {
  return `${count(blocks)} blocks of ${blockSize} tokens, ${bytes(kvPoolBytes)}`;
}

/** What each of several users got; nothing where one user is alone. */
function userJson(timed: Timed): Report {
  const rows = userRows(timed.account.outcomes);
  if (rows.length < 2) return {};
  return {
    users: rows.map(({ user, requests, finished, ttft, e2e, servedTokens }) => ({
      user,
      requests,
      finished,
      servedTokens,
      ttftMeanMs: finite(ttft.meanUs / 1000),
      ttftP99Ms: finite(ttft.p99Us / 1000),
      e2eMeanMs: finite(e2e.meanUs / 1000),
    })),
  };
}

/** The five users who asked most. */
function userLines(timed: Timed): (readonly [string, string])[] {
  const rows = userRows(timed.account.outcomes);
  if (rows.length < 2) return [];
  return rows
    .slice(0, 5)
    .map(({ user, requests, ttft, e2e, servedTokens }) => [
      `user ${user}`,
      `${count(requests)} requests, TTFT mean ${duration(ttft.meanUs)}, P99 ${duration(ttft.p99Us)}, E2E mean ${duration(e2e.meanUs)}, ${si(servedTokens)} tokens served`,
    ]);
}

/** One line a request: times in seconds, empty where it did not happen. */
export function outcomesCsv(outcomes: Outcomes): string {
  const names = new Map<number, string>(Object.entries(Status).map(([name, status]) => [status, name]));
  const s = (us: number) => (Number.isNaN(us) ? '' : (us / 1e6).toFixed(6));
  // Whoever is alone needs no name.
  const hasUsers = outcomes.user.some((user) => user > 0);
  const lines = [
    `request,status,arrival_s,prompt_tokens,output_tokens,first_scheduled_s,first_token_s,finish_s,preemptions${hasUsers ? ',user' : ''}`,
  ];
  for (let r = 0; r < outcomes.count; r++) {
    lines.push(
      [
        r,
        names.get(outcomes.status[r]) ?? '',
        s(outcomes.arrivalUs[r]),
        outcomes.promptTokens[r],
        outcomes.outputTokens[r],
        s(outcomes.firstScheduledUs[r]),
        s(outcomes.firstTokenUs[r]),
        s(outcomes.finishUs[r]),
        outcomes.preemptions[r],
        ...(hasUsers ? [outcomes.user[r]] : []),
      ].join(','),
    );
  }
  return `${lines.join('\n')}\n`;
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
