import type { Painter, Size } from '../../ui/painter.ts';
import type { Theme } from '../../ui/theme.ts';
import type { OverviewModel } from './model.ts';

/** Height of the lane of event ticks above the areas, in pixels. */
export const laneHeight = 10;
/** Half the width of the playhead's grip. */
const grip = 4;

/** Simulated time under a place, 0 to the run's end. */
export function timeAt(x: number, width: number, durationUs: number): number {
  return width <= 0 ? 0 : Math.min(1, Math.max(0, x / width)) * durationUs;
}

export function placeOf(us: number, width: number, durationUs: number): number {
  return durationUs <= 0 ? 0 : Math.min(1, Math.max(0, us / durationUs)) * width;
}

/** Token rate as stacked areas (decodes below, prompts above), KV use as a line, events as ticks: what stays while the cursor moves. */
export function drawRun(painter: Painter, size: Size, theme: Theme, model: OverviewModel): void {
  const { width, height } = size;
  const bottom = height - 1;
  const room = bottom - laneHeight - 2;
  const x = (us: number) => placeOf(us, width, model.durationUs);
  const y = (share: number) => bottom - share * room;
  // Square root: one long prompt computes a hundred times what the decodes beside it do, and both shall be seen.
  const rateShare = (perSecond: number) => (model.peakPerS === 0 ? 0 : Math.sqrt(perSecond / model.peakPerS));

  const decode = stairs(model, x, (column) => y(rateShare(model.decodePerS[column])));
  const both = stairs(model, x, (column) => y(rateShare(model.decodePerS[column] + model.prefillPerS[column])));
  if (both.length > 0) {
    painter.path([0, bottom, ...both, width, bottom], { fill: theme.prefill }, true);
    painter.path([0, bottom, ...decode, width, bottom], { fill: theme.decode }, true);
    // The line crosses both areas; a page-coloured edge keeps it apart from either.
    const kv = middles(model, x, (column) => y(model.kvUse[column]));
    painter.path(kv, { stroke: theme.page, lineWidth: 3 });
    painter.path(kv, { stroke: theme.ink, lineWidth: 1.25 });
  }
  painter.path([0, bottom + 0.5, width, bottom + 0.5], { stroke: theme.rule });

  const most = model.marks.reduce((max, mark) => Math.max(max, mark.count), 1);
  for (const mark of model.marks) {
    const at = Math.min(width - 1, Math.max(1, x(mark.timeUs)));
    const tick = mark.isLoss
      ? { fill: theme.loss, top: 0, wide: 3 }
      : { fill: theme.inkFaint, top: laneHeight - 2 - 4 * Math.sqrt(mark.count / most), wide: 1 };
    painter.rect(at - tick.wide / 2, tick.top, tick.wide, laneHeight - tick.top, { fill: tick.fill });
  }
}

/** The cursor as a playhead over the run, and the time that is pointed at anywhere. */
export function drawPlayhead(
  painter: Painter,
  size: Size,
  theme: Theme,
  durationUs: number,
  nowUs: number,
  pointedUs = Number.NaN,
): void {
  const { width, height } = size;
  const x = (us: number) => placeOf(us, width, durationUs);
  if (!Number.isNaN(pointedUs)) {
    painter.rect(x(pointedUs) - 1.5, 0, 3, height, { fill: theme.page });
    painter.rect(x(pointedUs) - 0.5, 0, 1, height, { fill: theme.inkSoft });
  }
  const now = Math.min(width - 1, Math.max(1, x(nowUs)));
  painter.rect(now - 2, 0, 4, height, { fill: theme.page });
  painter.rect(now - 1, 0, 2, height, { fill: theme.ink });
  painter.path([now - grip, 0, now + grip, 0, now, 6], { fill: theme.ink }, true);
}

/** Outline with one flat stretch a column, from left to right. */
export function stairs(model: OverviewModel, x: (us: number) => number, y: (column: number) => number): number[] {
  const points: number[] = [];
  for (let column = 0; column < model.kvUse.length; column += 1) {
    points.push(x(model.startUs[column]), y(column), x(model.startUs[column + 1]), y(column));
  }
  return points;
}

/** One point in the middle of each column. */
export function middles(model: OverviewModel, x: (us: number) => number, y: (column: number) => number): number[] {
  const points: number[] = [];
  for (let column = 0; column < model.kvUse.length; column += 1) {
    points.push(x((model.startUs[column] + model.startUs[column + 1]) / 2), y(column));
  }
  return points;
}
