import type { Translate } from '../../i18n/i18n.ts';
import { plural } from '../../i18n/plural.ts';
import type { Format } from '../../ui/use-format.ts';
import type { TreeBar, TreeModel } from './model.ts';

/** A stretch of the tree in a line. */
export function describeBar(bar: TreeBar, t: Translate, format: Format): string {
  if (bar.piece < 0) return t('tree.more', { branches: format.count(bar.branches) });
  const tokens = t('tree.tokens', { tokens: format.count(bar.tokens) });
  switch (bar.kind) {
    case 'shared':
    case 'held':
      return t('tree.bar', {
        tokens,
        use: plural(t, format.language, 'tree.users', bar.users, { count: format.count(bar.users) }),
      });
    case 'evictable':
      return t('tree.bar', { tokens, use: t(bar.isNext ? 'tree.next' : 'tree.evictable') });
    case 'lost':
      return t('tree.bar', { tokens, use: t('tree.lost') });
  }
}

/** The whole tree in a line. */
export function describeTree(model: TreeModel, t: Translate, format: Format): string {
  const { sums } = model;
  if (model.bars.length === 0 && model.privateTokens === 0) return t('tree.empty');
  return t('tree.facts', {
    branches: format.count(model.branches),
    shared: format.count(sums.shared),
    held: format.count(sums.held),
    evictable: format.count(sums.evictable),
    privately: format.count(model.privateTokens),
  });
}
