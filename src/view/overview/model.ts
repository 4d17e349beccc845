import { type EventColumns, EventKind, type RunResult, type Series } from '../../protocol/run.ts';

/** The whole run at a glance: one column a bin, by simulated time. */
export interface OverviewModel {
  readonly durationUs: number;
  /** Where column i starts; `columns + 1` entries, the last one is the end of the run. */
  readonly startUs: Float64Array;
  /** Tokens a second, prompt and generated ones apart. */
  readonly prefillPerS: Float64Array;
  readonly decodePerS: Float64Array;
  /** Highest sum of the two; 0 where nothing was computed. */
  readonly peakPerS: number;
  /** Share of the KV pool in use, 0 to 1. */
  readonly kvUse: Float64Array;
  readonly marks: readonly OverviewMark[];
}

/** Events that would fall on each other are one mark, coloured for the gravest. */
export interface OverviewMark {
  readonly timeUs: number;
  readonly isLoss: boolean;
  readonly count: number;
}

/** Columns with fewer steps than this would show single steps as teeth of a comb. */
const stepsPerColumn = 3;

/** Sums the run's series into at most `maxColumns` columns and its events into at most `maxMarks` marks. */
export function overviewModel(result: RunResult, maxColumns: number, maxMarks: number): OverviewModel {
  const { series, events, facts, summary } = result;
  const durationUs = summary.durationUs;
  const wanted = Math.min(maxColumns, Math.max(1, Math.floor(summary.steps / stepsPerColumn)));
  const perColumn = Math.max(1, Math.ceil(series.count / wanted));
  const columns = Math.ceil(series.count / perColumn);
  const startUs = new Float64Array(columns + 1);
  const prefillPerS = new Float64Array(columns);
  const decodePerS = new Float64Array(columns);
  const kvUse = new Float64Array(columns);
  let peakPerS = 0;

  for (let column = 0; column < columns; column += 1) {
    const from = column * perColumn;
    const to = Math.min(series.count, from + perColumn);
    // The last bin is cut where the run ends: dividing by its full width would show a drop that is none.
    const endUs = Math.min(durationUs, to * series.binUs);
    const widthUs = Math.max(1, endUs - from * series.binUs);
    startUs[column] = from * series.binUs;
    prefillPerS[column] = (sum(series.prefillTokens, from, to) / widthUs) * 1e6;
    decodePerS[column] = (sum(series.decodeTokens, from, to) / widthUs) * 1e6;
    kvUse[column] = facts.blocks === 0 ? 0 : Math.min(1, sum(series.usedBlocksUs, from, to) / widthUs / facts.blocks);
    peakPerS = Math.max(peakPerS, prefillPerS[column] + decodePerS[column]);
  }
  startUs[columns] = durationUs;
  return {
    durationUs,
    startUs,
    prefillPerS,
    decodePerS,
    peakPerS,
    kvUse,
    marks: marksOf(events, durationUs, maxMarks),
  };
}

function sum(values: Series['busyUs'], from: number, to: number): number {
  let total = 0;
  for (let i = from; i < to; i += 1) total += values[i];
  return total;
}

function marksOf(events: EventColumns, durationUs: number, maxMarks: number): OverviewMark[] {
  const marks: OverviewMark[] = [];
  let lastSlot = -1;
  for (let i = 0; i < events.count; i += 1) {
    const isLossMark = isLoss(events.kind[i]);
    const slot = Math.floor((events.timeUs[i] / Math.max(1, durationUs)) * maxMarks);
    const last = marks.at(-1);
    if (last !== undefined && slot === lastSlot) {
      marks[marks.length - 1] = { ...last, isLoss: last.isLoss || isLossMark, count: last.count + 1 };
    } else {
      marks.push({ timeUs: events.timeUs[i], isLoss: isLossMark, count: 1 });
      lastSlot = slot;
    }
  }
  return marks;
}

/** The event nearest to a time, not further than `withinUs` from it; of equally near ones a loss goes first. -1 = none. */
export function eventNear(events: EventColumns, us: number, withinUs: number): number {
  let best = -1;
  let bestUs = withinUs;
  for (let i = 0; i < events.count; i += 1) {
    const awayUs = Math.abs(events.timeUs[i] - us);
    if (awayUs < bestUs || (awayUs === bestUs && (best < 0 || isLoss(events.kind[i])))) {
      best = i;
      bestUs = awayUs;
    }
  }
  return best;
}

function isLoss(kind: number): boolean {
  return kind === EventKind.preempt || kind === EventKind.reject;
}
