import type { Translate } from '../../i18n/i18n.ts';
import type { Format } from '../../ui/use-format.ts';
import { partNames } from '../kv/model.ts';
import { partWords } from '../kv/split.ts';
import { hasEnded } from '../strip/model.ts';
import { type MemoryModel, type PartShares, sharesAt } from './model.ts';

/** Every part with its share: those of a moment, or of the whole run for NaN; after the end of the run, when it ended. */
export function sentenceOf(model: MemoryModel, us: number, t: Translate, format: Format): string {
  if (hasEnded(model, us)) return t('memory.ended', { time: format.clock(us), end: format.clock(model.endUs) });
  const parts = listOf(sharesAt(model, us), t, format);
  return Number.isNaN(us) ? t('memory.whole', { parts }) : t('memory.at', { time: format.clock(us), parts });
}

function listOf(shares: PartShares, t: Translate, format: Format): string {
  return partNames
    .filter((name) => shares[name] > 0)
    .map((name) => t('memory.part', { name: t(partWords[name]), share: format.percent(shares[name]) }))
    .join(format.language === 'zh' ? '，' : ', ');
}
