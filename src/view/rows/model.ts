/** One row a request (or a seat) over simulated time: who waited, who computed a prompt, when each token came. */

import { EntryFlag, type Frame, type StepWindow } from '../../protocol/frame.ts';
import type { Outcomes } from '../../protocol/run.ts';
import { isSample, type Stays, seatsOf, staysOf } from './stays.ts';

export const MarkKind = {
  /** From arrival to the first step of the request. */
  wait: 0,
  /** Holds a seat. */
  seated: 1,
  /** A step in which its prompt (or a chunk of it) was computed. */
  prefill: 2,
  /** The same, for KV that had existed before a preemption. */
  recompute: 3,
  /** Without blocks, between a preemption and the next admission. */
  preempted: 4,
  /** Steps that a static batch spent on it after it had ended. */
  idle: 5,
} as const;
export type MarkKind = (typeof MarkKind)[keyof typeof MarkKind];

/** Spans of time, grouped by row: those of row r are `start[r] .. start[r + 1] - 1`. */
export interface Marks {
  readonly start: Int32Array;
  readonly kind: Uint8Array;
  readonly request: Int32Array;
  readonly fromUs: Float64Array;
  readonly toUs: Float64Array;
  /** Prompt tokens computed; 0 for other kinds. */
  readonly tokens: Int32Array;
}

/** Moments at which a token was sampled, grouped by row as `Marks`, in order of time. */
export interface TokenMarks {
  readonly start: Int32Array;
  readonly request: Int32Array;
  readonly atUs: Float64Array;
}

/** A step that computed prompts and lasted more than three times the median: nobody gets a token before it ends. */
export interface Stall {
  readonly step: number;
  readonly fromUs: number;
  readonly toUs: number;
  readonly prompts: number;
  readonly tokens: number;
  /** Request with the most prompt tokens in the step, and how many. */
  readonly request: number;
  readonly mostTokens: number;
  /** That prompt begins and ends in this step; else the tokens are a chunk of it. */
  readonly isWhole: boolean;
}

/** The longest time between two tokens of one request. */
export interface Gap {
  readonly row: number;
  readonly request: number;
  readonly fromUs: number;
  readonly toUs: number;
}

export interface RowsModel {
  readonly by: 'request' | 'seat';
  readonly fromUs: number;
  /** Right edge: the time of the cursor. */
  readonly toUs: number;
  readonly medianStepUs: number;
  readonly rowCount: number;
  /** Request of a row; in seat rows the one that sits there at the right edge, or -1. */
  readonly rowRequest: Int32Array;
  readonly marks: Marks;
  readonly tokens: TokenMarks;
  /** Tokens that the same requests got in the pinned run, in the same time; no marks without one. */
  readonly pinnedTokens: TokenMarks;
  readonly stalls: readonly Stall[];
  /** Rows that have one, with their longest gap. */
  readonly gaps: readonly Gap[];
  /** Waiting requests without a row. */
  readonly moreWaiting: number;
}

export interface RowsOptions {
  readonly by: 'request' | 'seat';
  /** What runs at the same time in the pinned run; null without one. */
  readonly pinned?: Frame | null;
  /** Arrivals and first steps of the run; without them waiting is shown for the queue alone. */
  readonly outcomes: Outcomes | null;
  /** Waiting requests that get a row of their own. */
  readonly waitingRows: number;
  /** Always has a row if it waits. */
  readonly selected: number;
  /** Steps in view; older ones of the window are left out. */
  readonly steps: number;
  /** Seats to show even where nobody sat, if there are not too many. */
  readonly seats: number;
}

/** How much longer than the median a step or a gap must be to be pointed out. */
export const stallFactor = 3;
/** More empty seats than this are not drawn. */
const shownSeats = 64;

export function rowsModel(frame: Frame, options: RowsOptions): RowsModel {
  const window = lastSteps(frame.window, options.steps);
  const fromUs = window.count > 0 ? window.startUs[0] : 0;
  const toUs = Math.max(frame.nowUs, window.count > 0 ? window.endUs[window.count - 1] : 0);
  const running = new Set(frame.running.request.subarray(0, frame.running.count));
  const stays = staysOf(window, (id) => running.has(id), toUs);
  const waiting = options.by === 'request' ? waitingWithRow(frame, stays, options) : [];
  const rows = options.by === 'request' ? requestRows(frame, stays, waiting) : seatRows(stays, options.seats, toUs);
  const medianStepUs = median(window);
  const spans = new Spans();
  addWaits(spans, frame, stays, waiting, rows, options, fromUs, toUs);
  addSteps(spans, window, stays, rows);
  const tokens = tokensByRow(window, stays, rows);
  return {
    by: options.by,
    fromUs,
    toUs,
    medianStepUs,
    rowCount: rows.request.length,
    rowRequest: rows.request,
    marks: spans.byRow(rows.request.length),
    tokens,
    pinnedTokens: pinnedTokens(options, rows.request, fromUs, toUs),
    stalls: stallsOf(window, medianStepUs),
    gaps: gapsOf(tokens, rows.request.length),
    moreWaiting:
      options.by === 'request' ? frame.queue.count - countIn(frame, new Set(rows.request)) : frame.queue.count,
  };
}

