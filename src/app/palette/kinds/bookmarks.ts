import { goToBookmark } from '../../../state/lecture.ts';
import { once } from '../entry.ts';

/** Marked steps, by what is said of them. */
export const bookmarks = once(({ session, t, names, format }) => {
  const entries = session.scenario.getState().bookmarks.map((bookmark) => ({
    id: `bookmark.${bookmark.step}`,
    names: [bookmark.text, ...names('palette.step', { step: bookmark.step })],
    detail: t('palette.step', { step: format.count(bookmark.step) }),
    choose: () => goToBookmark(session, bookmark),
  }));
  return [{ heading: t('palette.bookmarks'), entries, isInMenu: true }];
});
