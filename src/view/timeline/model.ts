/** What the GPU did: one slice a step, and the gaps between them; from far away, shares of time by phase. Plain data. */

import type { Translate } from '../../i18n/i18n.ts';
import type { Frame, StepWindow } from '../../protocol/frame.ts';
import type { RunResult, Series } from '../../protocol/run.ts';
import type { Format } from '../../ui/use-format.ts';
import { onceARun } from '../once-a-run.ts';
import { idleOf, idleOfRun, idleOfRunMean, type Lane, lanesOf, type Piece } from './lanes.ts';
import { type TransferLane, transferLane } from './transfers.ts';

export type Phase = 'prefill' | 'decode' | 'mixed' | 'encoding';

/** One step, from its start in the first stage to its end in the last one. */
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

/** The GPUs that work on a step together: all of them, or those of one stage of a pipeline. */
export interface StageLane extends Lane {
  readonly name: string;
  /** The whole run in equal stretches up to its end; empty while single steps are shown. */
  readonly stretches: readonly Shares[];
}

export interface TimelineModel {
  /** In the order in which a step goes through them; at least one. */
  readonly lanes: readonly StageLane[];
  /** The last steps, oldest first, and those that are still under way when the first of them starts; empty while the whole run is shown. */
  readonly slices: readonly Slice[];
  /** Whether single steps are shown, or stretches of the whole run. */
  readonly isWhole: boolean;
  /** KV that comes or goes; null where prefill and decode are together. */
  readonly transfers: TransferLane | null;
  /** End of the run, microseconds. */
  readonly runUs: number;
  readonly whole: Shares;
  readonly fromUs: number;
  readonly toUs: number;
  /** Simulated time of the shown step. */
  readonly nowUs: number;
  readonly xScale: 'step' | 'time';
  /** Steps of one width may be chosen: what runs side by side has no place on an axis of steps. */
  readonly hasXChoice: boolean;
  /** Of a pipeline's time in which a step runs somewhere, the share in which a stage has nothing to do. */
  readonly bubbleShare: number;
  /** Idle share of the whole run, and of what is in view; of a pipeline the mean over its stages. */
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
  /** The same steps by stage of its pipeline. */
  readonly lanes: readonly (readonly Piece[])[];
  /** The whole of it in equal stretches up to `toUs`, of a pipeline the mean over its stages; empty while single steps are shown. */
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

/** Models of one step after the other: where the whole run is shown only the shown time differs. */
export function timelineModels(
  input: Omit<TimelineInput, 'frame' | 'pinned'> & { readonly pinned: RunResult | null },
  t: Translate,
  format: Format,
): (frame: Frame | null, pinnedFrame: Frame | null) => TimelineModel {
  const at = (frame: Frame | null, pinnedFrame: Frame | null) => {
    const pinned = input.pinned === null ? null : { result: input.pinned, frame: pinnedFrame };
    return timelineModel({ ...input, frame, pinned }, t, format);
  };
  if (input.shown > 0) return at;
  let whole: TimelineModel | null = null;
  return (frame) => {
    whole ??= at(null, null);
    return { ...whole, nowUs: timeOf(frame) };
  };
}

const timeOf = (frame: Frame | null): number => frame?.nowUs ?? Number.NaN;

export function timelineModel(input: TimelineInput, t: Translate, format: Format): TimelineModel {
  const { frame, result, focus, shown } = input;
  const isWhole = shown === 0;
  const ownUs = Math.max(1, result?.summary.durationUs ?? 1);
  const beside = input.pinned ?? null;
  const durationUs = Math.max(ownUs, beside?.result.summary.durationUs ?? 0);
  const view = frame === null || isWhole ? null : viewOf(frame.window, shown);
  const slices = frame === null || view === null ? [] : slicesOf(frame.window, view.first, focus);
  const fromUs = view?.fromUs ?? 0;
  const toUs = isWhole ? durationUs : (view?.toUs ?? 1);
  const lanes = stageLanes(input, view, ownUs, t, format);
  const isPipeline = lanes.length > 1 || (beside?.result.stages.busyUs.length ?? 1) > 1;
  const whole = result === null ? { prefill: 0, mixed: 0, decode: 0 } : sharesOfRun(result);
  const idleRun = result === null ? 1 : idleOfRunMean(result);
  const transfers = result === null ? null : transferLane(result, [fromUs, toUs], isWhole ? mostStretches : 0);
  const hasXChoice = !isPipeline && transfers === null;
  return {
    lanes,
    slices,
    isWhole,
    transfers,
    runUs: ownUs,
    whole,
    fromUs,
    toUs,
    nowUs: timeOf(frame),
    xScale: isWhole || !hasXChoice ? 'time' : input.xScale,
    hasXChoice,
    bubbleShare: result?.stages.bubbleShare ?? 0,
    idleRun,
    idleView: isWhole ? idleRun : idleOf(lanes),
    focus,
    pinned: beside === null ? null : pinnedLane(beside, input),
  };
}

/** The steps in view: window positions from `first` on, between two times. */
interface View {
  readonly first: number;
  readonly fromUs: number;
  readonly toUs: number;
}

/** The last `shown` steps; in a pipeline also those that are still in a later stage when the first of them starts. */
function viewOf({ count, startUs, endUs, stages }: StepWindow, shown: number): View | null {
  if (count === 0) return null;
  let first = Math.max(0, count - shown);
  const fromUs = startUs[first];
  while (stages.count > 1 && first > 0 && endUs[first - 1] > fromUs) first--;
  return { first, fromUs, toUs: endUs[count - 1] };
}

function stageLanes(
  { frame, result }: TimelineInput,
  view: View | null,
  ownUs: number,
  t: Translate,
  format: Format,
): readonly StageLane[] {
  const stages = result?.stages.busyUs.length ?? 1;
  const gpus = (result?.facts.devices ?? 1) / stages;
  const count = format.count(gpus);
  const nameOf = (stage: number): string => {
    if (stages === 1) return gpus > 1 ? t('timeline.gpus', { count }) : t('timeline.gpu', { number: 0 });
    const number = format.count(stage + 1);
    return gpus > 1 ? t('timeline.stageGpus', { number, count }) : t('timeline.stage', { number });
  };
  if (frame !== null && view !== null) {
    const lanes = lanesOf(frame.window, view.first, [view.fromUs, view.toUs], frame.isLast, result);
    return lanes.map((lane, stage) => ({ ...lane, name: nameOf(stage), stretches: [] }));
  }
  return Array.from({ length: stages }, (_, stage) => {
    const idle = idleOfRun(result, stage, ownUs);
    return {
      name: nameOf(stage),
      pieces: [],
      fromUs: 0,
      toUs: ownUs,
      idleView: idle,
      idleRun: idle,
      stretches: result === null ? [] : stretchesOf(result.series, busyOf(result, stage), ownUs),
    };
  });
}

/** When a stage is busy, in the bins of the run's series; with one stage it is the series itself. */
function busyOf({ series, stages, stageSeries }: RunResult, stage: number): Busy {
  if (stages.busyUs.length === 1) return series;
  const row = (column: Float64Array) => column.subarray(stage * series.count, (stage + 1) * series.count);
  return { busyUs: row(stageSeries.busyUs), prefillUs: row(stageSeries.prefillUs), mixedUs: row(stageSeries.mixedUs) };
}

/** The mean of it over all stages. */
const meanBusyOf = onceARun((result: RunResult): Busy => {
  const stages = Array.from(result.stages.busyUs, (_, stage) => busyOf(result, stage));
  const mean = (name: keyof Busy) =>
    stages[0][name].map((_, bin) => stages.reduce((sum, each) => sum + each[name][bin], 0) / stages.length);
  return { busyUs: mean('busyUs'), prefillUs: mean('prefillUs'), mixedUs: mean('mixedUs') };
});

function pinnedLane(
  { result: pinned, frame }: NonNullable<TimelineInput['pinned']>,
  { result, shown, focus }: TimelineInput,
): PinnedLane {
  const isWhole = shown === 0;
  const difference = result?.branching?.difference ?? null;
  const toUs = Math.max(1, pinned.summary.durationUs);
  const view = frame === null || isWhole ? null : viewOf(frame.window, shown);
  const slices = frame === null || view === null ? [] : slicesOf(frame.window, view.first, focus);
  return {
    slices,
    lanes:
      frame === null || view === null
        ? []
        : lanesOf(frame.window, view.first, [view.fromUs, view.toUs], frame.isLast, pinned).map(({ pieces }) => pieces),
    stretches: isWhole ? stretchesOf(pinned.series, meanBusyOf(pinned), toUs) : [],
    toUs,
    idleRun: idleOfRunMean(pinned),
    sameUs: difference?.timeUs ?? Number.POSITIVE_INFINITY,
    sameSteps: difference?.step ?? Number.POSITIVE_INFINITY,
  };
}

function slicesOf(window: StepWindow, first: number, focus: number): readonly Slice[] {
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

function stretchesOf(series: Series, busy: Busy, durationUs: number): readonly Shares[] {
  const by = Math.max(1, Math.ceil(series.count / mostStretches));
  return Array.from({ length: Math.ceil(series.count / by) }, (_, i) => {
    const [from, to] = [i * by, Math.min(series.count, (i + 1) * by)];
    return sharesOf(busy, from, to, Math.min(durationUs, to * series.binUs) - from * series.binUs);
  });
}

type Busy = Pick<Series, 'busyUs' | 'prefillUs' | 'mixedUs'>;

function sharesOf(series: Busy, from: number, to: number, us: number): Shares {
  const sum = (column: Float64Array) => {
    let all = 0;
    for (let i = from; i < to; i++) all += column[i];
    return us <= 0 ? 0 : Math.min(1, all / us);
  };
  const [busy, prefill, mixed] = [sum(series.busyUs), sum(series.prefillUs), sum(series.mixedUs)];
  return { prefill, mixed, decode: Math.max(0, busy - prefill - mixed) };
}
