/** What the batch panel shows: the last steps as stacks of tokens. Plain data; `draw.ts` turns it into pixels. */

import { ticks } from 'd3';
import type { Translate } from '../../i18n/i18n.ts';
import { EntryFlag, type Frame, type StepWindow } from '../../protocol/frame.ts';
import type { RunResult } from '../../protocol/run.ts';
import type { Format } from '../../ui/use-format.ts';

export type PieceKind = 'decode' | 'prefill' | 'recompute' | 'padding';

/** A segment of a column, `from` and `to` in tokens above the axis. Decodes and padding are one piece for all requests. */
export interface Piece {
  readonly kind: PieceKind;
  readonly from: number;
  readonly to: number;
  /** The request of a prompt chunk; -1 for decodes and padding. */
  readonly request: number;
  /** Prompt tokens of that request; 0 where unknown. */
  readonly whole: number;
  readonly label: string;
}

export interface Column {
  readonly step: number;
  readonly startUs: number;
  readonly endUs: number;
  readonly pieces: readonly Piece[];
  readonly tokens: number;
  readonly decodeTokens: number;
  readonly prefillTokens: number;
  readonly paddingTokens: number;
  /** Prompt tokens found in the prefix cache: never computed, so beside the stack and not in it. */
  readonly hitTokens: number;
  readonly sequences: number;
  readonly preemptions: number;
  /** A `Bound`. */
  readonly bound: number;
  /** Where the request in focus takes part, in tokens above the axis. */
  readonly focus: readonly { readonly from: number; readonly to: number }[];
}

/** A step of the pinned run: only its outline is drawn. */
export interface PinnedStep {
  readonly startUs: number;
  readonly endUs: number;
  readonly tokens: number;
}

export interface Tick {
  readonly value: number;
  readonly label: string;
}

export interface BatchModel {
  /** Oldest first; the last one is the shown step. */
  readonly columns: readonly Column[];
  /** Steps of the pinned run up to the same moment, oldest first; empty without one. */
  readonly pinned: readonly PinnedStep[];
  readonly xScale: 'step' | 'time';
  readonly colourBy: 'phase' | 'request';
  /** The request whose entries light up; -1 = none. */
  readonly focus: number;
  /** Tokens at the top of the scale. */
  readonly topTokens: number;
  /** Null where no budget limits the step (static batches). */
  readonly budget: Tick | null;
  readonly tokenTicks: readonly Tick[];
  readonly timeTicks: readonly Tick[];
  readonly seats: number;
  readonly words: BatchWords;
}

/** Texts of the picture, in the reader's language. */
export interface BatchWords {
  readonly scale: string;
  readonly seats: string;
  readonly sequences: string;
  readonly pinned: string;
  readonly boundBy: string;
  /** By `Bound`. */
  readonly bounds: readonly string[];
  readonly pieces: Readonly<Record<PieceKind | 'hit' | 'preempted', string>>;
  readonly empty: string;
  /** Step numbers by column; '' for those that are never written. */
  readonly steps: readonly string[];
}

export interface BatchInput {
  readonly frame: Frame | null;
  /** What runs at the same time in the pinned run. */
  readonly pinned?: Frame | null;
  readonly result: RunResult | null;
  /** Hovered request, or else the selected one; -1 = none. */
  readonly focus: number;
  readonly xScale: 'step' | 'time';
  readonly colourBy: 'phase' | 'request';
}

/** More columns than these are narrower than what they are made of, on any screen. */
const mostColumns = 160;

/** Keys of the bounds' names, by `Bound`. */
export const boundKeys = [
  'bound.nothingLeft',
  'bound.tokenBudget',
  'bound.seats',
  'bound.blocks',
  'bound.batch',
] as const;

export function batchModel(input: BatchInput, t: Translate, format: Format): BatchModel {
  const { frame, result, focus } = input;
  const columns = frame === null ? [] : columnsOf(frame.window, result, focus, t, format);
  const pinned = pinnedSteps(input.pinned ?? null);
  const largest = [...columns, ...pinned].reduce((most, { tokens }) => Math.max(most, tokens), 1);
  const isStatic = (result?.facts.staticBatch ?? 0) > 0;
  const ownBudget = result === null || isStatic ? 0 : result.facts.tokenBudget;
  const budgetTokens = ownBudget > 0 ? (frame?.tunedBudget ?? ownBudget) : 0;
  const seats = isStatic ? (result?.facts.staticBatch ?? 0) : (result?.facts.seats ?? 0);
  const topTokens = ownBudget > 0 ? Math.max(ownBudget, largest) : roundUp(largest);
  return {
    columns,
    pinned,
    xScale: input.xScale,
    colourBy: input.colourBy,
    focus,
    topTokens,
    budget:
      budgetTokens > 0
        ? { value: budgetTokens, label: t('batch.budget', { tokens: format.count(budgetTokens) }) }
        : null,
    tokenTicks: tokenTicks(topTokens).map((value) => ({ value, label: format.compact(value) })),
    timeTicks: timeTicks(columns).map((value) => ({ value, label: format.clock(value) })),
    seats,
    words: {
      scale: t('batch.scale'),
      seats: seats > 0 ? t('batch.seats', { seats: format.count(seats) }) : '',
      sequences: t('batch.sequences'),
      pinned: t('batch.pinned'),
      boundBy: t('batch.bound'),
      bounds: boundKeys.map((key) => t(key)),
      pieces: {
        decode: t('batch.legend.decode'),
        prefill: t('batch.legend.prefill'),
        recompute: t('batch.legend.recompute'),
        padding: t('batch.legend.padding'),
        hit: t('batch.legend.hit'),
        preempted: t('batch.legend.preempted'),
      },
      empty: t('batch.empty'),
      steps: columns.map(({ step }, i) => (step % 5 === 0 || i === columns.length - 1 ? format.count(step) : '')),
    },
  };
}

