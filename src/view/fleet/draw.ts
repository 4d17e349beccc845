/**
 * Draws the replicas of a fleet as small multiples: a row a replica, a column a quantity, all on one scale of time and
 * value, so that what is uneven is seen by looking down a column. Low rows are lines of lightness. At the right the
 * router's last decision, under the rows the way from those that prefill to those that decode.
 */

import type { MessageKey } from '../../i18n/i18n.ts';
import { mix, pixelOf } from '../../ui/colour.ts';
import type { Ink, Painter, Size, TextStyle } from '../../ui/painter.ts';
import { linearScale } from '../../ui/scale.ts';
import type { Theme } from '../../ui/theme.ts';
import { timesOf } from '../strip/model.ts';
import { drawScores } from './draw-router.ts';
import { drawRoles, drawStripFigures, drawStripLabels, drawStrips, drawTurn } from './draw-strips.ts';
import { awayAt, type FleetModel, hasTurns, type LevelName, levelAt, levelNames, type ReplicaRow } from './model.ts';
import {
  cross,
  drawArea,
  drawOutline,
  type FleetGround,
  type FleetPicture,
  figureOf,
  headStyle,
  small,
  untilEnd,
} from './picture.ts';
import { barHeight, type Column, curvesOf, headY, inset, type Place, placeOf, stripWords } from './place.ts';

export function drawGround(painter: Painter, picture: FleetGround, theme: Theme, size: Size): void {
  const { model, shown } = picture;
  const place = placeOf(model, size);
  const row = model.rows.findIndex(({ replica }) => replica === shown);
  if (place.hasCurves && row >= 0) {
    painter.rect(0, place.top + row * place.pitch + 1, size.width, place.pitch - 1, { fill: theme.empty });
  }
  drawHeads(painter, picture, theme, place);
  drawBusy(painter, picture, theme, place);
  for (const name of levelNames) drawLevel(painter, model, name, theme, place);
  drawLosses(painter, model, theme, place);
  drawMarks(painter, model, theme, place);
  if (model.links !== null && !hasTurns(model)) drawRoles(painter, model, 0, theme, place);
  drawStrips(painter, picture, theme, place);
}

/** The shown time, the router's last decision, and what is pointed at. */
export function drawNow(painter: Painter, picture: FleetPicture, theme: Theme, size: Size): void {
  const place = placeOf(picture.model, size);
  if (hasTurns(picture.model)) drawRoles(painter, picture.model, picture.nowUs, theme, place);
  drawFigures(painter, picture, theme, place);
  drawStripFigures(painter, picture, theme, place);
  drawScores(painter, picture, theme, place);
  drawTimes(painter, picture, theme, place);
  drawLabels(painter, picture, theme, place, size);
  drawStripLabels(painter, picture, theme, place);
}

export function draw(painter: Painter, picture: FleetPicture, theme: Theme, size: Size): void {
  drawGround(painter, picture, theme, size);
  drawNow(painter, picture, theme, size);
}

const levelWords = {
  waiting: 'fleet.waiting',
  running: 'fleet.running',
  kvUse: 'fleet.kvUse',
} as const satisfies Record<LevelName, MessageKey>;
function drawHeads(painter: Painter, { model, t, format }: FleetGround, theme: Theme, place: Place): void {
  const strong = headStyle(theme);
  if (place.busy !== null) painter.text(place.busy.left, headY, t('fleet.busy'), strong);
  for (const name of levelNames) {
    const { left, right } = place.levels[name];
    const word = t(levelWords[name]);
    painter.text(left, headY, word, { ...strong, maxWidth: right - left });
    const start = left + painter.measure(word, strong) + 8;
    const top = t('fleet.upTo', { value: figureOf(name, model.tops[name], format) });
    if (start + painter.measure(top, small(theme)) <= right) painter.text(start, headY, top, small(theme));
  }
}
/** How busy each is over the whole run: the outline of the bars is the imbalance. */
function drawBusy(painter: Painter, { model, format }: FleetGround, theme: Theme, place: Place): void {
  const { busy, pitch, hasCurves } = place;
  if (busy === null) return;
  const room = busy.right - busy.left - (hasCurves ? 32 : 0);
  model.rows.forEach((row, i) => {
    const y = place.top + i * pitch;
    const height = barHeight(place);
    const bar = y + (pitch - height) / 2;
    if (hasCurves) painter.rect(busy.left, bar, room, height, { fill: theme.rule });
    painter.rect(busy.left, bar, Math.max(0.5, row.busy * room), height, { fill: theme.inkSoft });
    const other = model.pinned?.rows.find(({ replica }) => replica === row.replica);
    if (other !== undefined && hasCurves) drawBracket(painter, busy.left, bar, other.busy * room, height, theme);
    if (hasCurves)
      painter.text(busy.right, y + pitch / 2, format.percent(row.busy), { ...small(theme), align: 'right' });
  });
}

