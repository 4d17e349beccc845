/** Draws which replicas prefill and which decode, and the way of KV between the two. */

import type { MessageKey } from '../../i18n/i18n.ts';
import type { Ink, Painter, TextStyle } from '../../ui/painter.ts';
import { linearScale } from '../../ui/scale.ts';
import type { Theme } from '../../ui/theme.ts';
import type { Format } from '../../ui/use-format.ts';
import { byteRate } from '../rates.ts';
import { type LinkName, linkNames } from './links.ts';
import { binAt, type FleetModel, levelNames } from './model.ts';
import { drawArea, type FleetGround, type FleetPicture, figureOf, headStyle, small, untilEnd } from './picture.ts';
import { curvesOf, inset, linkWords, type Place, theLinks } from './place.ts';

/** A bar along those that prefill, and one along those that decode, with its letter. */
export function drawRoles(painter: Painter, { rows }: FleetModel, theme: Theme, place: Place): void {
  const inks = {
    prefill: { letter: 'P', fill: theme.prefill, color: theme.onPrefill },
    decode: { letter: 'D', fill: theme.decode, color: theme.onDecode },
  };
  for (const [role, { letter, fill, color }] of Object.entries(inks)) {
    const first = rows.findIndex((row) => row.role === role);
    const count = rows.filter((row) => row.role === role).length;
    if (count === 0) continue;
    const [y, height] = [place.top + first * place.pitch, count * place.pitch];
    const gap = Math.min(2, height / 4);
    painter.rect(0, y + gap / 2, 11, height - gap, { fill });
    const style: TextStyle = { color, size: 10, baseline: 'middle', align: 'center', weight: 600 };
    if (height >= 12) painter.text(5.5, y + height / 2, letter, style);
    if (first > 0) painter.rect(0, y - 0.5, place.scores.right, 1, { fill: theme.inkFaint });
  }
}

const linkKeys = {
  held: 'fleet.held',
  moving: 'fleet.moving',
  bytesPerS: 'fleet.bytesPerS',
} as const satisfies Record<LinkName, MessageKey>;

function linkFigure(name: LinkName, level: number, format: Format): string {
  if (name === 'bytesPerS') return byteRate(format, level);
  return figureOf('waiting', level, format);
}

/** What lies between the two, under the levels of the replicas: the same times, scales of its own. */
export function drawLinks(painter: Painter, { model, t, format }: FleetGround, theme: Theme, place: Place): void {
  const { links } = model;
  if (links === null) return;
  const words = place.bottom + linkWords / 2 + 1;
  const base = place.foot - inset.foot;
  painter.rect(0, place.bottom - 0.5, place.scores.right, 1, { fill: theme.inkFaint });
  if (place.busy !== null) {
    // What the letters of the two sides stand for, where there is room.
    const { left, right } = place.busy;
    const style = { ...small(theme), maxWidth: right - left };
    painter.text(left, words, `P ${t('fleet.role.prefill')}`, style);
    painter.text(left, words + 12, `D ${t('fleet.role.decode')}`, style);
  }
  linkNames.forEach((name, i) => {
    const column = place.levels[levelNames[i]];
    const { left, right } = curvesOf(levelNames[i], place);
    // The last one has the room under the scores too: its figures are long.
    const end = i === linkNames.length - 1 ? place.scores.right : column.right;
    const strong = headStyle(theme);
    const word = t(linkKeys[name]);
    painter.text(left, words, word, { ...strong, maxWidth: end - left });
    const start = left + painter.measure(word, strong) + 8;
    const top = t('fleet.upTo', { value: linkFigure(name, links.tops[name], format) });
    if (start + painter.measure(top, small(theme)) <= end) painter.text(start, words, top, small(theme));
    const y = linearScale([0, links.tops[name]], [base, place.bottom + linkWords]);
    const ink: Ink = name === 'held' ? { fill: theme.waiting } : { fill: theme.inkFaint, alpha: 0.6 };
    drawArea(painter, links.levels[name], y, ink, untilEnd({ left, right }, model, model.spanUs), base);
    painter.rect(left, base, right - left, 0.75, { fill: theme.inkFaint });
  });
}

/** What the links do at the shown time. */
export function drawLinkFigures(
  painter: Painter,
  { model, nowUs, format }: FleetPicture,
  theme: Theme,
  place: Place,
): void {
  const { links, result } = model;
  if (links === null || Number.isNaN(nowUs)) return;
  const style: TextStyle = { ...small(theme), size: 11, color: theme.ink, weight: 600 };
  const y = (place.bottom + linkWords + place.foot - inset.foot) / 2;
  const bin = binAt(result.series, nowUs);
  linkNames.forEach((name, i) => {
    const text = linkFigure(name, links.levels[name][bin], format);
    const { right } = curvesOf(levelNames[i], place);
    if (name === 'bytesPerS') painter.text(right + 6, y, text, style);
    else if (place.figures > 0) painter.text(place.levels[levelNames[i]].right, y, text, { ...style, align: 'right' });
  });
}

/** The name of the links, framed where they are pointed at. */
export function drawLinkLabel(painter: Painter, { model, pointed }: FleetPicture, theme: Theme, place: Place): void {
  if (model.links === null) return;
  const y = (place.bottom + place.foot) / 2;
  const style: TextStyle = { color: theme.ink, size: 10, baseline: 'middle', weight: 600 };
  if (pointed.replica === theLinks)
    painter.rect(0.5, y - 7, place.labels.right - 2, 14, { fill: theme.surface, stroke: theme.ink });
  painter.text(5, y, 'P→D', style);
}
