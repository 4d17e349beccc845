/** The time account of a request as one bar: what its latency was made of. */

import { Part, QUEUE_PARTS } from '../../sim/why/parts.ts';
import type { Ink, Painter, Size, TextStyle } from '../../ui/painter.ts';
import type { Theme } from '../../ui/theme.ts';
import type { Speech } from '../../words/speech.ts';
import { partsOfTime, shareWords } from '../../words/why.ts';

export type AccountKind = 'waiting' | 'prefill' | 'decode' | 'loss';

export interface AccountPart {
  readonly kind: AccountKind;
  readonly share: number;
  /** "61 % queued: no blocks". */
  readonly label: string;
  /** "61 %". */
  readonly short: string;
}

/** The parts in the order of a request's life. Null where a request has no account. */
export function accountModel(parts: Float64Array | null, speech: Speech): readonly AccountPart[] {
  if (parts === null) return [];
  return partsOfTime(parts)
    .toSorted((a, b) => Part[a.part] - Part[b.part])
    .map((each) => ({
      kind: kindOf(Part[each.part]),
      share: each.share,
      label: shareWords(each, speech),
      short: speech.format.percent(each.share),
    }));
}

function kindOf(part: Part): AccountKind {
  if (part < QUEUE_PARTS) return 'waiting';
  switch (part) {
    case Part.prefill:
      return 'prefill';
    case Part.decode:
      return 'decode';
    case Part.preempted:
    case Part.recompute:
      return 'loss';
    default:
      return 'waiting';
  }
}

/** Parts side by side, as wide as their share; what is too narrow for its label has it in the list below only. */
export function drawAccount(
  painter: Painter,
  parts: readonly AccountPart[],
  theme: Theme,
  size: Size,
  isOutline = false,
): void {
  const { width, height } = size;
  let from = 0;
  for (const { kind, share, label, short } of parts) {
    const to = from + share * width;
    const color = isOutline ? theme.ink : onInk(theme, kind);
    const style: TextStyle = { color, size: 10, align: 'center', baseline: 'middle' };
    if (isOutline) {
      const stroke = kind === 'waiting' ? theme.waiting : theme[kind];
      painter.rect(from + 0.75, 1, Math.max(1, to - from - 1.5), height - 2, { stroke, lineWidth: 1.25 });
    } else painter.rect(from, 0.5, Math.max(1, to - from), height - 1, inkOf(theme, kind));
    const text = [label, short]
      .map((each) => (isOutline ? `A ${each}` : each))
      .find((each) => painter.measure(each, style) <= to - from - 8);
    if (text !== undefined) {
      const plate = painter.measure(text, style) + 6;
      const middle = (from + to) / 2;
      // Texture behind letters makes them hard to read.
      if (!isOutline && (kind === 'decode' || kind === 'loss')) {
        painter.rect(middle - plate / 2, height / 2 - 6, plate, 12, { fill: inkOf(theme, kind).fill });
      }
      painter.text(middle, height / 2, text, style);
    }
    from = to;
  }
}

function inkOf(theme: Theme, kind: AccountKind): Ink {
  switch (kind) {
    case 'waiting':
      return { fill: theme.page, stroke: theme.waiting };
    case 'prefill':
      return { fill: theme.prefill, stroke: theme.page };
    case 'decode':
      return { fill: theme.decode, stroke: theme.page, texture: 'rule', mark: theme.page };
    case 'loss':
      return { fill: theme.loss, stroke: theme.page, texture: 'hatch', mark: theme.page };
  }
}

function onInk(theme: Theme, kind: AccountKind): string {
  switch (kind) {
    case 'waiting':
      return theme.ink;
    case 'prefill':
      return theme.onPrefill;
    case 'decode':
      return theme.onDecode;
    case 'loss':
      return theme.onLoss;
  }
}
