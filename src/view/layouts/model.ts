/** What the comparison of layouts shows: lines of a table in the order asked for, the best one in a sentence, and points of a chart. Plain data. */

import { ticks } from 'd3';
import type { Translate } from '../../i18n/i18n.ts';
import { bestFirst, CLOSE, type Layout, type LayoutRow } from '../../scenario/layouts/layouts.ts';
import type { LinkUse } from '../../scenario/layouts/links.ts';
import type { Format } from '../../ui/use-format.ts';

/** Columns of what a layout does; the others say what it is. */
export const resultColumns = ['goodput', 'kept', 'ttftP50', 'ttftP99', 'tpotP50', 'tpotP99', 'kv'] as const;
type ResultColumn = (typeof resultColumns)[number];

export const layoutColumns = ['layout', 'split', 'idle', ...resultColumns] as const;
export type LayoutColumn = (typeof layoutColumns)[number];

export interface LinkLine {
  /** Tells as much as the words: full = measured, half = fitted, empty = estimated, dotted = beyond what was measured. */
  readonly mark: '●' | '◐' | '○' | '◌';
  readonly text: string;
}

export interface LayoutLine {
  readonly id: string;
  readonly layout: Layout;
  /** Replicas and parallelism, and the whole name with the split. */
  readonly name: string;
  readonly fullName: string;
  readonly split: string;
  readonly idle: string;
  /** A text for each of `resultColumns`; null where the layout cannot be built. */
  readonly cells: readonly string[] | null;
  readonly links: readonly LinkLine[];
  readonly isBest: boolean;
  readonly row: LayoutRow;
}

export interface LayoutPoint {
  readonly x: number;
  readonly y: number;
  readonly isSplit: boolean;
  /** Its name where it is the best one. */
  readonly label: string | null;
}

/** Goodput over the time to the first token, which is on a logarithmic scale. */
export interface LayoutPicture {
  readonly points: readonly LayoutPoint[];
  readonly xRange: readonly [number, number];
  readonly yTop: number;
  readonly xTicks: readonly { readonly value: number; readonly label: string }[];
  readonly yTicks: readonly { readonly value: number; readonly label: string }[];
  readonly words: Readonly<Record<'x' | 'y' | 'together' | 'split', string>>;
}

export interface LayoutsModel {
  readonly lines: readonly LayoutLine[];
  /** '' while there is nothing to say. */
  readonly sentence: string;
  readonly picture: LayoutPicture;
}

/** By a column; null = best first, see `bestFirst`. */
export type LayoutOrder = { readonly column: LayoutColumn; readonly isDescending: boolean } | null;

/** A column turned over where it already orders the table; a fresh one with what is good first. */
export function nextOrder(order: LayoutOrder, column: LayoutColumn): LayoutOrder {
  if (order?.column === column) return { column, isDescending: !order.isDescending };
  return { column, isDescending: column === 'goodput' || column === 'kept' || column === 'kv' };
}

export function layoutsModel(
  rows: readonly LayoutRow[],
  order: LayoutOrder,
  isRunning: boolean,
  t: Translate,
  format: Format,
): LayoutsModel {
  const ranked = bestFirst(rows);
  const first = ranked[0];
  const best = first?.ok && first.goodputPerS > 0 ? first : null;
  const lines = inOrder(ranked, order).map((row) => lineOf(row, row === best, t, format));
  return {
    lines,
    sentence: sentenceOf(ranked, best, isRunning, t, format),
    picture: pictureOf(ranked, best, t, format),
  };
}

type Built = Extract<LayoutRow, { readonly ok: true }>;
const isBuilt = (row: LayoutRow): row is Built => row.ok;

/** Rows of equal values stay best first; what cannot be built, or has no such value, comes last either way. */
function inOrder(ranked: readonly LayoutRow[], order: LayoutOrder): readonly LayoutRow[] {
  if (order === null) return ranked;
  const { column, isDescending } = order;
  const sign = isDescending ? -1 : 1;
  return [...ranked].sort((a, b) => {
    const [x, y] = [orderValue(a, column), orderValue(b, column)];
    const behind = Number(b.ok) - Number(a.ok) || Number(Number.isNaN(x)) - Number(Number.isNaN(y));
    return behind || sign * (x - y) || 0;
  });
}

function orderValue(row: LayoutRow, column: LayoutColumn): number {
  const { tensor, pipeline, replicas, prefills, idle } = row.layout;
  switch (column) {
    // By GPUs a replica; of as many, those with more ranks come first.
    case 'layout':
      return tensor * pipeline + 1 / (1 + tensor);
    case 'split':
      return prefills / replicas;
    case 'idle':
      return idle;
    default:
      return row.ok ? resultOf(row, column) : Number.NaN;
  }
}

