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

/** Spans of time of the rows in view alone, grouped by row: those of row r are `start[r] .. start[r + 1] - 1`. */
export interface Marks {
  readonly start: Int32Array;
  readonly kind: Uint8Array;
  readonly request: Int32Array;
  readonly fromUs: Float64Array;
  readonly toUs: Float64Array;
  /** Prompt tokens computed; 0 for other kinds. */
  readonly tokens: Int32Array;
  /** Kinds that occur in any row. */
  readonly kinds: ReadonlySet<MarkKind>;
}

/** Moments at which a token was sampled, of the rows in view alone, grouped by row as `Marks`, in order of time. */
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

/** Each row's longest gap, the first of several: from and to are the same where it has none. */
export interface Gaps {
  /** Whose tokens they are; -1 without a gap. */
  readonly request: Int32Array;
  readonly fromUs: Float64Array;
  readonly toUs: Float64Array;
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
  /** What rows `first .. last - 1` lived through. Most rows of a crowd are out of view. */
  readonly marks: (first: number, last: number) => Marks;
  /** Tokens of each row. */
  readonly tokenCount: Int32Array;
  /** When those of rows `first .. last - 1` came. */
  readonly tokens: (first: number, last: number) => TokenMarks;
  /** Tokens that the same requests got in the pinned run, in the same time; none without one. */
  readonly pinnedTokens: (first: number, last: number) => TokenMarks;
  readonly hasPinnedTokens: boolean;
  readonly stalls: readonly Stall[];
  readonly gaps: Gaps;
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
  const stays = staysOf(window, runningOf(frame), toUs);
  const waiting = options.by === 'request' ? waitingWithRow(frame, stays, options) : [];
  const rows = options.by === 'request' ? requestRows(frame, stays, waiting) : seatRows(stays, options.seats, toUs);
  const medianStepUs = median(window);
  const beside = options.by === 'request' ? pinnedWindow(options.pinned ?? null, fromUs, toUs) : noSteps;
  return {
    by: options.by,
    fromUs,
    toUs,
    medianStepUs,
    rowCount: rows.request.length,
    rowRequest: rows.request,
    marks: (first, last) => {
      const spans = new Spans(first, last);
      addWaits(spans, frame, stays, waiting, rows, options, fromUs, toUs);
      addSteps(spans, window, stays, rows);
      return spans.byRow(rows.request.length);
    },
    tokenCount: tokenCounts(stays, rows),
    tokens: (first, last) => tokensByRow(window, stays, rows, first, last),
    pinnedTokens: (first, last) => pinnedTokens(beside, rows, first, last),
    hasPinnedTokens: hasTokens(beside, rows),
    stalls: stallsOf(window, medianStepUs),
    gaps: gapsOf(stays, rows),
    moreWaiting: frame.queue.count - frame.queue.request.reduce((sum, id) => sum + (rows.rowOf(id) < 0 ? 0 : 1), 0),
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
  const { request, fromUs, toUs } = model.gaps;
  const longest = (isWanted: (row: number) => boolean) => {
    let longest = -1;
    let mostUs = stallFactor * model.medianStepUs;
    for (let row = first; row < last; row++) {
      if (toUs[row] - fromUs[row] <= mostUs || !isWanted(row)) continue;
      longest = row;
      mostUs = toUs[row] - fromUs[row];
    }
    return longest;
  };
  const own = longest((row) => request[row] === preferred);
  const row = own >= 0 ? own : longest(() => true);
  if (row < 0) return null;
  const middle = (fromUs[row] + toUs[row]) / 2;
  let rows = 0;
  for (let other = 0; other < request.length; other++) if (fromUs[other] < middle && toUs[other] > middle) rows++;
  return { gap: { row, request: request[row], fromUs: fromUs[row], toUs: toUs[row] }, rows };
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
  /** Stays so that those of a row are in order of time. */
  readonly order: Int32Array;
  /** -1 for a request without a row, and in seat rows. */
  readonly rowOf: (request: number) => number;
}

/** Waiting requests that have not been seen in the window: the first few, and the selected one. */
function waitingWithRow(frame: Frame, stays: Stays, options: RowsOptions): number[] {
  const unseen = Array.from(frame.queue.request).filter((id) => stays.lastOf(id) < 0);
  return unseen.filter((id, i) => i < options.waitingRows || id === options.selected);
}

/** Ids are given in order of arrival, so rows in order of ids are rows in order of arrival. */
function requestRows(frame: Frame, stays: Stays, waiting: readonly number[]): Rows {
  const running = frame.running.request.subarray(0, frame.running.count);
  const ids = new Int32Array(stays.count + running.length + waiting.length);
  ids.set(stays.request);
  ids.set(running, stays.count);
  ids.set(waiting, stays.count + running.length);
  ids.sort();
  let count = 0;
  for (let i = 0; i < ids.length; i++) if (i === 0 || ids[i] !== ids[count - 1]) ids[count++] = ids[i];
  const request = ids.slice(0, count);
  const rowOf = placesOf(request);
  return { request, ofStay: stays.request.map(rowOf), order: stays.request.map((_, stay) => stay), rowOf };
}

/** Where in a list of requests each is; -1 for those that are not. */
function placesOf(requests: Int32Array): (request: number) => number {
  let lowest = requests[0] ?? 0;
  let highest = requests.length > 0 ? lowest : -1;
  for (let i = 1; i < requests.length; i++) {
    if (requests[i] < lowest) lowest = requests[i];
    else if (requests[i] > highest) highest = requests[i];
  }
  const places = new Int32Array(Math.max(0, highest - lowest + 1)).fill(-1);
  for (let place = 0; place < requests.length; place++) places[requests[place] - lowest] = place;
  return (request) => (request >= lowest && request <= highest ? places[request - lowest] : -1);
}

function runningOf({ running }: Frame): (request: number) => boolean {
  const placeOf = placesOf(running.request.subarray(0, running.count));
  return (request) => placeOf(request) >= 0;
}

function seatRows(stays: Stays, seats: number, toUs: number): Rows {
  const { seat, count, order } = seatsOf(stays);
  const request = new Int32Array(Math.max(count, seats <= shownSeats ? seats : 0)).fill(-1);
  for (let s = 0; s < stays.count; s++) if (stays.toUs[s] >= toUs) request[seat[s]] = stays.request[s];
  return { request, ofStay: seat, order, rowOf: () => -1 };
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
    const stay = stays.lastOf(id);
    if (row < 0 || (stay < 0 && !shown.has(id))) continue;
    if (queue.preempted[i] !== 0) spans.add(row, MarkKind.preempted, id, stay >= 0 ? stays.toUs[stay] : fromUs, toUs);
    else spans.add(row, MarkKind.wait, id, Math.max(fromUs, frame.nowUs - queue.waitedUs[i]), toUs);
  }
}

