/** The chain of hashes in words. */

import type { Translate } from '../../i18n/i18n.ts';
import { plural } from '../../i18n/plural.ts';
import type { Format } from '../../ui/use-format.ts';
import { type ChainModel, type Link, linkStates } from './model.ts';

/** How many blocks were hit, computed, and so on, and where the chain leaves what others hold. */
export function describeChain({ request, links, counts, leaves }: ChainModel, t: Translate, format: Format): string {
  const states = linkStates
    .filter((state) => counts[state] > 0)
    .map((state) => t('hashes.count', { count: format.count(counts[state]), state: t(`hashes.state.${state}`) }))
    .join(format.language === 'zh' ? '，' : ', ');
  const values = { request, blocks: format.count(links.length), states, leaves: format.count(leaves) };
  return t(leaves < 0 ? 'hashes.facts' : 'hashes.factsLeaves', values);
}

/** A block of the chain: what its hash is made of, what became of it, which block holds it, and whether that may go. */
export function describeLink(link: Link, t: Translate, format: Format): readonly string[] {
  const range = { index: format.count(link.index), from: format.count(link.from), to: format.count(link.to) };
  const parent = link.parent === '' ? t('hashes.start') : link.parent;
  const parts = [
    link.hash === ''
      ? t('hashes.readOpen', { ...range, filled: format.count(link.filled) })
      : t('hashes.read', { ...range, parent, hash: link.hash }),
    t(`hashes.state.${link.state}`),
    link.block < 0
      ? t('hashes.noBlock')
      : t('hashes.place', { block: format.count(link.block), references: format.count(link.references) }),
  ];
  if (link.others > 0) {
    parts.push(plural(t, format.language, 'hashes.shared', link.others, { count: format.count(link.others) }));
  }
  if (link.block >= 0) parts.push(evictionWords(link, t, format));
  return parts;
}

export function evictionWords({ order }: Link, t: Translate, format: Format): string {
  if (order < 0) return t('hashes.kept');
  return order === 0 ? t('hashes.next') : t('hashes.evictable', { order: format.count(order) });
}
