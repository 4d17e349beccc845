/** Where everything lies in the picture of the timeline. */

import type { Size } from '../../ui/painter.ts';
import { linearScale, type Scale } from '../../ui/scale.ts';
import type { Piece } from './lanes.ts';
import type { TimelineModel } from './model.ts';

export interface Place {
  readonly left: number;
  readonly right: number;
  /** All stages lie between these two. */
  readonly top: number;
  readonly base: number;
  /** A lane's own place, one after the other with `gap` between them. */
  readonly laneHeight: number;
  readonly gap: number;
  /** KV on its way, between these two; NaN where nothing is handed over. */
  readonly transfersTop: number;
  readonly transfersBase: number;
  /** The lane of a run beside it, between these two; NaN without one. */
  readonly pinnedTop: number;
  readonly pinnedBase: number;
  readonly axisY: number;
  /** NaN where there is no room for a legend. */
  readonly legendY: number;
  readonly x: Scale;
}

/** From `from` to `to` in pixels. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

const labelWidth = 96;
const stageLabelWidth = 116;
/** Of a single lane, and of each of several. */
const tallestLane = 180;
const tallestStage = 88;
/** Between lanes, where there is room to show what is sent across. */
const widestGap = 8;
/** What transfers take of the shown run's place, and most of it. */
const transfersShare = 0.22;
const tallestTransfers = 30;
/** Steps at the start of a run keep the width that they will have later. */
export const leastSlots = 10;
/** What the shown run's lane takes where another one lies under it. */
const shownShare = 0.58;
/** Most of a slot that idle time before a step takes where all steps are equally wide. */
export const gapShare = 0.3;

export function placeOf(model: TimelineModel, size: Size): Place {
  const hasLegend = size.height >= 96;
  const left = Math.min(model.lanes.length === 1 ? labelWidth : stageLabelWidth, size.width * 0.3);
  const right = Math.max(left + 1, size.width - 4);
  const top = 8;
  const count = model.lanes.length;
  const tallest = count === 1 ? tallestLane : count * (tallestStage + widestGap);
  const end = Math.max(top + 4, Math.min(top + tallest, size.height - (hasLegend ? 36 : 18)));
  const hasPinned = model.pinned !== null;
  const ownBase = hasPinned ? top + Math.round((end - top) * shownShare) : end;
  const transfers = Math.min(tallestTransfers, Math.round((ownBase - top) * transfersShare));
  const base = model.transfers === null ? ownBase : ownBase - transfers - 6;
  const gap = count === 1 ? 0 : Math.min(widestGap, Math.max(2, Math.floor((base - top) / count / 4)));
  return {
    left,
    right,
    top,
    base,
    laneHeight: (base - top - (count - 1) * gap) / count,
    gap,
    transfersTop: model.transfers === null ? Number.NaN : ownBase - transfers,
    transfersBase: model.transfers === null ? Number.NaN : ownBase,
    pinnedTop: hasPinned ? ownBase + 6 : Number.NaN,
    pinnedBase: hasPinned ? end : Number.NaN,
    axisY: end + 10,
    legendY: hasLegend ? end + 28 : Number.NaN,
    x: linearScale([model.fromUs, model.toUs], [left, right]),
  };
}

export function topOf(place: Place, lane: number): number {
  return place.top + lane * (place.laneHeight + place.gap);
}

/** The lane that a height belongs to, the gap above it included. */
export function laneAt(place: Place, lanes: number, y: number): number {
  const at = Math.floor((y - place.top + place.gap / 2) / (place.laneHeight + place.gap));
  return Math.min(lanes - 1, Math.max(0, at));
}

/** Where a step lies in a stage, cut at the edges of the picture. */
export function pieceSpan(model: TimelineModel, place: Place, piece: Piece): Span {
  if (model.xScale === 'step') return spanOf(model, place, piece.slice);
  const within = (us: number) => Math.min(place.right, Math.max(place.left, place.x(us)));
  return { from: within(piece.startUs), to: within(piece.endUs) };
}

/** Where a slice lies: as wide as it lasts, or all equally wide with a gap for idle time. */
export function spanOf(model: TimelineModel, place: Place, i: number): Span {
  const slice = model.slices[i];
  if (model.xScale === 'time') return { from: place.x(slice.startUs), to: place.x(slice.endUs) };
  const count = model.slices.length;
  const pitch = (place.right - place.left) / Math.max(leastSlots, count);
  const from = place.right - (count - i) * pitch;
  return { from: from + (slice.idleUs > 0 ? pitch * gapShare : 0), to: from + pitch };
}
