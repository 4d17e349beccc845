import type { Distribution, LatencyMetric } from '../sim/metrics/result.ts';
import { ttftUsOf } from '../sim/metrics/summarise.ts';
import { bindings } from './binding.ts';
import type { KnobEntry } from './knob-entry.ts';
import type { Knobs } from './knobs.ts';
import { isRead, knobEntry, knobValue, registry } from './registry.ts';
import type { Simulated } from './simulate.ts';
import { clampValue, type KnobValue } from './value.ts';

/** What should become smaller. */
export type Aim =
  /** A latency of one request. */
  | { readonly of: 'request'; readonly request: number; readonly metric: 'ttft' | 'e2e' }
  /** A latency of the whole run. */
  | { readonly of: 'run'; readonly metric: LatencyMetric; readonly at: 'mean' | 'p50' | 'p90' | 'p99' };

/** One knob set otherwise, and what that does. Changes are relative: -0.31 is 31 % less. */
export interface Advice {
  readonly knob: string;
  readonly from: KnobValue;
  readonly to: KnobValue;
  readonly wasUs: number;
  readonly isUs: number;
  readonly change: number;
  /** What else changes in the run. */
  readonly effects: {
    readonly ttftP99: number;
    readonly itlP99: number;
    readonly e2eP99: number;
    readonly outputTokensPerS: number;
  };
}

/** First values to try of knobs that are off, or leave the choice to the engine: of those another one than it makes (4 slots; chunks of 8,192). */
const whenOff: Readonly<Record<string, number>> = {
  'long-prefill-token-threshold': 512,
  watermark: 0.01,
  parallel: 8,
  'chunked-prefill-size': 2048,
  'max-queue-delay-microseconds': 10_000,
};
/**
 * Knobs that are not tried: sizes that the model or the memory gives, which change what can be served, not how; how often
 * drafts are right, which nobody can set; what every engine has; and scheduling ahead and captured graphs, whose gain is
 * host time that a step's cost holds either way, so that only their price would show.
 */
const leftOut: readonly string[] = [
  'max-model-len',
  'num-gpu-blocks-override',
  'kv-tokens',
  'gpu-memory-utilization',
  'async-scheduling',
  'enforce-eager',
  'max-cudagraph-capture-size',
  'disable-cuda-graph',
  'cuda-graph-max-bs',
  'acceptance-rate',
  'flash-attention',
];

/** What a run tells about a knob's effect; latencies in microseconds. */
export interface Tried {
  readonly fingerprint: string;
  /** What the aim is about; NaN where the request was refused. */
  readonly aimUs: number;
  readonly ttftP99Us: number;
  readonly itlP99Us: number;
  readonly e2eP99Us: number;
  readonly outputTokensPerS: number;
}

/** One knob set otherwise. */
export interface Setting {
  readonly knob: string;
  readonly to: KnobValue;
}

/** Reads from a finished run what the advice needs of it. */
export function tried({ distributions, summary, outcomes, fingerprint }: Simulated['account'], aim: Aim): Tried {
  return {
    fingerprint,
    aimUs: latencyUs(aim, { distributions, outcomes }),
    ttftP99Us: distributions.ttft.p99Us,
    itlP99Us: distributions.itl.p99Us,
    e2eP99Us: distributions.e2e.p99Us,
    outputTokensPerS: summary.outputTokensPerS,
  };
}

/** What a setting does; null where it changes nothing, or refuses the request that should have been helped. */
export function adviceOf(knobs: Knobs, { knob, to }: Setting, was: Tried, is: Tried): Advice | null {
  if (is.fingerprint === was.fingerprint || Number.isNaN(is.aimUs)) return null;
  return {
    knob,
    from: knobValue(knobs, knobEntry(knob)),
    to,
    wasUs: was.aimUs,
    isUs: is.aimUs,
    change: relative(was.aimUs, is.aimUs),
    effects: {
      ttftP99: relative(was.ttftP99Us, is.ttftP99Us),
      itlP99: relative(was.itlP99Us, is.itlP99Us),
      e2eP99: relative(was.e2eP99Us, is.e2eP99Us),
      outputTokensPerS: relative(was.outputTokensPerS, is.outputTokensPerS),
    },
  };
}

/** The most helpful first. */
export function ranked(advice: readonly Advice[]): Advice[] {
  return [...advice].sort((a, b) => a.change - b.change);
}

/** The settings next to the present one, one knob apart. */
export function settingsNear(knobs: Knobs, stepsByBound: readonly number[]): Setting[] {
  const idle = new Set(bindings(knobs, stepsByBound).flatMap((b) => (b.steps === 0 ? [b.knob] : [])));
  return (
    registry()
      .filter((entry) => (entry.group === 'engine' || entry.group === 'memory') && !leftOut.includes(entry.name))
      // With a fixed number of blocks their size would change the memory.
      .filter((entry) => entry.name !== 'block-size' || knobs['num-gpu-blocks-override'] === 0)
      .filter((entry) => isRead(entry, knobs) && entry.type !== 'choice')
      .flatMap((entry) =>
        valuesNear(entry, knobValue(knobs, entry), idle.has(entry.name)).map((to) => ({ knob: entry.name, to })),
      )
  );
}

function valuesNear(entry: KnobEntry, value: KnobValue, isIdle: boolean): KnobValue[] {
  if (entry.type === 'switch') return [value !== true];
  if (entry.type === 'choice' || typeof value !== 'number') return [];
  if (value === 0) return entry.name in whenOff ? [whenOff[entry.name] ?? 0] : [];
  const wanted = isIdle ? [value / 2] : [value * 2, value / 2];
  return wanted.map((v) => clampValue(entry, v)).filter((v) => v !== value && v !== 0);
}

function latencyUs(aim: Aim, account: Pick<Simulated['account'], 'distributions' | 'outcomes'>): number {
  if (aim.of === 'run') return at(account.distributions[aim.metric], aim.at);
  const { outcomes } = account;
  if (aim.request >= outcomes.count) return Number.NaN;
  return aim.metric === 'ttft'
    ? ttftUsOf(outcomes, aim.request)
    : outcomes.finishUs[aim.request] - outcomes.arrivalUs[aim.request];
}

function at(distribution: Distribution, name: 'mean' | 'p50' | 'p90' | 'p99'): number {
  switch (name) {
    case 'mean':
      return distribution.meanUs;
    case 'p50':
      return distribution.p50Us;
    case 'p90':
      return distribution.p90Us;
    case 'p99':
      return distribution.p99Us;
  }
}

function relative(was: number, is: number): number {
  return is === was ? 0 : is / was - 1;
}