/** How busy the replica of the same number was in the other run. */
function drawBracket(painter: Painter, left: number, top: number, width: number, height: number, theme: Theme): void {
  const points = [left, top - 2, left + width, top - 2, left + width, top + height + 2, left, top + height + 2];
  painter.path(points, { stroke: theme.page, lineWidth: 3 });
  painter.path(points, { stroke: theme.ink, lineWidth: 1.25 });
}

function drawLevel(painter: Painter, model: FleetModel, name: LevelName, theme: Theme, place: Place): void {
  const column = curvesOf(name, place);
  if (!place.hasCurves) drawHeat(painter, model, name, theme, place, column);
  model.rows.forEach((row, i) => {
    const top = place.top + i * place.pitch;
    const base = top + place.pitch - inset.foot;
    const y = linearScale([0, model.tops[name]], [base, top + inset.head]);
    if (place.hasCurves) drawCurve(painter, model, name, row.replica, theme, column, y, base);
    drawAway(painter, row, model.spanUs, theme, column, top, place);
    if (place.hasCurves) drawOther(painter, model, name, row.replica, theme, column, y);
  });
  if (place.hasCurves || place.pitch < 5) return;
  for (let i = 1; i < model.rows.length; i++) {
    const y = place.top + i * place.pitch - 0.5;
    painter.rect(column.left, y, column.right - column.left, 1, { fill: theme.surface });
  }
}

/** The levels at the shown time, beside the curves. */
function drawFigures(painter: Painter, { model, nowUs, format }: FleetPicture, theme: Theme, place: Place): void {
  if (!place.hasCurves || Number.isNaN(nowUs)) return;
  const style: TextStyle = { ...small(theme), size: 11, color: theme.ink, weight: 600, align: 'right' };
  model.rows.forEach((row, i) => {
    const y = place.top + (i + 0.5) * place.pitch;
    const isAway = awayAt(row, nowUs) !== null;
    for (const name of levelNames) {
      const level = isAway ? Number.NaN : levelAt(model, name, row.replica, nowUs);
      painter.text(place.levels[name].right, y, figureOf(name, level, format), style);
    }
  });
}

type Scale = (level: number) => number;

function drawCurve(
  painter: Painter,
  model: FleetModel,
  name: LevelName,
  replica: number,
  theme: Theme,
  column: Column,
  y: Scale,
  base: number,
): void {
  const ink: Ink = name === 'waiting' ? { fill: theme.waiting } : { fill: theme.inkFaint, alpha: 0.6 };
  drawArea(painter, levelsOf(model, name, replica), y, ink, untilEnd(column, model, model.spanUs), base);
  painter.rect(column.left, base, column.right - column.left, 0.75, { fill: theme.inkFaint });
}

/** The replica of the same number in the run that is compared. */
function drawOther(
  painter: Painter,
  { pinned, spanUs }: FleetModel,
  name: LevelName,
  replica: number,
  theme: Theme,
  column: Column,
  y: Scale,
): void {
  if (pinned === null || replica >= pinned.result.replicas) return;
  drawOutline(painter, levelsOf(pinned, name, replica), y, theme, untilEnd(column, pinned, spanUs));
}

function levelsOf({ result }: FleetModel, name: LevelName, replica: number): Float32Array {
  const { bins } = result.series;
  return result.series[name].subarray(replica * bins, (replica + 1) * bins);
}