/**
 * The gap to point out among rows `first .. last - 1`, and how many rows wait through the middle of it: the one of
 * `preferred` if that is long enough, else the longest. Null if no gap is much longer than a step.
 */
export function longestGap(
  model: RowsModel,
  first: number,
  last: number,
  preferred = -1,
): { readonly gap: Gap; readonly rows: number } | null {
  const inView = model.gaps.filter(
    (g) => g.row >= first && g.row < last && length(g) > stallFactor * model.medianStepUs,
  );
  const own = inView.filter((g) => g.request === preferred);
  let gap: Gap | null = null;
  for (const g of own.length > 0 ? own : inView) if (gap === null || length(g) > length(gap)) gap = g;
  if (gap === null) return null;
  const middle = (gap.fromUs + gap.toUs) / 2;
  const rows = model.gaps.filter((g) => g.fromUs < middle && g.toUs > middle).length;
  return { gap, rows };
}

function length(gap: Gap): number {
  return gap.toUs - gap.fromUs;
}

/** The end of a window. Entries stay where they are in their columns. */
function lastSteps(window: StepWindow, steps: number): StepWindow {
  const first = Math.max(0, window.count - steps);
  if (first === 0) return window;
  return {
    ...window,
    count: window.count - first,
    firstStep: window.firstStep + first,
    startUs: window.startUs.subarray(first),
    endUs: window.endUs.subarray(first),
    prefillTokens: window.prefillTokens.subarray(first),
    entryStart: window.entryStart.subarray(first),
  };
}

interface Rows {
  /** Request of each row, -1 for a seat that is empty at the right edge. */
  readonly request: Int32Array;
  readonly ofStay: Int32Array;
  /** -1 for a request without a row. */
  readonly rowOf: (request: number) => number;
}

/** Waiting requests that have not been seen in the window: the first few, and the selected one. */
function waitingWithRow(frame: Frame, stays: Stays, options: RowsOptions): number[] {
  const unseen = Array.from(frame.queue.request).filter((id) => !stays.last.has(id));
  return unseen.filter((id, i) => i < options.waitingRows || id === options.selected);
}

/** Ids are given in order of arrival, so rows in order of ids are rows in order of arrival. */
function requestRows(frame: Frame, stays: Stays, waiting: readonly number[]): Rows {
  const running = frame.running.request.subarray(0, frame.running.count);
  const ids = Int32Array.from([...stays.request, ...running, ...waiting]).sort();
  let count = 0;
  for (let i = 0; i < ids.length; i++) if (i === 0 || ids[i] !== ids[count - 1]) ids[count++] = ids[i];
  const request = ids.slice(0, count);
  const rowOf = rowsByRequest(request);
  return { request, ofStay: Int32Array.from(stays.request, rowOf), rowOf };
}

/** Which row of `rowRequest`, which is in order of numbers, a request has; -1 for none. */
function rowsByRequest(rowRequest: Int32Array): (request: number) => number {
  const lowest = rowRequest[0] ?? 0;
  const rows = new Int32Array((rowRequest.at(-1) ?? lowest - 1) - lowest + 1).fill(-1);
  for (let row = 0; row < rowRequest.length; row++) rows[rowRequest[row] - lowest] = row;
  return (request) => rows[request - lowest] ?? -1;
}

function seatRows(stays: Stays, seats: number, toUs: number): Rows {
  const { seat, count } = seatsOf(stays);
  const request = new Int32Array(Math.max(count, seats <= shownSeats ? seats : 0)).fill(-1);
  for (let s = 0; s < stays.count; s++) if (stays.toUs[s] >= toUs) request[seat[s]] = stays.request[s];
  return { request, ofStay: seat, rowOf: () => -1 };
}