function pinnedSteps(frame: Frame | null): readonly PinnedStep[] {
  if (frame === null) return [];
  const { window } = frame;
  const count = Math.min(mostColumns, window.count);
  return Array.from({ length: count }, (_, at) => {
    const i = window.count - count + at;
    const tokens = window.prefillTokens[i] + window.decodeTokens[i] + window.paddingTokens[i];
    return { startUs: window.startUs[i], endUs: window.endUs[i], tokens };
  });
}

function columnsOf(
  window: StepWindow,
  result: RunResult | null,
  focus: number,
  t: Translate,
  format: Format,
): readonly Column[] {
  const count = Math.min(mostColumns, window.count);
  return Array.from({ length: count }, (_, i) => column(window, window.count - count + i, result, focus, t, format));
}

function column(
  window: StepWindow,
  i: number,
  result: RunResult | null,
  focus: number,
  t: Translate,
  format: Format,
): Column {
  const decodeTokens = window.decodeTokens[i];
  const paddingTokens = window.paddingTokens[i];
  const pieces: Piece[] = [];
  const focused: { from: number; to: number }[] = [];
  if (decodeTokens > 0) {
    pieces.push({
      kind: 'decode',
      from: 0,
      to: decodeTokens,
      request: -1,
      whole: 0,
      label: format.count(decodeTokens),
    });
  }

  let decodeTop = 0;
  let top = decodeTokens;
  // Nearly all entries are decodes, which are one piece: where nobody is in focus they need not be told apart.
  const last = focus < 0 && window.prefillTokens[i] === 0 ? window.entryStart[i] : window.entryStart[i + 1];
  for (let entry = window.entryStart[i]; entry < last; entry++) {
    const flags = window.entryFlags[entry];
    if (focus < 0 && (flags & EntryFlag.prefill) === 0) continue;
    const request = window.entryRequest[entry];
    const tokens = window.entryTokens[entry];
    // Rows that ended are counted in the padding, not in the stack of work.
    if ((flags & EntryFlag.idle) !== 0 || tokens === 0) continue;
    if ((flags & EntryFlag.prefill) === 0) {
      if (request === focus) focused.push({ from: decodeTop, to: decodeTop + tokens });
      decodeTop += tokens;
      continue;
    }
    const isAgain = (flags & EntryFlag.recompute) !== 0;
    const whole = promptTokensOf(result, request);
    pieces.push({
      kind: isAgain ? 'recompute' : 'prefill',
      from: top,
      to: top + tokens,
      request,
      whole,
      label: chunkLabel(tokens, isAgain ? 0 : whole, t, format),
    });
    if (request === focus) focused.push({ from: top, to: top + tokens });
    top += tokens;
  }

  if (paddingTokens > 0) {
    pieces.push({
      kind: 'padding',
      from: top,
      to: top + paddingTokens,
      request: -1,
      whole: 0,
      label: format.count(paddingTokens),
    });
  }
  return {
    step: window.firstStep + i,
    startUs: window.startUs[i],
    endUs: window.endUs[i],
    pieces,
    tokens: top + paddingTokens,
    decodeTokens,
    prefillTokens: window.prefillTokens[i],
    paddingTokens,
    hitTokens: window.hitTokens[i],
    sequences: window.sequences[i],
    preemptions: window.preemptions[i],
    bound: window.bound[i],
    focus: focused,
  };
}

/** "512 of 3,100"; the bare count where the chunk is the whole prompt or the prompt is unknown. */
function chunkLabel(tokens: number, whole: number, t: Translate, format: Format): string {
  if (whole <= tokens) return format.count(tokens);
  return t('batch.chunk', { tokens: format.count(tokens), whole: format.count(whole) });
}

export function promptTokensOf(result: RunResult | null, request: number): number {
  return result !== null && request >= 0 && request < result.outcomes.count ? result.outcomes.promptTokens[request] : 0;
}

/** The next 1, 2 or 5 times a power of ten, so that the scale of unlimited batches rests while steps pass. */
function roundUp(tokens: number): number {
  for (let unit = 1; ; unit *= 10) {
    for (const factor of [1, 2, 5]) if (unit * factor >= tokens) return unit * factor;
  }
}

/** Round numbers from 10 up to the top; the drawing leaves out those that stand too near. */
function tokenTicks(top: number): readonly number[] {
  const values: number[] = [];
  for (let unit = 10; unit <= top; unit *= 10) {
    for (const factor of [1, 2, 5]) if (unit * factor <= top) values.push(unit * factor);
  }
  return values;
}

/** Round times under the columns, where their width is their duration; the drawing leaves out those without room. */
function timeTicks(columns: readonly Column[]): readonly number[] {
  if (columns.length === 0) return [];
  return ticks(columns[0].startUs, columns[columns.length - 1].endUs, 24);
}
