/** Draws which replicas prefill and which decode, and what lies under the rows: the way of KV between the two, and the store that all share. */

import type { Translate } from '../../i18n/i18n.ts';
import type { Ink, Painter, TextStyle } from '../../ui/painter.ts';
import { linearScale } from '../../ui/scale.ts';
import type { Theme } from '../../ui/theme.ts';
import type { Format } from '../../ui/use-format.ts';
import { binAt, type FleetModel, levelNames, roleOf } from './model.ts';
import { drawArea, type FleetGround, type FleetPicture, headStyle, small, untilEnd } from './picture.ts';
import { curvesOf, inset, type Place, stripWords } from './place.ts';
import { stripFigure, theLinks, topWords } from './strips.ts';

const inksOf = (theme: Theme) => ({
  prefill: { letter: 'P', fill: theme.prefill, color: theme.onPrefill },
  decode: { letter: 'D', fill: theme.decode, color: theme.onDecode },
});

/** A bar along those that prefill at a time, and one along those that decode, with its letter: neighbours of one role have one together. */
export function drawRoles(painter: Painter, { rows }: FleetModel, us: number, theme: Theme, place: Place): void {
  for (let first = 0, next = 0; first < rows.length; first = next) {
    const role = roleOf(rows[first], us);
    while (next < rows.length && roleOf(rows[next], us) === role) next++;
    if (role === 'serve') continue;
    const { letter, fill, color } = inksOf(theme)[role];
    const [y, height] = [place.top + first * place.pitch, (next - first) * place.pitch];
    const gap = Math.min(2, height / 4);
    painter.rect(0, y + gap / 2, 11, height - gap, { fill });
    const style: TextStyle = { color, size: 10, baseline: 'middle', align: 'center', weight: 600 };
    if (height >= 12) painter.text(5.5, y + height / 2, letter, style);
    if (first > 0) painter.rect(0, y - 0.5, place.scores.right, 1, { fill: theme.inkFaint });
  }
}

/** A replica turns to another role: the letter that it gets, at the time from which on it takes nothing new. */
export function drawTurn(
  painter: Painter,
  x: number,
  y: number,
  to: 'prefill' | 'decode',
  theme: Theme,
  { hasCurves }: Place,
): void {
  const { letter, fill, color } = inksOf(theme)[to];
  const r = hasCurves ? 6 : 2;
  painter.rect(x - r, y - r, 2 * r, 2 * r, { fill, stroke: theme.surface, lineWidth: 1 });
  if (hasCurves) painter.text(x, y, letter, { color, size: 10, baseline: 'middle', align: 'center', weight: 600 });
}

/** The strips, each under a line: the same times, scales of their own. */
export function drawStrips(painter: Painter, { model, t, format }: FleetGround, theme: Theme, place: Place): void {
  model.strips.forEach(({ stands, levels }, n) => {
    const { top, foot } = place.strips[n];
    const words = top + stripWords / 2 + 1;
    const base = foot - inset.foot;
    painter.rect(0, top - 0.5, place.scores.right, 1, { fill: theme.inkFaint });
    if (place.busy !== null) {
      const { left, right } = place.busy;
      const style = { ...small(theme), maxWidth: right - left };
      legendOf(stands, model, t, format).forEach((text, line) => {
        painter.text(left, words + 12 * line, text, style);
      });
    }
    levels.forEach((level, i) => {
      const column = place.levels[levelNames[i]];
      const { left, right } = curvesOf(levelNames[i], place);
      // The last one has the room under the scores too: its figures are long.
      const end = i === levels.length - 1 ? place.scores.right : column.right;
      const strong = headStyle(theme);
      const word = t(level.word);
      painter.text(left, words, word, { ...strong, maxWidth: end - left });
      const start = left + painter.measure(word, strong) + 8;
      const top = topWords(level, t, format);
      if (start + painter.measure(top, small(theme)) <= end) painter.text(start, words, top, small(theme));
      const y = linearScale([0, level.top], [base, place.strips[n].top + stripWords]);
      const ink: Ink = level.isWait ? { fill: theme.waiting } : { fill: theme.inkFaint, alpha: 0.6 };
      drawArea(painter, level.values, y, ink, untilEnd({ left, right }, model, model.spanUs), base);
      painter.rect(left, base, right - left, 0.75, { fill: theme.inkFaint });
    });
  });
}

/** What the letters of the two sides stand for; and from where prompts had their KV. Where there is room. */
function legendOf(stands: number, { store }: FleetModel, t: Translate, format: Format): readonly string[] {
  if (stands === theLinks) return [`P ${t('fleet.role.prefill')}`, `D ${t('fleet.role.decode')}`];
  if (store === null) return [];
  return [
    t('fleet.ownHits', { share: format.percent(store.ownShare) }),
    t('fleet.storeHits', { share: format.percent(store.storeShare) }),
  ];
}

/** What the strips say at the shown time. */
export function drawStripFigures(
  painter: Painter,
  { model, nowUs, format }: FleetPicture,
  theme: Theme,
  place: Place,
): void {
  if (Number.isNaN(nowUs)) return;
  const style: TextStyle = { ...small(theme), size: 11, color: theme.ink, weight: 600 };
  const bin = binAt(model.result.series, nowUs);
  model.strips.forEach(({ levels }, n) => {
    const { top, foot } = place.strips[n];
    const y = (top + stripWords + foot - inset.foot) / 2;
    levels.forEach((level, i) => {
      const text = stripFigure(level, level.values[bin], format);
      const { right } = curvesOf(levelNames[i], place);
      if (i === levels.length - 1) painter.text(right + 6, y, text, style);
      else if (place.figures > 0)
        painter.text(place.levels[levelNames[i]].right, y, text, { ...style, align: 'right' });
    });
  });
}

/** The name of each strip, framed where it is pointed at. */
export function drawStripLabels(
  painter: Painter,
  { model, pointed, t }: FleetPicture,
  theme: Theme,
  place: Place,
): void {
  const style: TextStyle = { color: theme.ink, size: 10, baseline: 'middle', weight: 600 };
  model.strips.forEach(({ stands, name }, n) => {
    const { top, foot } = place.strips[n];
    const y = (top + foot) / 2;
    const text = t(name);
    const width = Math.max(place.labels.right - 2, 8 + painter.measure(text, style));
    if (pointed.replica === stands) painter.rect(0.5, y - 7, width, 14, { fill: theme.surface, stroke: theme.ink });
    painter.text(5, y, text, style);
  });
}
