/** What all drawings of the fleet share: what is shown, styles of text, a level over time, and a cross. */

import type { Translate } from '../../i18n/i18n.ts';
import type { Ink, Painter, TextStyle } from '../../ui/painter.ts';
import { linearScale } from '../../ui/scale.ts';
import type { Theme } from '../../ui/theme.ts';
import type { Format } from '../../ui/use-format.ts';
import type { Decision, FleetModel, LevelName } from './model.ts';
import type { Column, Pointed } from './place.ts';

/** A model and what of it is shown. */
export interface FleetPicture {
  readonly model: FleetModel;
  /** Simulated time of the shown step; NaN before the first. */
  readonly nowUs: number;
  readonly decision: Decision | null;
  /** The replica that the other panels show. */
  readonly shown: number;
  readonly pointed: Pointed;
  readonly t: Translate;
  readonly format: Format;
}

/** What stays while the run goes on: the whole of it, and which replica is shown. */
export type FleetGround = Pick<FleetPicture, 'model' | 'shown' | 't' | 'format'>;

export const small = (theme: Theme): TextStyle => ({ color: theme.inkSoft, size: 10, baseline: 'middle' });
export const headStyle = (theme: Theme): TextStyle => ({ ...small(theme), color: theme.ink, weight: 600 });

/** A level as a figure of at most four characters. */
export function figureOf(name: LevelName, level: number, format: Format): string {
  if (Number.isNaN(level)) return '–';
  if (name === 'kvUse') return format.percent(level);
  return level < 9.95 ? format.number(level, 1) : format.compact(Math.round(level));
}

/** From the left of a column to where a run ends on its axis. */
export function untilEnd({ left, right }: Column, { result }: FleetModel, spanUs: number): Column {
  return { left, right: linearScale([0, spanUs], [left, right])(result.summary.durationUs) };
}

/** A level over the whole run as an area on `base`, with holes where it is not known. */
export function drawArea(
  painter: Painter,
  levels: Float32Array,
  y: (level: number) => number,
  ink: Ink,
  column: Column,
  base: number,
): void {
  for (const points of stretchesOf(levels, y, column))
    painter.path([...points, points[points.length - 2], base, points[0], base], ink, true);
}

/** A level of another run, in outline. */
export function drawOutline(
  painter: Painter,
  levels: Float32Array,
  y: (level: number) => number,
  theme: Theme,
  column: Column,
): void {
  for (const points of stretchesOf(levels, y, column)) {
    painter.path(points, { stroke: theme.page, lineWidth: 3 });
    painter.path(points, { stroke: theme.ink, lineWidth: 1.25 });
  }
}

/** A level as points x, y of steps, a pixel wide at least; another list after each hole. */
function stretchesOf(levels: Float32Array, y: (level: number) => number, { left, right }: Column): number[][] {
  const bins = levels.length;
  const steps = Math.min(bins, Math.max(1, Math.floor(right - left)));
  const stretches: number[][] = [];
  let points: number[] = [];
  const close = () => {
    if (points.length > 0) stretches.push(points);
    points = [];
  };
  for (let i = 0; i < steps; i++) {
    const level = meanOf(levels, Math.floor((i * bins) / steps), Math.floor(((i + 1) * bins) / steps));
    if (Number.isNaN(level)) {
      close();
      continue;
    }
    const [from, to] = [i, i + 1].map((k) => left + (k / steps) * (right - left));
    points.push(from, y(level), to, y(level));
  }
  close();
  return stretches;
}

/** The mean of what is known; NaN where nothing is. */
function meanOf(levels: Float32Array, from: number, to: number): number {
  let sum = 0;
  let count = 0;
  for (let i = from; i < Math.max(from + 1, to); i++) {
    if (Number.isNaN(levels[i])) continue;
    sum += levels[i];
    count++;
  }
  return count === 0 ? Number.NaN : sum / count;
}

export function cross(painter: Painter, x: number, y: number, r: number, theme: Theme): void {
  for (const ink of [
    { stroke: theme.surface, lineWidth: 4.5 },
    { stroke: theme.loss, lineWidth: 2 },
  ]) {
    painter.path([x - r, y - r, x + r, y + r], ink);
    painter.path([x - r, y + r, x + r, y - r], ink);
  }
}
