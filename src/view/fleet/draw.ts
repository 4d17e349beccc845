/**
 * Draws the replicas of a fleet as small multiples: a row a replica, a column a quantity, all on one scale of time and
 * value, so that what is uneven is seen by looking down a column. Low rows are lines of lightness. At the right the
 * router's last decision: the score of each replica in its row. Says which replica and time lie under a point.
 */

import type { MessageKey, Translate } from '../../i18n/i18n.ts';
import { mix, pixelOf } from '../../ui/colour.ts';
import type { Ink, Painter, Size, TextStyle } from '../../ui/painter.ts';
import { linearScale } from '../../ui/scale.ts';
import type { Theme } from '../../ui/theme.ts';
import type { Format } from '../../ui/use-format.ts';
import { byteRate } from '../rates.ts';
import { timesOf } from '../strip/model.ts';
import { type LinkName, linkNames } from './links.ts';
import {
  awayAt,
  binAt,
  type Decision,
  type FleetModel,
  type LevelName,
  levelAt,
  levelNames,
  type ReplicaRow,
} from './model.ts';

/** Stands for a replica where the way between those that prefill and those that decode is pointed at. */
export const theLinks = -2;

export interface Pointed {
  /** -1 = none. */
  readonly replica: number;
  /** NaN = none. */
  readonly us: number;
}

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

/** From `left` to `right` in pixels. */
interface Column {
  readonly left: number;
  readonly right: number;
}

interface Place {
  readonly top: number;
  /** Under the last row. */
  readonly bottom: number;
  /** Under what comes below it, the links: here the axis begins. */
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

const headHeight = 18;
const axisHeight = 16;
const highestRow = 88;
/** Of the links: a line of words over their curves. */
const linkWords = 15;
/** Rows lower than this have no room for a figure. */
const leastCurve = 14;

export function placeOf({ rows, links }: FleetModel, size: Size): Place {
  const whole = size.height - headHeight - axisHeight;
  const linksHeight = links === null ? 0 : Math.min(60, Math.max(linkWords + 14, Math.round(whole / 4)));
  const most = Math.max(rows.length, whole - linksHeight);
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
  return {
    top: headHeight,
    bottom: headHeight + pitch * rows.length,
    foot: headHeight + pitch * rows.length + linksHeight,
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

const small = (theme: Theme): TextStyle => ({ color: theme.inkSoft, size: 10, baseline: 'middle' });

/** What stays while the run goes on: the whole of it, and which replica is shown. */
export type FleetGround = Pick<FleetPicture, 'model' | 'shown' | 't' | 'format'>;

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
  if (model.links === null) return;
  drawRoles(painter, model, theme, place);
  drawLinks(painter, picture, theme, place);
}

/** The shown time, the router's last decision, and what is pointed at. */
export function drawNow(painter: Painter, picture: FleetPicture, theme: Theme, size: Size): void {
  const place = placeOf(picture.model, size);
  drawFigures(painter, picture, theme, place);
  drawLinkFigures(painter, picture, theme, place);
  drawScores(painter, picture, theme, place);
  drawTimes(painter, picture, theme, place);
  drawLabels(painter, picture, theme, place, size);
  drawLinkLabel(painter, picture, theme, place);
}

export function draw(painter: Painter, picture: FleetPicture, theme: Theme, size: Size): void {
  drawGround(painter, picture, theme, size);
  drawNow(painter, picture, theme, size);
}

export const levelWords = {
  waiting: 'fleet.waiting',
  running: 'fleet.running',
  kvUse: 'fleet.kvUse',
} as const satisfies Record<LevelName, MessageKey>;

/** A level as a figure of at most four characters. */
export function figureOf(name: LevelName, level: number, format: Format): string {
  if (Number.isNaN(level)) return '–';
  if (name === 'kvUse') return format.percent(level);
  return level < 9.95 ? format.number(level, 1) : format.compact(Math.round(level));
}

const headStyle = (theme: Theme): TextStyle => ({ ...small(theme), color: theme.ink, weight: 600 });
const headY = headHeight / 2 - 1;

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

/** A bar along those that prefill, and one along those that decode, with its letter. */
function drawRoles(painter: Painter, { rows }: FleetModel, theme: Theme, place: Place): void {
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

export const linkKeys = {
  held: 'fleet.held',
  moving: 'fleet.moving',
  bytesPerS: 'fleet.bytesPerS',
} as const satisfies Record<LinkName, MessageKey>;

function linkFigure(name: LinkName, level: number, format: Format): string {
  if (name === 'bytesPerS') return byteRate(format, level);
  return figureOf('waiting', level, format);
}

/** What lies between the two, under the levels of the replicas: the same times, scales of its own. */
function drawLinks(painter: Painter, { model, t, format }: FleetGround, theme: Theme, place: Place): void {
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
    drawArea(painter, links.levels[name], y, ink, { left, right }, base);
    painter.rect(left, base, right - left, 0.75, { fill: theme.inkFaint });
  });
}

/** What the links do at the shown time. */
function drawLinkFigures(painter: Painter, { model, nowUs, format }: FleetPicture, theme: Theme, place: Place): void {
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
    if (hasCurves)
      painter.text(busy.right, y + pitch / 2, format.percent(row.busy), { ...small(theme), align: 'right' });
  });
}

