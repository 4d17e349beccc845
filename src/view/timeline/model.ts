/** What the GPU did: one slice a step, and the gaps between them; from far away, shares of time by phase. Plain data. */

import type { Translate } from '../../i18n/i18n.ts';
import type { Frame, StepWindow } from '../../protocol/frame.ts';
import type { RunResult, Series } from '../../protocol/run.ts';
import type { Format } from '../../ui/use-format.ts';

export type Phase = 'prefill' | 'decode' | 'mixed' | 'encoding';

/** One step on the GPU. */
export interface Slice {
  readonly step: number;
  readonly startUs: number;
  readonly endUs: number;
  readonly phase: Phase;
  /** Idle time before it; 0 for the first in view. */
  readonly idleUs: number;
  /** Parts of the step's time that wait for a transfer, and that encode images or audio. */
  readonly transferUs: number;
  readonly encodingUs: number;
  /** Tokens computed for nothing, of all tokens of the step, 0 to 1. */
  readonly paddingShare: number;
  /** The request in focus takes part. */
  readonly hasFocus: boolean;
}

/** Shares of a stretch of time; what is missing to 1 is idle. */
export interface Shares {
  readonly prefill: number;
  readonly mixed: number;
  readonly decode: number;
}

export interface TimelineModel {
  readonly lane: string;
  /** The last steps, oldest first; empty while the whole run is shown. */
  readonly slices: readonly Slice[];
  /** The whole run in equal stretches up to its end; empty while single steps are shown. */
  readonly stretches: readonly Shares[];
  /** End of the run, microseconds. */
  readonly runUs: number;
  readonly whole: Shares;
  readonly fromUs: number;
  readonly toUs: number;
  /** Simulated time of the shown step. */
  readonly nowUs: number;
  readonly xScale: 'step' | 'time';
  /** Idle share of the whole run, and of what is in view. */
  readonly idleRun: number;
  readonly idleView: number;
  readonly focus: number;
  /** A run that is kept beside it; null without one. */
  readonly pinned: PinnedLane | null;
}

/** The lane of a run that is kept beside the shown one, over the same time. */
export interface PinnedLane {
  /** Its last steps up to the linked moment, oldest first; empty while the whole run is shown. */
  readonly slices: readonly Slice[];
  /** The whole of it in equal stretches up to `toUs`; empty while single steps are shown. */
  readonly stretches: readonly Shares[];
  readonly toUs: number;
  readonly idleRun: number;
  /** Up to when both runs are the same, microseconds; infinite where they do not differ. */
  readonly sameUs: number;
  /** The first step that differs; infinite where none does. */
  readonly sameSteps: number;
}

export interface TimelineInput {
  readonly frame: Frame | null;
  readonly result: RunResult | null;
  readonly focus: number;
  readonly xScale: 'step' | 'time';
  /** How many of the last steps; 0 = the whole run. */
  readonly shown: number;
  /** The run that is kept beside it, and what of it goes with the shown step. */
  readonly pinned?: { readonly result: RunResult; readonly frame: Frame | null } | null;
}

/** Steps that are shown, from near to far; 0 = the whole run. */
export const zooms = [10, 20, 40, 80, 160, 240, 0] as const;

/** More stretches than this are narrower than a pixel. */
const mostStretches = 360;

export function timelineModel(input: TimelineInput, t: Translate, format: Format): TimelineModel {
  const { frame, result, focus, shown } = input;
  const devices = result?.facts.devices ?? 1;
  const series = result?.series ?? null;
  const isWhole = shown === 0;
  const ownUs = Math.max(1, result?.summary.durationUs ?? 1);
  const beside = input.pinned ?? null;
  const durationUs = Math.max(ownUs, beside?.result.summary.durationUs ?? 0);
  const slices = frame === null || isWhole ? [] : slicesOf(frame.window, shown, focus);
  const fromUs = isWhole ? 0 : (slices[0]?.startUs ?? 0);
  const toUs = isWhole ? durationUs : (slices[slices.length - 1]?.endUs ?? 1);
  const idleUs = slices.reduce((sum, slice) => sum + slice.idleUs, 0);
  const whole = result === null ? { prefill: 0, mixed: 0, decode: 0 } : sharesOfRun(result);
  const idleRun = 1 - whole.prefill - whole.mixed - whole.decode;
  return {
    lane: devices > 1 ? t('timeline.gpus', { count: format.count(devices) }) : t('timeline.gpu', { number: 0 }),
    slices,
    stretches: isWhole && series !== null ? stretchesOf(series, ownUs) : [],
    runUs: ownUs,
    whole,
    fromUs,
    toUs,
    nowUs: frame?.nowUs ?? Number.NaN,
    xScale: isWhole ? 'time' : input.xScale,
    idleRun,
    idleView: isWhole ? idleRun : idleUs / Math.max(1, toUs - fromUs),
    focus,
    pinned: beside === null ? null : pinnedLane(beside, input),
  };
}