const shades = 64;

/** One pixel a replica and bin: the higher the level, the farther from the page. */
function drawHeat(
  painter: Painter,
  model: FleetModel,
  name: LevelName,
  theme: Theme,
  place: Place,
  column: Column,
): void {
  const { result, rows, tops } = model;
  const { left, right } = untilEnd(column, model, model.spanUs);
  const { bins } = result.series;
  const ramp = Uint32Array.from({ length: shades + 1 }, (_, i) =>
    pixelOf(mix(theme.empty, theme.ink, i === 0 ? 0 : 0.08 + (0.8 * i) / shades)),
  );
  const pixels = new Uint32Array(rows.length * bins);
  rows.forEach(({ replica }, i) => {
    for (let bin = 0; bin < bins; bin++) {
      const level = result.series[name][replica * bins + bin];
      // What is not known stays clear.
      if (!Number.isNaN(level)) pixels[i * bins + bin] = ramp[Math.ceil(Math.min(1, level / tops[name]) * shades)];
    }
  });
  const height = place.bottom - place.top;
  painter.image(left, place.top, right - left, height, bins, rows.length, new Uint8ClampedArray(pixels.buffer));
}

function drawAway(
  painter: Painter,
  { away }: ReplicaRow,
  spanUs: number,
  theme: Theme,
  { left, right }: Column,
  top: number,
  { pitch, hasCurves }: Place,
): void {
  const x = linearScale([0, spanUs], [left, right]);
  for (const { fromUs, toUs, why } of away) {
    const y = hasCurves ? top + inset.head : top;
    const height = hasCurves ? pitch - inset.head - inset.foot : pitch;
    painter.rect(x(fromUs), y, x(toUs) - x(fromUs), height, awayInk(why, theme));
  }
}

/** Dead is loss; what starts is faint; what is off is left empty. */
function awayInk(why: 'dead' | 'starting' | 'off', theme: Theme): Ink {
  if (why === 'dead') return { fill: theme.empty, texture: 'hatch', mark: mix(theme.empty, theme.loss, 0.55) };
  if (why === 'starting') return { fill: theme.empty, texture: 'dots', mark: theme.inkFaint };
  return { fill: theme.surface };
}