const barHeight = ({ pitch, hasCurves }: Place): number =>
  hasCurves ? Math.min(10, pitch - 8) : Math.max(0.75, pitch - (pitch >= 4 ? 1 : 0));

/** Where the curves of a level end and the figures begin. */
const curvesOf = (name: LevelName, { levels, figures }: Place): Column => ({
  left: levels[name].left,
  right: levels[name].right - figures,
});

function drawLevel(painter: Painter, model: FleetModel, name: LevelName, theme: Theme, place: Place): void {
  const column = curvesOf(name, place);
  if (!place.hasCurves) drawHeat(painter, model, name, theme, place, column);
  model.rows.forEach((row, i) => {
    const top = place.top + i * place.pitch;
    if (place.hasCurves) drawCurve(painter, model, name, row.replica, theme, place, column, top);
    drawAway(painter, row, model.spanUs, theme, column, top, place);
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

/** How far above the foot of its row a curve's foot lies, and what it leaves free at the top. */
const inset = { foot: 3, head: 4 };

function drawCurve(
  painter: Painter,
  { result, tops }: FleetModel,
  name: LevelName,
  replica: number,
  theme: Theme,
  { pitch }: Place,
  { left, right }: Column,
  top: number,
): void {
  const { bins } = result.series;
  const base = top + pitch - inset.foot;
  const y = linearScale([0, tops[name]], [base, top + inset.head]);
  const levels = result.series[name].subarray(replica * bins, (replica + 1) * bins);
  const ink: Ink = name === 'waiting' ? { fill: theme.waiting } : { fill: theme.inkFaint, alpha: 0.6 };
  drawArea(painter, levels, y, ink, { left, right }, base);
  painter.rect(left, base, right - left, 0.75, { fill: theme.inkFaint });
}

/** A level over the whole run as an area on `base`, with holes where it is not known. */
function drawArea(
  painter: Painter,
  levels: Float32Array,
  y: (level: number) => number,
  ink: Ink,
  { left, right }: Column,
  base: number,
): void {
  const bins = levels.length;
  const steps = Math.min(bins, Math.max(1, Math.floor(right - left)));
  let points: number[] = [];
  const close = () => {
    if (points.length > 0) painter.path([...points, points[points.length - 2], base, points[0], base], ink, true);
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

const shades = 64;

/** One pixel a replica and bin: the higher the level, the farther from the page. */
function drawHeat(
  painter: Painter,
  { result, rows, tops }: FleetModel,
  name: LevelName,
  theme: Theme,
  place: Place,
  { left, right }: Column,
): void {
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
export function awayInk(why: 'dead' | 'starting' | 'off', theme: Theme): Ink {
  if (why === 'dead') return { fill: theme.empty, texture: 'hatch', mark: mix(theme.empty, theme.loss, 0.55) };
  if (why === 'starting') return { fill: theme.empty, texture: 'dots', mark: theme.inkFaint };
  return { fill: theme.surface };
}

/** Requests that timed out or were turned away hang from the top of the replica's waiting row. */
function drawLosses(painter: Painter, model: FleetModel, theme: Theme, place: Place): void {
  const { bins } = model.result.series;
  const { left, right } = curvesOf('waiting', place);
  const width = (right - left) / bins;
  const height = place.hasCurves ? 5 : Math.max(1, Math.min(3, place.pitch / 2));
  model.rows.forEach(({ replica }, i) => {
    for (let bin = 0; bin < bins; bin++) {
      if (model.losses[replica * bins + bin] === 0) continue;
      painter.rect(left + bin * width, place.top + i * place.pitch, Math.max(1.5, width), height, { fill: theme.loss });
    }
  });
}

/** Room for the mark of the chosen one, at the left of the scores. */
const chosenRoom = 10;

function drawScores(painter: Painter, picture: FleetPicture, theme: Theme, place: Place): void {
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

function cross(painter: Painter, x: number, y: number, r: number, theme: Theme): void {
  for (const ink of [
    { stroke: theme.surface, lineWidth: 4.5 },
    { stroke: theme.loss, lineWidth: 2 },
  ]) {
    painter.path([x - r, y - r, x + r, y + r], ink);
    painter.path([x - r, y + r, x + r, y - r], ink);
  }
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

/** The name of the links, framed where they are pointed at. */
function drawLinkLabel(painter: Painter, { model, pointed }: FleetPicture, theme: Theme, place: Place): void {
  if (model.links === null) return;
  const y = (place.bottom + place.foot) / 2;
  const style: TextStyle = { color: theme.ink, size: 10, baseline: 'middle', weight: 600 };
  if (pointed.replica === theLinks)
    painter.rect(0.5, y - 7, place.labels.right - 2, 14, { fill: theme.surface, stroke: theme.ink });
  painter.text(5, y, 'P→D', style);
}

function drawTimes(painter: Painter, picture: FleetPicture, theme: Theme, place: Place): void {
  const { model, nowUs, pointed, format } = picture;
  const style: TextStyle = { ...small(theme), align: 'center' };
  const y = place.foot + 9;
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
    for (const us of timesOf(model.spanUs)) {
      const label = format.duration(us);
      const reach = painter.measure(label, style) / 2;
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

/** A time through the rows, and through the links, but not through the words between them. */
function drawLine(painter: Painter, x: number, width: number, fill: string, theme: Theme, place: Place): void {
  const { top, bottom, foot } = place;
  const parts =
    foot > bottom ? [[top, bottom] as const, [bottom + linkWords, foot] as const] : [[top, bottom] as const];
  for (const [from, to] of parts) {
    painter.rect(x - width / 2 - 1, from, width + 2, to - from, { fill: theme.surface, alpha: 0.7 });
    painter.rect(x - width / 2, from - 2, width, to - from + (to === bottom && foot > bottom ? 2 : 4), { fill });
  }
}

/** Deaths, starts and orderly stops, on the first column. */
function drawMarks(painter: Painter, model: FleetModel, theme: Theme, place: Place): void {
  const { left, right } = curvesOf('waiting', place);
  const x = linearScale([0, model.spanUs], [left, right]);
  const r = place.hasCurves ? 3.5 : 2;
  model.rows.forEach(({ marks }, row) => {
    const y = place.top + (row + 0.5) * place.pitch;
    for (const { timeUs, name } of marks) {
      const at = x(timeUs);
      if (name === 'died') cross(painter, at, y, r, theme);
      else {
        const way = name === 'started' ? 1 : -1;
        const ink: Ink = name === 'started' ? { fill: theme.ink } : { fill: theme.surface, stroke: theme.inkSoft };
        painter.path([at - r, y + way * r, at + r, y + way * r, at, y - way * r], ink, true);
      }
    }
  });
}

/** The replica and the time under a point: beside the levels no time, beside the rows no replica. */
export function hit(model: FleetModel, size: Size, x: number, y: number): Pointed {
  const place = placeOf(model, size);
  const row = Math.floor((y - place.top) / place.pitch);
  const isOnLinks = y >= place.bottom && y < place.foot;
  const replica = isOnLinks ? theLinks : (model.rows[row]?.replica ?? -1);
  const column = levelNames.map((name) => curvesOf(name, place)).find(({ left, right }) => x >= left && x <= right);
  if (column === undefined || y < place.top || y > place.foot + axisHeight) return { replica, us: Number.NaN };
  return { replica, us: ((x - column.left) / (column.right - column.left)) * model.spanUs };
}