/** Waiting, seats and preemptions: what follows from stays and the queue. */
function addWaits(
  spans: Spans,
  frame: Frame,
  stays: Stays,
  waiting: readonly number[],
  rows: Rows,
  options: RowsOptions,
  fromUs: number,
  toUs: number,
): void {
  const { outcomes, by } = options;
  for (let s = 0; s < stays.count; s++) {
    const id = stays.request[s];
    const previous = stays.previous[s];
    spans.add(rows.ofStay[s], MarkKind.seated, id, stays.fromUs[s], stays.toUs[s]);
    if (stays.admitted[s] === 0 || by === 'seat') continue;
    // First steps are noted when they are scheduled, which may be before the step begins on the GPU; only one that lies
    // before the whole window tells of a preemption.
    const ranBefore = outcomes !== null && outcomes.preemptions[id] > 0 && outcomes.firstScheduledUs[id] < fromUs;
    const wasPreempted = previous >= 0 || stays.resumed[s] !== 0 || ranBefore;
    const since = previous >= 0 ? stays.toUs[previous] : fromUs;
    if (wasPreempted) spans.add(rows.ofStay[s], MarkKind.preempted, id, since, stays.fromUs[s]);
    else if (outcomes !== null) {
      spans.add(rows.ofStay[s], MarkKind.wait, id, Math.max(fromUs, outcomes.arrivalUs[id]), stays.fromUs[s]);
    }
  }
  if (by === 'seat') return;
  const queue = frame.queue;
  const shown = new Set(waiting);
  for (let i = 0; i < queue.request.length; i++) {
    const id = queue.request[i];
    const row = rows.rowOf(id);
    const stay = stays.last.get(id) ?? -1;
    if (row < 0 || (stay < 0 && !shown.has(id))) continue;
    if (queue.preempted[i] !== 0) spans.add(row, MarkKind.preempted, id, stay >= 0 ? stays.toUs[stay] : fromUs, toUs);
    else spans.add(row, MarkKind.wait, id, Math.max(fromUs, frame.nowUs - queue.waitedUs[i]), toUs);
  }
}

/** Prompt chunks and idle places, one span a step; idle steps in a row are joined. */
function addSteps(spans: Spans, window: StepWindow, stays: Stays, rows: Rows): void {
  for (let step = 0; step < window.count; step++) {
    for (let e = window.entryStart[step]; e < window.entryStart[step + 1]; e++) {
      const flags = window.entryFlags[e];
      if ((flags & (EntryFlag.idle | EntryFlag.prefill)) === 0) continue;
      const row = rows.ofStay[stays.ofEntry[e]];
      const id = window.entryRequest[e];
      if ((flags & EntryFlag.idle) !== 0)
        spans.extend(row, MarkKind.idle, id, window.startUs[step], window.endUs[step]);
      else {
        const kind = (flags & EntryFlag.recompute) !== 0 ? MarkKind.recompute : MarkKind.prefill;
        spans.add(row, kind, id, window.startUs[step], window.endUs[step], window.entryTokens[e]);
      }
    }
  }
}

function tokensByRow(window: StepWindow, stays: Stays, rows: Rows): TokenMarks {
  const start = new Int32Array(rows.request.length + 1);
  for (let s = 0; s < stays.count; s++) start[rows.ofStay[s] + 1] += stays.tokens[s];
  for (let row = 0; row < rows.request.length; row++) start[row + 1] += start[row];
  const next = start.slice();
  const request = new Int32Array(start[rows.request.length]);
  const atUs = new Float64Array(request.length);
  for (let step = 0; step < window.count; step++) {
    for (let e = window.entryStart[step]; e < window.entryStart[step + 1]; e++) {
      if (!isSample(window.entryFlags[e])) continue;
      const at = next[rows.ofStay[stays.ofEntry[e]]]++;
      request[at] = window.entryRequest[e];
      atUs[at] = window.endUs[step];
    }
  }
  return { start, request, atUs };
}

/** Tokens of the rows' requests in the pinned run. In a seat row others may have sat there, so seats have none. */
function pinnedTokens(options: RowsOptions, rowRequest: Int32Array, fromUs: number, toUs: number): TokenMarks {
  const start = new Int32Array(rowRequest.length + 1);
  const { pinned = null, by } = options;
  if (pinned === null || by !== 'request') return { start, request: new Int32Array(0), atUs: new Float64Array(0) };
  const { window } = pinned;
  const rowOf = rowsByRequest(rowRequest);
  const eachToken = (take: (row: number, endUs: number) => void) => {
    for (let step = 0; step < window.count; step++) {
      const endUs = window.endUs[step];
      if (endUs < fromUs || endUs > toUs) continue;
      for (let e = window.entryStart[step]; e < window.entryStart[step + 1]; e++) {
        const row = rowOf(window.entryRequest[e]);
        if (row >= 0 && isSample(window.entryFlags[e])) take(row, endUs);
      }
    }
  };
  eachToken((row) => {
    start[row + 1]++;
  });
  for (let row = 0; row < rowRequest.length; row++) start[row + 1] += start[row];
  const next = start.slice();
  const request = new Int32Array(start[rowRequest.length]);
  const atUs = new Float64Array(request.length);
  eachToken((row, endUs) => {
    const at = next[row]++;
    request[at] = rowRequest[row];
    atUs[at] = endUs;
  });
  return { start, request, atUs };
}

