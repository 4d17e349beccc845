/** Draws memory over time as stacked areas, and the bar of one moment under them with the key. */

import type { Translate } from '../../i18n/i18n.ts';
import type { Painter, Size, TextStyle } from '../../ui/painter.ts';
import { linearScale } from '../../ui/scale.ts';
import type { Theme } from '../../ui/theme.ts';
import type { Format } from '../../ui/use-format.ts';
import { partNames } from '../kv/model.ts';
import { drawPinnedSplit } from '../kv/pinned-split.ts';
import { barHeight, drawSplit, partInk } from '../kv/split.ts';
import { hasEnded, timesOf } from '../strip/model.ts';
import { type MemoryModel, type PartShares, partsOf, sharesAt } from './model.ts';
import { sentenceOf } from './words.ts';

export interface MemoryPicture {
  readonly model: MemoryModel | null;
  /** Simulated time of the shown step, and of what is pointed at; NaN for none. */
  readonly nowUs: number;
  readonly pointedUs: number;
  readonly t: Translate;
  readonly format: Format;
}

interface Place {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly base: number;
  /** Top of the bar; NaN where there is no room for it. */
  readonly barY: number;
}

const gutter = 34;
const keyHeight = 50;

function placeOf(size: Size): Place {
  const hasBar = size.height >= 120;
  // On a narrow picture the key needs more lines.
  const key = hasBar ? keyHeight + (size.width < 480 ? 17 : 0) : 0;
  return {
    left: gutter,
    right: Math.max(gutter + 1, size.width - 4),
    top: 4,
    base: Math.max(8, size.height - key - 18),
    barY: hasBar ? size.height - key : Number.NaN,
  };
}

export function draw(painter: Painter, picture: MemoryPicture, theme: Theme, size: Size): void {
  const { model, t, format, nowUs, pointedUs } = picture;
  const small: TextStyle = { color: theme.inkSoft, size: 10, baseline: 'middle' };
  if (model === null) {
    painter.text(size.width / 2, size.height / 2, t('memory.empty'), { ...small, size: 12, align: 'center' });
    return;
  }
  const place = placeOf(size);
  const { left, right, top, base } = place;
  const x = linearScale([0, model.spanUs], [left, right]);
  const y = linearScale([0, model.top], [base, top]);
  painter.rect(left, top, x(model.endUs) - left, base - top, partInk('free', theme));
  const below = model.rows.map(() => 0);
  for (const name of partNames) {
    if (name === 'free' || model.whole[name] <= 0) continue;
    const upper: number[] = [];
    const lower: number[] = [];
    model.rows.forEach((row: PartShares, i) => {
      const [from, to] = [x(i * model.binUs), x(Math.min(model.endUs, (i + 1) * model.binUs))];
      upper.push(from, y(below[i] + row[name]), to, y(below[i] + row[name]));
      lower.unshift(to, y(below[i]), from, y(below[i]));
      below[i] += row[name];
    });
    painter.path([...upper, ...lower], partInk(name, theme), true);
  }
  if (model.pinned !== null) drawPinned(painter, model.pinned, theme, x, y);
  painter.rect(left + 0.5, top + 0.5, right - left - 1, base - top - 1, { stroke: theme.waiting, lineWidth: 1 });
  for (const share of [0, model.top / 2, model.top]) {
    const at = Math.min(base - 5, Math.max(top + 5, y(share)));
    painter.text(left - 4, at, format.percent(share), { ...small, size: 9, color: theme.inkFaint, align: 'right' });
  }
  drawTimes(painter, picture, model, theme, place, x, small);
  const at = Number.isNaN(pointedUs) ? nowUs : pointedUs;
  if (Number.isNaN(place.barY)) return;
  const box = { x: left, y: place.barY, width: right - left, height: size.height - place.barY };
  const { pinned } = model;
  const isOver = hasEnded(model, at);
  drawSplit(painter, isOver ? [] : partsOf(model, sharesAt(model, at)), t, format, theme, box);
  if (isOver) {
    const words = sentenceOf(model, at, t, format);
    painter.text(left, box.y + barHeight + 12, words, { ...small, size: 11, maxWidth: box.width });
  }
  if (pinned !== null && !(at > pinned.endUs))
    drawPinnedSplit(painter, partsOf(pinned, sharesAt(pinned, at)), theme, box);
}

/** The other run in outline: what is in use, and, dashed, what is not free. */
function drawPinned(
  painter: Painter,
  { rows, binUs, endUs }: MemoryModel,
  theme: Theme,
  x: (us: number) => number,
  y: (share: number) => number,
): void {
  const line = (of: (row: PartShares) => number): number[] =>
    rows.flatMap((row, i) => {
      const at = y(of(row));
      return [x(i * binUs), at, x(Math.min(endUs, (i + 1) * binUs)), at];
    });
  const used = line((row) => row.useful + row.internal + row.reserved);
  painter.path(
    line((row) => 1 - row.free),
    { stroke: theme.ink, lineWidth: 1, dash: [2, 2] },
  );
  painter.path(used, { stroke: theme.page, lineWidth: 3 });
  painter.path(used, { stroke: theme.ink, lineWidth: 1.25 });
}

function drawTimes(
  painter: Painter,
  { format, nowUs, pointedUs }: MemoryPicture,
  model: MemoryModel,
  theme: Theme,
  { left, right, top, base }: Place,
  x: (us: number) => number,
  small: TextStyle,
): void {
  const y = base + 9;
  const bold: TextStyle = { ...small, color: theme.ink, weight: 600, align: 'center' };
  const clock = Number.isNaN(nowUs) ? '' : format.clock(nowUs);
  const half = painter.measure(clock, bold) / 2;
  const clockX = Number.isNaN(nowUs) ? Number.NaN : Math.min(right - half, Math.max(left + half, x(nowUs)));
  let lastEnd = Number.NEGATIVE_INFINITY;
  for (const us of timesOf(model.spanUs)) {
    const label = format.duration(us);
    const reach = painter.measure(label, small) / 2;
    const at = Math.max(left + reach, x(us));
    if (at - reach < lastEnd + 8 || at + reach > right + 2 || Math.abs(at - clockX) < reach + half + 6) continue;
    painter.text(at, y, label, { ...small, align: 'center' });
    lastEnd = at + reach;
  }
  for (const us of [pointedUs, nowUs]) {
    if (Number.isNaN(us)) continue;
    painter.rect(x(us) - 2, top, 4, base - top, { fill: theme.page, alpha: 0.8 });
    painter.rect(x(us) - 0.75, top, 1.5, base - top + 3, { fill: us === nowUs ? theme.ink : theme.inkSoft });
  }
  if (!Number.isNaN(nowUs)) painter.text(clockX, y, clock, bold);
}

/** Simulated time under a point, microseconds; null beside the areas. */
export function hit(model: MemoryModel | null, size: Size, x: number, y: number): number | null {
  const { left, right, base } = placeOf(size);
  if (model === null || x < left || x > right || y < 0 || y > base + 16) return null;
  return ((x - left) / (right - left)) * model.spanUs;
}
