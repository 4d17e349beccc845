/** Where everything lies in the picture of the fleet, and which replica and time lie under a point. */

import type { Size } from '../../ui/painter.ts';
import { type FleetModel, type LevelName, levelNames } from './model.ts';

export interface Pointed {
  /** -1 = none; or what a strip stands for. */
  readonly replica: number;
  /** NaN = none. */
  readonly us: number;
}

/** From `left` to `right` in pixels. */
export interface Column {
  readonly left: number;
  readonly right: number;
}

export interface Place {
  readonly top: number;
  /** Under the last row. */
  readonly bottom: number;
  /** What comes below it, from the top down. */
  readonly strips: readonly { readonly top: number; readonly foot: number }[];
  /** Under all of it: here the axis begins. */
  readonly foot: number;
  readonly pitch: number;
  /** Rows are high enough for curves and figures; lower ones show lightness. */
  readonly hasCurves: boolean;
  readonly labels: Column;
  /** Null where there is no room. */
  readonly busy: Column | null;
  readonly levels: Readonly<Record<LevelName, Column>>;
  /** Room for figures at the right of each level; 0 without curves. */
  readonly figures: number;
  readonly scores: Column;
  readonly gap: number;
}

export const headHeight = 18;
const axisHeight = 16;
const highestRow = 150;
/** Of a strip: a line of words over its curves. */
export const stripWords = 15;
/** Rows lower than this have no room for a figure. */
const leastCurve = 14;

export function placeOf(model: FleetModel, size: Size): Place {
  const { rows, links, strips } = model;
  const whole = size.height - headHeight - axisHeight;
  const stripHeight = Math.min(60, Math.max(stripWords + 14, Math.round(whole / (3 + strips.length))));
  const most = Math.max(rows.length, whole - stripHeight * strips.length);
  const pitch = Math.min(highestRow, most / rows.length);
  const hasCurves = pitch >= leastCurve;
  const isWide = size.width >= 560;
  const gap = isWide ? 16 : 8;
  const labels = links === null ? { left: 0, right: 22 } : { left: 15, right: 37 };
  const busyWidth = isWide ? 72 : 0;
  const scoreWidth = isWide ? 92 : 36;
  const scores = { left: size.width - scoreWidth, right: size.width - 3 };
  const from = labels.right + (isWide ? busyWidth + gap : 4);
  const each = (scores.left - gap - from - 2 * gap) / levelNames.length;
  const at = (i: number): Column => ({ left: from + i * (each + gap), right: from + i * (each + gap) + each });
  const bottom = headHeight + pitch * rows.length;
  const edge = (strip: number) => bottom + strip * stripHeight;
  return {
    top: headHeight,
    bottom,
    strips: strips.map((_, strip) => ({ top: edge(strip), foot: edge(strip + 1) })),
    foot: edge(strips.length),
    pitch,
    hasCurves,
    labels,
    busy: isWide ? { left: labels.right + 6, right: labels.right + 6 + busyWidth } : null,
    levels: { waiting: at(0), running: at(1), kvUse: at(2) },
    figures: hasCurves ? (isWide ? 34 : 32) : 0,
    scores,
    gap,
  };
}

export const headY = headHeight / 2 - 1;

/** How far above the foot of its row a curve's foot lies, and what it leaves free at the top. */
export const inset = { foot: 3, head: 4 };

export const barHeight = ({ pitch, hasCurves }: Place): number =>
  hasCurves ? Math.min(10, pitch - 8) : Math.max(0.75, pitch - (pitch >= 4 ? 1 : 0));

/** Where the curves of a level end and the figures begin. */
export const curvesOf = (name: LevelName, { levels, figures }: Place): Column => ({
  left: levels[name].left,
  right: levels[name].right - figures,
});

/** The replica and the time under a point: beside the levels no time, beside the rows no replica. */
export function hit(model: FleetModel, size: Size, x: number, y: number): Pointed {
  const place = placeOf(model, size);
  const row = Math.floor((y - place.top) / place.pitch);
  const strip = place.strips.findIndex(({ top, foot }) => y >= top && y < foot);
  const replica = (strip >= 0 ? model.strips[strip].stands : model.rows[row]?.replica) ?? -1;
  const column = levelNames.map((name) => curvesOf(name, place)).find(({ left, right }) => x >= left && x <= right);
  if (column === undefined || y < place.top || y > place.foot + axisHeight) return { replica, us: Number.NaN };
  return { replica, us: ((x - column.left) / (column.right - column.left)) * model.spanUs };
}