/** Requests that timed out or were turned away hang from the top of the replica's waiting row. */
function drawLosses(painter: Painter, model: FleetModel, theme: Theme, place: Place): void {
  const { bins } = model.result.series;
  const { left, right } = untilEnd(curvesOf('waiting', place), model, model.spanUs);
  const width = (right - left) / bins;
  const height = place.hasCurves ? 5 : Math.max(1, Math.min(3, place.pitch / 2));
  model.rows.forEach(({ replica }, i) => {
    for (let bin = 0; bin < bins; bin++) {
      if (model.losses[replica * bins + bin] === 0) continue;
      painter.rect(left + bin * width, place.top + i * place.pitch, Math.max(1.5, width), height, { fill: theme.loss });
    }
  });
}
/** Numbers of the replicas, as many as there is room for; always that of the shown one. */
function drawLabels(painter: Painter, picture: FleetPicture, theme: Theme, place: Place, size: Size): void {
  const { model, shown, pointed, format } = picture;
  const middle = (row: number) => place.top + (row + 0.5) * place.pitch;
  const rowOf = (wanted: number) => model.rows.findIndex(({ replica }) => replica === wanted);
  const every = Math.ceil(12 / place.pitch);
  const kept = [shown, pointed.replica].map(rowOf).filter((row) => row >= 0);
  const name = (row: number) => format.count(model.rows[row].replica + 1);
  model.rows.forEach((_, row) => {
    if (row % every !== 0 || kept.some((other) => Math.abs(middle(other) - middle(row)) < 13)) return;
    painter.text(place.labels.right - 4, middle(row), name(row), { ...small(theme), align: 'right' });
  });
  for (const row of kept.toReversed()) {
    const isShown = model.rows[row].replica === shown;
    const at = Math.max(7, middle(row));
    if (!place.hasCurves)
      painter.rect(
        place.labels.right,
        place.top + row * place.pitch - 1,
        size.width - place.labels.right,
        place.pitch + 2,
        {
          stroke: isShown ? theme.ink : theme.inkFaint,
          lineWidth: 1,
        },
      );
    const { left, right } = place.labels;
    if (isShown) painter.rect(left, at - 7, right - left - 1, 14, { fill: theme.ink });
    else painter.rect(left + 0.5, at - 7, right - left - 2, 14, { fill: theme.surface, stroke: theme.ink });
    const color = isShown ? theme.surface : theme.ink;
    painter.text(place.labels.right - 4, at, name(row), { ...small(theme), color, weight: 600, align: 'right' });
  }
}
function drawTimes(painter: Painter, picture: FleetPicture, theme: Theme, place: Place): void {
  const { model, nowUs, pointed, format } = picture;
  const style: TextStyle = { ...small(theme), align: 'center' };
  const y = place.foot + 9;
  const times = timesOf(model.spanUs).map((us) => {
    const label = format.duration(us);
    return { us, label, reach: painter.measure(label, style) / 2 };
  });
  levelNames.forEach((name, i) => {
    const { left, right } = curvesOf(name, place);
    const x = linearScale([0, model.spanUs], [left, right]);
    const hasNow = !Number.isNaN(nowUs);
    // The clock stands under the first column alone: it is the same time everywhere.
    const clock = hasNow && i === 0 ? format.clock(nowUs) : '';
    const bold: TextStyle = { ...style, color: theme.ink, weight: 600 };
    const half = clock === '' ? 0 : painter.measure(clock, bold) / 2;
    const clockX = Math.min(right - half, Math.max(left + half, x(nowUs)));
    if (clock !== '') painter.text(clockX, y, clock, bold);
    let lastEnd = Number.NEGATIVE_INFINITY;
    for (const { us, label, reach } of times) {
      const at = Math.min(right - reach, Math.max(left + reach, x(us)));
      if (Math.abs(at - x(us)) > reach || at - reach < lastEnd + 10) continue;
      if (clock !== '' && Math.abs(at - clockX) < reach + half + 6) continue;
      painter.text(at, y, label, style);
      lastEnd = at + reach;
    }
    if (!Number.isNaN(pointed.us)) drawLine(painter, x(pointed.us), 1, theme.inkSoft, theme, place);
    if (hasNow) drawLine(painter, x(nowUs), 1.5, theme.ink, theme, place);
  });
}

/** A time through the rows, and through each strip under them, but not through the words over its curves. */
function drawLine(painter: Painter, x: number, width: number, fill: string, theme: Theme, place: Place): void {
  const parts = [[place.top, place.bottom], ...place.strips.map(({ top, foot }) => [top + stripWords, foot])];
  for (const [from, to] of parts) {
    painter.rect(x - width / 2 - 1, from, width + 2, to - from, { fill: theme.surface, alpha: 0.7 });
    // It stands out a little, but not into words below.
    painter.rect(x - width / 2, from - 2, width, to - from + (to === place.foot ? 4 : 2), { fill });
  }
}

/** Deaths, starts, orderly stops and changes of role, on the first column. */
function drawMarks(painter: Painter, model: FleetModel, theme: Theme, place: Place): void {
  const { left, right } = curvesOf('waiting', place);
  const x = linearScale([0, model.spanUs], [left, right]);
  const r = place.hasCurves ? 3.5 : 2;
  model.rows.forEach(({ marks }, row) => {
    const y = place.top + (row + 0.5) * place.pitch;
    for (const { timeUs, name } of marks) {
      const at = x(timeUs);
      if (name === 'died') cross(painter, at, y, r, theme);
      else if (name === 'turnsToPrefill') drawTurn(painter, at, y, 'prefill', theme, place);
      else if (name === 'turnsToDecode') drawTurn(painter, at, y, 'decode', theme, place);
      else {
        const way = name === 'started' ? 1 : -1;
        const ink: Ink = name === 'started' ? { fill: theme.ink } : { fill: theme.surface, stroke: theme.inkSoft };
        painter.path([at - r, y + way * r, at + r, y + way * r, at, y - way * r], ink, true);
      }
    }
  });
}