function pinnedLane(
  { result: pinned, frame }: NonNullable<TimelineInput['pinned']>,
  { result, shown, focus }: TimelineInput,
): PinnedLane {
  const isWhole = shown === 0;
  const shares = sharesOfRun(pinned);
  const difference = result?.branching?.difference ?? null;
  const toUs = Math.max(1, pinned.summary.durationUs);
  return {
    slices: frame === null || isWhole ? [] : slicesOf(frame.window, shown, focus),
    stretches: isWhole ? stretchesOf(pinned.series, toUs) : [],
    toUs,
    idleRun: 1 - shares.prefill - shares.mixed - shares.decode,
    sameUs: difference?.timeUs ?? Number.POSITIVE_INFINITY,
    sameSteps: difference?.step ?? Number.POSITIVE_INFINITY,
  };
}

function slicesOf(window: StepWindow, shown: number, focus: number): readonly Slice[] {
  const first = Math.max(0, window.count - shown);
  return Array.from({ length: window.count - first }, (_, at): Slice => {
    const i = first + at;
    const tokens = window.prefillTokens[i] + window.decodeTokens[i] + window.paddingTokens[i];
    return {
      step: window.firstStep + i,
      startUs: window.startUs[i],
      endUs: window.endUs[i],
      phase: phaseOf(window, i),
      idleUs: at === 0 ? 0 : Math.max(0, window.startUs[i] - window.endUs[i - 1]),
      transferUs: window.transferUs[i],
      encodingUs: window.encodingUs[i],
      paddingShare: tokens === 0 ? 0 : window.paddingTokens[i] / tokens,
      hasFocus: focus >= 0 && takesPart(window, i, focus),
    };
  });
}

function phaseOf(window: StepWindow, i: number): Phase {
  if (window.prefillTokens[i] > 0) return window.decodeTokens[i] > 0 ? 'mixed' : 'prefill';
  return window.decodeTokens[i] === 0 && window.encodingUs[i] > 0 ? 'encoding' : 'decode';
}

function takesPart(window: StepWindow, i: number, request: number): boolean {
  for (let entry = window.entryStart[i]; entry < window.entryStart[i + 1]; entry++)
    if (window.entryRequest[entry] === request) return true;
  return false;
}

export function sharesOfRun({ series, summary }: RunResult): Shares {
  return sharesOf(series, 0, series.count, Math.max(1, summary.durationUs));
}

function stretchesOf(series: Series, durationUs: number): readonly Shares[] {
  const by = Math.max(1, Math.ceil(series.count / mostStretches));
  return Array.from({ length: Math.ceil(series.count / by) }, (_, i) => {
    const [from, to] = [i * by, Math.min(series.count, (i + 1) * by)];
    return sharesOf(series, from, to, Math.min(durationUs, to * series.binUs) - from * series.binUs);
  });
}

function sharesOf(series: Series, from: number, to: number, us: number): Shares {
  const sum = (column: Float64Array) => {
    let all = 0;
    for (let i = from; i < to; i++) all += column[i];
    return us <= 0 ? 0 : Math.min(1, all / us);
  };
  const [busy, prefill, mixed] = [sum(series.busyUs), sum(series.prefillUs), sum(series.mixedUs)];
  return { prefill, mixed, decode: Math.max(0, busy - prefill - mixed) };
}
