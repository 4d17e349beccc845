/** Draws KV on its way between replicas: a thin line while a prompt is done and nobody has asked, a bar while bytes flow. */

import type { Translate } from '../../i18n/i18n.ts';
import type { Painter, TextStyle } from '../../ui/painter.ts';
import type { Theme } from '../../ui/theme.ts';
import type { Format } from '../../ui/use-format.ts';
import { inkOf } from './inks.ts';
import type { TimelineModel } from './model.ts';
import type { Place } from './place.ts';
import type { TransferLane } from './transfers.ts';

export function drawTransfers(
  painter: Painter,
  { model, t, format }: { readonly model: TimelineModel; readonly t: Translate; readonly format: Format },
  lane: TransferLane,
  theme: Theme,
  place: Place,
): void {
  const { left, right, transfersTop: top, transfersBase: base, x } = place;
  const height = base - top;
  const small: TextStyle = { color: theme.inkSoft, size: 10, baseline: 'middle' };
  painter.text(2, (top + base) / 2, t(lane.isIncoming ? 'timeline.kvIn' : 'timeline.kvOut'), {
    ...small,
    size: 11,
    color: theme.ink,
    weight: 600,
    maxWidth: left - 8,
  });
  painter.rect(left, base, right - left, 0.5, { fill: theme.inkFaint });
  if (lane.stretches.length > 0) {
    const most = Math.max(1, ...lane.stretches);
    const pitch = (right - left) / lane.stretches.length;
    const outline = lane.stretches.flatMap((each, i) => {
      const y = base - (each / most) * height;
      return [left + i * pitch, y, left + (i + 1) * pitch, y];
    });
    painter.path([left, base, ...outline, right, base], inkOf('transfer', theme), true);
    return;
  }
  const each = height / lane.lines;
  const within = (us: number) => Math.min(right, Math.max(left, x(Math.min(us, model.toUs))));
  for (const { request, readyUs, askedUs, endUs, isGivenUp, bytes, line } of lane.transfers) {
    const y = top + line * each;
    const [ready, asked, end] = [within(readyUs), within(Math.min(askedUs, endUs)), within(endUs)];
    if (asked > ready) painter.rect(ready, y + each / 2 - 0.5, asked - ready, 1, { fill: theme.inkSoft });
    if (askedUs >= model.toUs || askedUs > endUs) continue;
    const width = Math.max(1.5, end - asked - 1);
    // A texture needs room.
    painter.rect(
      asked,
      y,
      width,
      Math.max(1, each - 1),
      width < 4 ? { fill: theme.inkSoft } : inkOf('transfer', theme),
    );
    // Of what is given up only a part came.
    if (isGivenUp) continue;
    const label = request < 0 ? format.bytes(bytes) : `r${request} ${format.bytes(bytes)}`;
    const style: TextStyle = { ...small, size: 9, color: theme.ink };
    const room = painter.measure(label, style) + 8;
    if (each < 11 || room > width) continue;
    painter.rect(asked + 2, y + 1, room - 4, each - 3, { fill: theme.page });
    painter.text(asked + 4, y + each / 2 - 0.5, label, style);
  }
}

/** Place of the transfer that is drawn at a time and height; -1 = none. */
export function transferAt(lane: TransferLane, place: Place, us: number, y: number): number {
  const line = Math.floor(((y - place.transfersTop) / (place.transfersBase - place.transfersTop)) * lane.lines);
  return lane.transfers.findIndex((each) => each.line === line && us >= each.readyUs && us < each.endUs);
}