/** Prompt chunks and idle places, one span a step; idle steps in a row are joined. */
function addSteps(spans: Spans, window: StepWindow, stays: Stays, rows: Rows): void {
  for (const { step, entry, stay } of stays.chunks) {
    const flags = window.entryFlags[entry];
    const row = rows.ofStay[stay];
    const id = window.entryRequest[entry];
    if ((flags & EntryFlag.idle) !== 0) spans.extend(row, MarkKind.idle, id, window.startUs[step], window.endUs[step]);
    else {
      const kind = (flags & EntryFlag.recompute) !== 0 ? MarkKind.recompute : MarkKind.prefill;
      spans.add(row, kind, id, window.startUs[step], window.endUs[step], window.entryTokens[entry]);
    }
  }
}

function tokenCounts(stays: Stays, rows: Rows): Int32Array {
  const counts = new Int32Array(rows.request.length);
  for (let stay = 0; stay < stays.count; stay++) counts[rows.ofStay[stay]] += stays.tokens[stay];
  return counts;
}

function tokensByRow(window: StepWindow, stays: Stays, rows: Rows, first: number, last: number): TokenMarks {
  const isInView = (row: number) => row >= first && row < last;
  const start = new Int32Array(rows.request.length + 1);
  for (let s = 0; s < stays.count; s++) if (isInView(rows.ofStay[s])) start[rows.ofStay[s] + 1] += stays.tokens[s];
  const tokens = emptyTokens(start);
  const next = start.slice();
  // The row of a request's stay; stays begin in the order of their numbers.
  const { lowest, range } = stays;
  const rowOf = new Int32Array(range).fill(notBegun);
  const { entryStart, entryRequest, entryFlags } = window;
  let stay = 0;
  for (let step = 0; step < window.count; step++) {
    const endUs = window.endUs[step];
    const end = entryStart[step + 1];
    for (let e = entryStart[step]; e < end; e++) {
      const id = entryRequest[e];
      const flags = entryFlags[e];
      let row = rowOf[id - lowest];
      if (row === notBegun || (flags & EntryFlag.admitted) !== 0) {
        const begun = rows.ofStay[stay++];
        row = isInView(begun) ? begun : outOfView;
        rowOf[id - lowest] = row;
      }
      if (row < 0 || !isSample(flags)) continue;
      const at = next[row]++;
      tokens.request[at] = id;
      tokens.atUs[at] = endUs;
    }
  }
  return tokens;
}

/** Instead of a row in view. */
const notBegun = -1;
const outOfView = -2;

