/** A column in words: the tooltip line and the spoken description. */

import type { Translate } from '../../i18n/i18n.ts';
import { type PluralKey, plural } from '../../i18n/plural.ts';
import type { Format } from '../../ui/use-format.ts';
import { type BatchModel, boundKeys, type Column } from './model.ts';

/** Title of the panel's facts: step, tokens, duration and what bound it. */
export function factsOf(column: Column, t: Translate, format: Format): string {
  const key: PluralKey = 'batch.facts';
  return plural(t, format.language, key, column.tokens, {
    step: format.count(column.step),
    tokens: format.count(column.tokens),
    duration: format.duration(column.endUs - column.startUs),
    bound: t(boundKeys[column.bound]),
  });
}

/** What the pointer is on, in a few parts; a chunk comes first. */
export function readoutOf(
  model: BatchModel,
  column: Column,
  piece: number,
  t: Translate,
  format: Format,
): readonly string[] {
  const parts: string[] = [];
  const chunk = piece < 0 ? undefined : column.pieces[piece];
  if (chunk !== undefined && chunk.request >= 0) {
    const values = {
      request: chunk.request,
      tokens: format.count(chunk.to - chunk.from),
      whole: format.count(Math.max(chunk.whole, chunk.to - chunk.from)),
    };
    parts.push(t(chunk.kind === 'recompute' ? 'batch.read.recompute' : 'batch.read.chunk', values));
  }
  parts.push(factsOf(column, t, format));
  const counts = [
    ['batch.read.decode', column.decodeTokens],
    ['batch.read.prefill', column.prefillTokens],
    ['batch.read.padding', column.paddingTokens],
    ['batch.read.hit', column.hitTokens],
  ] as const;
  for (const [key, count] of counts) if (count > 0) parts.push(t(key, { count: format.count(count) }));
  parts.push(t('batch.read.sequences', { count: format.count(column.sequences), seats: format.count(model.seats) }));
  if (column.preemptions > 0) {
    parts.push(
      plural(t, format.language, 'batch.read.preemptions', column.preemptions, {
        count: format.count(column.preemptions),
      }),
    );
  }
  return parts;
}

export function descriptionOf(model: BatchModel, column: Column, t: Translate, format: Format): string {
  return t('batch.description', {
    step: format.count(column.step),
    decode: format.count(column.decodeTokens),
    prefill: format.count(column.prefillTokens),
    padding: format.count(column.paddingTokens),
    sequences: format.count(column.sequences),
    seats: format.count(model.seats),
    bound: t(boundKeys[column.bound]),
  });
}
