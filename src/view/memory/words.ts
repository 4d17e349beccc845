import type { Translate } from '../../i18n/i18n.ts';
import type { Format } from '../../ui/use-format.ts';
import { partNames } from '../kv/model.ts';
import { partWords } from '../kv/split.ts';
import { type MemoryModel, type PartShares, sharesAt } from './model.ts';

/** Every part with its share: those of a moment, or of the whole run for NaN. */
export function sentenceOf(model: MemoryModel, us: number, t: Translate, format: Format): string {
  const parts = listOf(sharesAt(model, us), t, format);
  return Number.isNaN(us) ? t('memory.whole', { parts }) : t('memory.at', { time: format.clock(us), parts });
}

function listOf(shares: PartShares, t: Translate, format: Format): string {
  return partNames
    .filter((name) => shares[name] > 0)
    .map((name) => t('memory.part', { name: t(partWords[name]), share: format.percent(shares[name]) }))
    .join(format.language === 'zh' ? '，' : ', ');
}
