/** A slice, a transfer, or the whole run, in words. */

import type { Translate } from '../../i18n/i18n.ts';
import type { Format } from '../../ui/use-format.ts';
import type { Piece } from './lanes.ts';
import type { Slice, StageLane, TimelineModel } from './model.ts';
import type { TransferLane } from './transfers.ts';

/** @param lane the stage that is pointed at; -1 = the step in all of them */
export function readoutOf(
  model: TimelineModel,
  slice: Slice,
  lane: number,
  t: Translate,
  format: Format,
): readonly string[] {
  const duration = format.duration(slice.endUs - slice.startUs);
  const parts = [
    t('timeline.slice', { step: format.count(slice.step), phase: t(`timeline.${slice.phase}`), duration }),
  ];
  const part = (name: 'transfer' | 'encoding' | 'communication', us: number) =>
    t('timeline.part', { part: t(`timeline.${name}`), duration: format.duration(us) });
  if (slice.idleUs > 0) parts.push(t('timeline.gap', { duration: format.duration(slice.idleUs) }));
  if (slice.transferUs > 0) parts.push(part('transfer', slice.transferUs));
  if (slice.encodingUs > 0) parts.push(part('encoding', slice.encodingUs));
  if (slice.paddingShare > 0) {
    parts.push(t('timeline.share', { part: t('timeline.padding'), share: format.percent(slice.paddingShare) }));
  }
  const at = model.slices.indexOf(slice);
  const pieces = lane < 0 ? piecesOf(model, at) : [model.lanes[lane].pieces[at]];
  if (model.lanes.length > 1 && lane >= 0) parts.push(stageTime(lane, pieces[0], t, format));
  const communicationUs = pieces.reduce((sum, piece) => sum + piece.communicationUs, 0);
  if (communicationUs > 0) parts.push(part('communication', communicationUs));
  const sendUs = lane < 0 ? Number.NaN : pieces[0].arrivesUs - pieces[0].endUs;
  if (sendUs > 0) parts.push(t('timeline.send', { duration: format.duration(sendUs) }));
  return parts;
}

export function transferReadout(lane: TransferLane, at: number, t: Translate, format: Format): readonly string[] {
  const { isIncoming, request, other, readyUs, askedUs, endUs, isGivenUp, bytes } = lane.transfers[at];
  const who = { request, replica: format.count(other + 1) };
  if (isGivenUp) {
    const said = t(isIncoming ? 'timeline.kvGivenUpIn' : 'timeline.kvGivenUpOut', who);
    const waitedUs = Math.min(askedUs, endUs) - readyUs;
    return [
      said,
      ...(waitedUs > 0 ? [t('timeline.kvWait', { duration: format.duration(waitedUs) })] : []),
      ...(askedUs < endUs ? [t('timeline.kvTime', { duration: format.duration(endUs - askedUs) })] : []),
    ];
  }
  if (!Number.isFinite(askedUs)) return [t(isIncoming ? 'timeline.kvUnaskedIn' : 'timeline.kvUnaskedOut', who)];
  const parts = [
    t(isIncoming ? 'timeline.kvTransferIn' : 'timeline.kvTransferOut', { ...who, bytes: format.bytes(bytes) }),
  ];
  if (askedUs > readyUs) parts.push(t('timeline.kvWait', { duration: format.duration(askedUs - readyUs) }));
  const isThere = Number.isFinite(endUs);
  parts.push(isThere ? t('timeline.kvTime', { duration: format.duration(endUs - askedUs) }) : t('timeline.kvNever'));
  return parts;
}

/** The slice that is pointed at, else the last one; the whole run where no single steps are shown. */
export function descriptionOf(model: TimelineModel, slice: Slice | undefined, t: Translate, format: Format): string {
  const said = slice === undefined ? descriptionOfRun(model, t, format) : descriptionOfStep(model, slice, t, format);
  const { transfers } = model;
  const sides = [true, false].map((isIncoming) => {
    const wanted = transfers?.transfers.filter((each) => each.isIncoming === isIncoming && !each.isGivenUp) ?? [];
    if (wanted.length === 0) return '';
    return t(isIncoming ? 'timeline.descriptionKvIn' : 'timeline.descriptionKvOut', {
      count: format.count(wanted.length),
      bytes: format.bytes(wanted.reduce((sum, each) => sum + each.bytes, 0)),
    });
  });
  return [said, ...sides].filter(Boolean).join(' ');
}

function descriptionOfRun(model: TimelineModel, t: Translate, format: Format): string {
  if (model.lanes.length > 1) {
    return t('timeline.descriptionRunStages', {
      run: idleOfLanes(model, (lane) => lane.idleRun, t, format),
      bubbles: format.percent(model.bubbleShare),
    });
  }
  return t('timeline.descriptionRun', {
    prefill: format.percent(model.whole.prefill),
    mixed: format.percent(model.whole.mixed),
    decode: format.percent(model.whole.decode),
    idle: format.percent(model.idleRun),
  });
}

function descriptionOfStep(model: TimelineModel, slice: Slice, t: Translate, format: Format): string {
  const said = {
    step: format.count(slice.step),
    phase: t(`timeline.${slice.phase}`),
    duration: format.duration(slice.endUs - slice.startUs),
    count: format.count(model.slices.length),
  };
  if (model.lanes.length > 1) {
    const pieces = piecesOf(model, model.slices.indexOf(slice));
    return t('timeline.descriptionStages', {
      ...said,
      times: pieces.map((piece, stage) => stageTime(stage, piece, t, format)).join(t('timeline.comma')),
      view: idleOfLanes(model, (lane) => lane.idleView, t, format),
      run: idleOfLanes(model, (lane) => lane.idleRun, t, format),
    });
  }
  return t('timeline.description', {
    ...said,
    idle: format.percent(model.idleView),
    run: format.percent(model.idleRun),
  });
}

const piecesOf = ({ lanes }: TimelineModel, slice: number): readonly Piece[] =>
  lanes.map(({ pieces }) => pieces[slice]);

function stageTime(stage: number, { startUs, endUs }: Piece, t: Translate, format: Format): string {
  const part = t('timeline.stage', { number: format.count(stage + 1) });
  return t('timeline.part', { part, duration: format.duration(endUs - startUs) });
}

function idleOfLanes(
  { lanes }: TimelineModel,
  share: (lane: StageLane) => number,
  t: Translate,
  format: Format,
): string {
  return lanes
    .map((lane, stage) => {
      const part = t('timeline.stage', { number: format.count(stage + 1) });
      return t('timeline.share', { part, share: format.percent(share(lane)) });
    })
    .join(t('timeline.comma'));
}
