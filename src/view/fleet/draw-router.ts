/** Draws the router's last decision: the score of each replica in its row, and where the request went. */

import type { Painter, Size, TextStyle } from '../../ui/painter.ts';
import { linearScale } from '../../ui/scale.ts';
import type { Theme } from '../../ui/theme.ts';
import { cross, type FleetPicture, headStyle, small } from './picture.ts';
import { barHeight, headHeight, headY, type Place, placeOf } from './place.ts';

/** Room for the mark of the chosen one, at the left of the scores. */
const chosenRoom = 10;

export function drawScores(painter: Painter, picture: FleetPicture, theme: Theme, place: Place): void {
  const { model, decision, t, format } = picture;
  const { left, right } = place.scores;
  const of = decision === null ? '' : t('fleet.routerOf', { request: decision.request });
  const fits = of !== '' && painter.measure(of, headStyle(theme)) <= right - left;
  painter.text(left, headY, fits ? of : t('fleet.router'), { ...headStyle(theme), maxWidth: right - left });
  if (decision === null) return;
  const { scores, replica: chosen } = decision;
  const known = scores === null ? [] : [...scores].filter((score) => !Number.isNaN(score));
  const figures = place.hasCurves && right - left >= 80 ? 28 : 0;
  const from = left + chosenRoom;
  const x = linearScale([Math.min(0, ...known), Math.max(1e-9, ...known)], [from, right - figures]);
  model.rows.forEach(({ replica }, i) => {
    const y = place.top + i * place.pitch;
    const middle = y + place.pitch / 2;
    const isChosen = replica === chosen;
    const score = scores?.[replica] ?? Number.NaN;
    if (!Number.isNaN(score)) {
      const height = barHeight(place);
      const [a, b] = [x(0), x(score)];
      const width = Math.max(place.pitch >= 4 ? 1 : 0.5, Math.abs(b - a));
      painter.rect(Math.min(a, b), middle - height / 2, width, height, { fill: isChosen ? theme.ink : theme.waiting });
      if (figures > 0) {
        const style: TextStyle = { ...small(theme), align: 'right' };
        const text = Math.abs(score) < 99.5 ? format.number(score, 1) : format.compact(Math.round(score));
        painter.text(right, middle, text, isChosen ? { ...style, color: theme.ink, weight: 600 } : style);
      }
    } else if (figures > 0 && scores !== null) painter.text(right, middle, '–', { ...small(theme), align: 'right' });
    if (isChosen) drawChosen(painter, left + 4, middle, decision.isShed, theme);
  });
}

/** A dot where the request went; a cross where it was turned away. */
function drawChosen(painter: Painter, x: number, y: number, isShed: boolean, theme: Theme): void {
  if (!isShed) {
    painter.circle(x, y, 3.5, { fill: theme.ink, stroke: theme.surface, lineWidth: 1 });
    return;
  }
  cross(painter, x, y, 3.5, theme);
}

/** Where a decision's dot starts, at the router or at the replica that hands the request over, and where it arrives. */
export function flightOf(
  { model, decision }: Pick<FleetPicture, 'model' | 'decision'>,
  size: Size,
): { readonly x: number; readonly fromY: number; readonly toY: number } | null {
  const rowOf = (wanted: number | undefined) => model.rows.findIndex(({ replica }) => replica === wanted);
  const [from, to] = [rowOf(decision?.from), rowOf(decision?.replica)];
  if (to < 0) return null;
  const place = placeOf(model, size);
  const middle = (row: number) => place.top + (row + 0.5) * place.pitch;
  return { x: place.scores.left + 4, fromY: from < 0 ? headHeight / 2 : middle(from), toY: middle(to) };
}