/** Room for as many tokens of each row as `start` counts for the row before; `start` is where they begin afterwards. */
function emptyTokens(start: Int32Array): TokenMarks {
  for (let row = 0; row + 1 < start.length; row++) start[row + 1] += start[row];
  const count = start[start.length - 1];
  return { start, request: new Int32Array(count), atUs: new Float64Array(count) };
}

/** Steps of the pinned run. */
type Beside = Pick<StepWindow, 'endUs' | 'entryStart' | 'entryRequest' | 'entryFlags'> & {
  readonly from: number;
  readonly to: number;
};

const noSteps: Beside = {
  from: 0,
  to: 0,
  endUs: new Float64Array(0),
  entryStart: new Int32Array(1),
  entryRequest: new Int32Array(0),
  entryFlags: new Uint8Array(0),
};

/** Those whose tokens came in the time that is shown. In a seat row others may have sat there, so seats have none. */
function pinnedWindow(pinned: Frame | null, fromUs: number, toUs: number): Beside {
  if (pinned === null) return noSteps;
  const { window } = pinned;
  let from = 0;
  while (from < window.count && window.endUs[from] < fromUs) from++;
  let to = window.count;
  while (to > from && window.endUs[to - 1] > toUs) to--;
  return { ...window, from, to };
}

function hasTokens({ from, to, entryStart, entryRequest, entryFlags }: Beside, rows: Rows): boolean {
  for (let e = entryStart[from]; e < entryStart[to]; e++) {
    if (isSample(entryFlags[e]) && rows.rowOf(entryRequest[e]) >= 0) return true;
  }
  return false;
}

/** Tokens of the rows' requests in the pinned run. */
function pinnedTokens(beside: Beside, rows: Rows, first: number, last: number): TokenMarks {
  const { from, to, endUs, entryStart, entryRequest, entryFlags } = beside;
  const { rowOf } = rows;
  const start = new Int32Array(rows.request.length + 1);
  const end = entryStart[to];
  for (let e = entryStart[from]; e < end; e++) {
    if (!isSample(entryFlags[e])) continue;
    const row = rowOf(entryRequest[e]);
    if (row >= first && row < last) start[row + 1]++;
  }
  const tokens = emptyTokens(start);
  const next = start.slice();
  for (let step = from; step < to; step++) {
    const end = entryStart[step + 1];
    for (let e = entryStart[step]; e < end; e++) {
      if (!isSample(entryFlags[e])) continue;
      const row = rowOf(entryRequest[e]);
      if (row < first || row >= last) continue;
      const at = next[row]++;
      tokens.request[at] = entryRequest[e];
      tokens.atUs[at] = endUs[step];
    }
  }
  return tokens;
}

function gapsOf(stays: Stays, rows: Rows): Gaps {
  const request = new Int32Array(rows.request.length).fill(-1);
  const fromUs = new Float64Array(request.length);
  const toUs = new Float64Array(request.length);
  /** The last stay of each row that got a token. */
  const before = new Int32Array(request.length).fill(-1);
  const consider = (row: number, id: number, from: number, to: number) => {
    if (request[row] >= 0 && to - from <= toUs[row] - fromUs[row]) return;
    request[row] = id;
    fromUs[row] = from;
    toUs[row] = to;
  };
  for (let i = 0; i < rows.order.length; i++) {
    const stay = rows.order[i];
    if (stays.tokens[stay] === 0) continue;
    const row = rows.ofStay[stay];
    const id = stays.request[stay];
    const previous = before[row];
    if (previous >= 0 && stays.request[previous] === id)
      consider(row, id, stays.lastTokenUs[previous], stays.firstTokenUs[stay]);
    if (stays.tokens[stay] > 1) consider(row, id, stays.gapFromUs[stay], stays.gapToUs[stay]);
    before[row] = stay;
  }
  return { request, fromUs, toUs };
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

/** Collects spans in any order of rows and hands out those of rows `first .. last - 1`, grouped by row. */
class Spans {
  private readonly first: number;
  private readonly last: number;
  private readonly kinds = new Set<MarkKind>();
  private readonly row: number[] = [];
  private readonly kind: MarkKind[] = [];
  private readonly request: number[] = [];
  private readonly fromUs: number[] = [];
  private readonly toUs: number[] = [];
  private readonly tokens: number[] = [];
  /** Last span of a row, for `extend`. */
  private readonly lastOfRow = new Map<number, number>();

  constructor(first: number, last: number) {
    this.first = first;
    this.last = last;
  }

  add(row: number, kind: MarkKind, request: number, fromUs: number, toUs: number, tokens = 0): void {
    if (toUs <= fromUs) return;
    this.kinds.add(kind);
    if (row < this.first || row >= this.last) return;
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
      kinds: this.kinds,
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
