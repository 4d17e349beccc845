import { leaves } from '../../../scenario/gallery/gallery.ts';
import { uiStore } from '../../ui-store.ts';
import { once } from '../entry.ts';

/** Opens the gallery at a card. */
export const galleryKind = once(({ language, languages, t }) => {
  const entries = leaves.map(({ id, name, says }) => ({
    id: `gallery.${id}`,
    names: languages.map((each) => name[each]),
    detail: says[language],
    choose: () => uiStore.getState().open('gallery', id),
  }));
  return [{ heading: t('palette.gallery'), entries, isReading: true }];
});
