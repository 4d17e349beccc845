import type { Distribution, LatencyMetric } from '../sim/metrics/result.ts';
import { ttftUsOf } from '../sim/metrics/summarise.ts';
import { bindings } from './binding.ts';
import type { Materials } from './build.ts';
import type { KnobEntry } from './knob-entry.ts';
import type { Knobs } from './knobs.ts';
import { isRead, knobEntry, knobValue, registry } from './registry.ts';
import type { Result } from './result.ts';
import { type Simulated, simulateScenario } from './simulate.ts';
import { clampValue, type KnobValue, withValue } from './value.ts';

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

/** First values to try of knobs that are off. */
const whenOff: Readonly<Record<string, number>> = { 'long-prefill-token-threshold': 512, watermark: 0.01 };
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

/**
 * What would have helped: every engine and memory knob twice and half as large, or switched over, each simulated again;
 * the most helpful first. Settings that cannot run, that change nothing, or that lift a limit which binds in no step are
 * left out.
 * @param progress told before every simulation
 */
export function advise(
  knobs: Knobs,
  materials: Materials,
  aim: Aim,
  progress: (done: number, all: number) => void = () => {},
): Result<Advice[]> {
  const base = simulateScenario(knobs, materials);
  if (!base.ok) return base;
  const tries = neighbours(knobs, base.value.account.summary.stepsByBound);
  const wasUs = latencyUs(aim, base.value);
  const found: Advice[] = [];
  tries.forEach(({ knob, to }, i) => {
    progress(i, tries.length);
    const other = simulateScenario(withValue(knobs, knob, to), materials);
    if (!other.ok || other.value.account.fingerprint === base.value.account.fingerprint) return;
    const isUs = latencyUs(aim, other.value);
    // A request that is refused under the other setting was not helped.
    if (Number.isNaN(isUs)) return;
    const effects = effectsOf(base.value, other.value);
    found.push({
      knob,
      from: knobValue(knobs, knobEntry(knob)),
      to,
      wasUs,
      isUs,
      change: relative(wasUs, isUs),
      effects,
    });
  });
  return { ok: true, value: found.sort((a, b) => a.change - b.change) };
}

/** The settings next to the present one, one knob apart. */
function neighbours(knobs: Knobs, stepsByBound: readonly number[]): { knob: string; to: KnobValue }[] {
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

function latencyUs(aim: Aim, { account }: Simulated): number {
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

function effectsOf(was: Simulated, is: Simulated): Advice['effects'] {
  const p99 = (metric: LatencyMetric) =>
    relative(was.account.distributions[metric].p99Us, is.account.distributions[metric].p99Us);
  return {
    ttftP99: p99('ttft'),
    itlP99: p99('itl'),
    e2eP99: p99('e2e'),
    outputTokensPerS: relative(was.account.summary.outputTokensPerS, is.account.summary.outputTokensPerS),
  };
}

function relative(was: number, is: number): number {
  return is === was ? 0 : is / was - 1;
}