/** Longest gap of each row between tokens of the same request. */
function gapsOf(tokens: TokenMarks, rowCount: number): Gap[] {
  const gaps: Gap[] = [];
  for (let row = 0; row < rowCount; row++) {
    let longest = -1;
    let longestUs = Number.NEGATIVE_INFINITY;
    for (let i = tokens.start[row] + 1; i < tokens.start[row + 1]; i++) {
      const us = tokens.atUs[i] - tokens.atUs[i - 1];
      if (us <= longestUs || tokens.request[i] !== tokens.request[i - 1]) continue;
      longest = i;
      longestUs = us;
    }
    if (longest < 0) continue;
    gaps.push({ row, request: tokens.request[longest], fromUs: tokens.atUs[longest - 1], toUs: tokens.atUs[longest] });
  }
  return gaps;
}

const wholePrompt = EntryFlag.admitted | EntryFlag.samples;

function stallsOf(window: StepWindow, medianStepUs: number): Stall[] {
  const stalls: Stall[] = [];
  for (let step = 0; step < window.count; step++) {
    const durationUs = window.endUs[step] - window.startUs[step];
    if (window.prefillTokens[step] === 0 || durationUs <= stallFactor * medianStepUs) continue;
    let prompts = 0;
    let most = -1;
    for (let e = window.entryStart[step]; e < window.entryStart[step + 1]; e++) {
      if ((window.entryFlags[e] & EntryFlag.prefill) === 0) continue;
      prompts++;
      if (most < 0 || window.entryTokens[e] > window.entryTokens[most]) most = e;
    }
    stalls.push({
      step: window.firstStep + step,
      fromUs: window.startUs[step],
      toUs: window.endUs[step],
      prompts,
      tokens: window.prefillTokens[step],
      request: most < 0 ? -1 : window.entryRequest[most],
      mostTokens: most < 0 ? 0 : window.entryTokens[most],
      isWhole: most >= 0 && (window.entryFlags[most] & wholePrompt) === wholePrompt,
    });
  }
  return stalls;
}

function median(window: StepWindow): number {
  if (window.count === 0) return 0;
  const durations = new Float64Array(window.count);
  for (let i = 0; i < window.count; i++) durations[i] = window.endUs[i] - window.startUs[i];
  durations.sort();
  return durations[window.count >> 1];
}

function countIn(frame: Frame, rows: ReadonlySet<number>): number {
  let count = 0;
  for (const id of frame.queue.request) if (rows.has(id)) count++;
  return count;
}

/** Collects spans in any order of rows and hands them out grouped by row. */
class Spans {
  private readonly row: number[] = [];
  private readonly kind: MarkKind[] = [];
  private readonly request: number[] = [];
  private readonly fromUs: number[] = [];
  private readonly toUs: number[] = [];
  private readonly tokens: number[] = [];
  /** Last span of a row, for `extend`. */
  private readonly lastOfRow = new Map<number, number>();

  add(row: number, kind: MarkKind, request: number, fromUs: number, toUs: number, tokens = 0): void {
    if (toUs <= fromUs) return;
    this.lastOfRow.set(row, this.row.length);
    this.row.push(row);
    this.kind.push(kind);
    this.request.push(request);
    this.fromUs.push(fromUs);
    this.toUs.push(toUs);
    this.tokens.push(tokens);
  }

  /** Lengthens the last span of the row if it is of the same kind and request and ends where this one begins. */
  extend(row: number, kind: MarkKind, request: number, fromUs: number, toUs: number): void {
    const last = this.lastOfRow.get(row) ?? -1;
    const joins = last >= 0 && this.kind[last] === kind && this.request[last] === request && this.toUs[last] === fromUs;
    if (joins) this.toUs[last] = toUs;
    else this.add(row, kind, request, fromUs, toUs);
  }

  byRow(rowCount: number): Marks {
    const count = this.row.length;
    const start = new Int32Array(rowCount + 1);
    for (const row of this.row) start[row + 1]++;
    for (let row = 0; row < rowCount; row++) start[row + 1] += start[row];
    const next = start.slice();
    const marks = {
      start,
      kind: new Uint8Array(count),
      request: new Int32Array(count),
      fromUs: new Float64Array(count),
      toUs: new Float64Array(count),
      tokens: new Int32Array(count),
    };
    for (let i = 0; i < count; i++) {
      const at = next[this.row[i]]++;
      marks.kind[at] = this.kind[i];
      marks.request[at] = this.request[i];
      marks.fromUs[at] = this.fromUs[i];
      marks.toUs[at] = this.toUs[i];
      marks.tokens[at] = this.tokens[i];
    }
    return marks;
  }
}