function resultOf(row: Built, column: ResultColumn): number {
  switch (column) {
    case 'goodput':
      return row.goodputPerS;
    case 'kept':
      return row.attainment;
    case 'ttftP50':
      return row.ttftP50Us;
    case 'ttftP99':
      return row.ttftP99Us;
    case 'tpotP50':
      return row.tpotP50Us;
    case 'tpotP99':
      return row.tpotP99Us;
    case 'kv':
      return row.kvTokens;
  }
}

function resultText(column: ResultColumn, value: number, format: Format): string {
  if (Number.isNaN(value)) return '–';
  switch (column) {
    case 'goodput':
      return format.number(value, 2);
    case 'kept':
      return format.percent(value);
    case 'kv':
      return format.compact(value);
    default:
      return format.duration(value);
  }
}

function lineOf(row: LayoutRow, isBest: boolean, t: Translate, format: Format): LayoutLine {
  const { layout } = row;
  const { tensor, pipeline, replicas, prefills, idle } = layout;
  return {
    id: [replicas, tensor, pipeline, prefills].join('-'),
    layout,
    name: nameOf(layout),
    fullName: fullNameOf(layout, t),
    split: prefills === 0 ? '–' : `${prefills} : ${replicas - prefills}`,
    idle: idle === 0 ? '–' : format.count(idle),
    cells: row.ok ? resultColumns.map((column) => resultText(column, resultOf(row, column), format)) : null,
    links: row.ok ? row.links.map((link) => linkLine(link, t)) : [],
    isBest,
    row,
  };
}

function nameOf({ replicas, tensor, pipeline }: Layout): string {
  return `${replicas} × TP${tensor} × PP${pipeline}`;
}

function fullNameOf(layout: Layout, t: Translate): string {
  const { replicas, prefills } = layout;
  if (prefills === 0) return nameOf(layout);
  const split = t('layouts.split', { prefills, decodes: replicas - prefills });
  return t('layouts.withSplit', { layout: nameOf(layout), split });
}

const marks = { measured: '●', 'this-device': '●', fitted: '◐', estimated: '○' } as const;

function linkLine({ use, evidence, isExtrapolated }: LinkUse, t: Translate): LinkLine {
  const known = t(`layouts.evidence.${evidence}`);
  const words = isExtrapolated ? t('layouts.extrapolated', { evidence: known }) : known;
  return { mark: isExtrapolated ? '◌' : marks[evidence], text: `${t(`layouts.link.${use}`)} ${words}` };
}

function sentenceOf(
  ranked: readonly LayoutRow[],
  best: Built | null,
  isRunning: boolean,
  t: Translate,
  format: Format,
): string {
  if (best === null) return isRunning || ranked.length === 0 ? '' : t('layouts.none');
  const said = t(isRunning ? 'layouts.bestSoFar' : 'layouts.best', {
    layout: fullNameOf(best.layout, t),
    goodput: resultText('goodput', best.goodputPerS, format),
    kept: resultText('kept', best.attainment, format),
    ttft: resultText('ttftP99', best.ttftP99Us, format),
    tpot: resultText('tpotP99', best.tpotP99Us, format),
  });
  // Only where nearly all is kept does the traffic, not the layout, set the goodput.
  if (isRunning || best.attainment < 1 - CLOSE) return said;
  const close = ranked.filter((row) => row.ok && row !== best && row.goodputPerS >= best.goodputPerS * (1 - CLOSE));
  return close.length === 0
    ? said
    : `${said}${format.language === 'zh' ? '' : ' '}${t('layouts.close', { count: format.count(close.length) })}`;
}

/** Round times for a logarithmic scale. */
const roundUs = [1, 2, 5]
  .flatMap((digit) => [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9].map((power) => digit * power))
  .sort((a, b) => a - b);

function pictureOf(ranked: readonly LayoutRow[], best: Built | null, t: Translate, format: Format): LayoutPicture {
  const shown = ranked.filter(isBuilt).filter((row) => row.ttftP99Us > 0);
  const times = shown.map((row) => row.ttftP99Us);
  const least = Math.min(...times);
  const most = Math.max(...times);
  const low = roundUs.findLast((us) => us <= least) ?? 1e3;
  const high = roundUs.find((us) => us > most) ?? 1e10;
  const yTop = Math.max(1e-9, ...shown.map((row) => row.goodputPerS)) * 1.1;
  return {
    // The best one is drawn last, over the others.
    points: shown.toReversed().map((row) => ({
      x: row.ttftP99Us,
      y: row.goodputPerS,
      isSplit: row.layout.prefills > 0,
      label: row === best ? fullNameOf(row.layout, t) : null,
    })),
    xRange: [low, high],
    yTop,
    xTicks: roundUs.filter((us) => us >= low && us <= high).map((value) => ({ value, label: format.duration(value) })),
    yTicks: ticks(0, yTop, 4).map((value) => ({ value, label: format.number(value) })),
    words: {
      x: t('layouts.pictureX'),
      y: t('layouts.pictureY'),
      together: t('layouts.legendTogether'),
      split: t('layouts.legendSplit'),
    },
  };
}
