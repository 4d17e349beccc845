import type { Painter, Size } from '../../ui/painter.ts';
import type { Theme } from '../../ui/theme.ts';
import { laneHeight, middles, placeOf, stairs } from './draw.ts';
import type { OverviewModel } from './model.ts';

/** Another run over the shown one, in outline: its rate as stairs, its KV use dashed, and how long both are the same. */
export function drawPinned(
  painter: Painter,
  { width, height }: Size,
  theme: Theme,
  model: OverviewModel,
  pinned: OverviewModel,
  sameUs: number,
): void {
  const bottom = height - 1;
  const x = (us: number) => placeOf(us, width, model.durationUs);
  const y = (share: number) => bottom - share * (bottom - laneHeight - 2);
  // On the scale of the shown run; what is more than its peak stays at the top.
  const rate = (column: number) =>
    Math.min(1, Math.sqrt((pinned.decodePerS[column] + pinned.prefillPerS[column]) / Math.max(1e-9, model.peakPerS)));
  painter.path(
    stairs(pinned, x, (column) => y(rate(column))),
    { stroke: theme.ink, lineWidth: 0.75, alpha: 0.7 },
  );
  const kv = middles(pinned, x, (column) => y(pinned.kvUse[column]));
  painter.path(kv, { stroke: theme.page, lineWidth: 3 });
  painter.path(kv, { stroke: theme.ink, dash: [3, 2] });
  const same = x(sameUs);
  painter.rect(0, laneHeight - 1, same, 2, { fill: theme.ink });
  if (sameUs < model.durationUs) painter.path([same, 0, same, bottom], { stroke: theme.ink, dash: [3, 2] });
}
