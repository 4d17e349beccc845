import type { Translate } from '../../i18n/i18n.ts';
import { plural } from '../../i18n/plural.ts';
import type { Format } from '../../ui/use-format.ts';
import type { RowsModel } from './model.ts';

/** A row in one sentence: who, how many tokens, the longest time between two of them. */
export function describeRow(model: RowsModel, row: number, t: Translate, format: Format): string {
  const request = model.rowRequest[row] ?? -1;
  if (request < 0) return t('rows.descriptionSeat', { seat: row + 1 });
  const values = {
    request,
    tokens: format.count(model.tokenCount[row]),
    duration: format.duration(model.toUs - model.fromUs),
  };
  const gapUs = model.gaps.toUs[row] - model.gaps.fromUs[row];
  if (gapUs === 0) return t('rows.descriptionNoGap', values);
  return t('rows.description', { ...values, gap: format.duration(gapUs) });
}

/** The picture in words: the row that is looked at, or the longest stall. */
export function describeRows(model: RowsModel, row: number, t: Translate, format: Format): string {
  if (model.rowCount === 0) return t('rows.empty');
  if (row >= 0 && row < model.rowCount) return describeRow(model, row, t, format);
  const longest = [...model.stalls].sort((a, b) => b.toUs - b.fromUs - (a.toUs - a.fromUs))[0];
  if (longest === undefined) return factsOfRows(model, t, format);
  const duration = format.duration(longest.toUs - longest.fromUs);
  return t('rows.descriptionStall', { duration, tokens: format.count(longest.tokens) });
}

export function factsOfRows(model: RowsModel, t: Translate, format: Format): string {
  return plural(t, format.language, 'rows.facts', model.rowCount, {
    rows: format.count(model.rowCount),
    duration: format.duration(model.toUs - model.fromUs),
  });
}
