import { useMemo } from 'react';
import { useStore } from 'zustand';
import { addMessages } from '../../i18n/i18n.ts';
import { lecture as messages } from '../../i18n/messages/lecture.ts';
import { useT } from '../../i18n/use-t.ts';
import { goToBookmark } from '../../state/lecture.ts';
import { runStore } from '../../state/run.ts';
import { Tooltip } from '../../ui/controls/Tooltip.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { useSession } from '../session-context.ts';
import { flagsOf } from './flags.ts';

addMessages(messages);

/** The bookmarks as flags on the whole run. A default export because it is loaded lazily. */
export default function Flags() {
  const t = useT();
  const format = useFormat();
  const session = useSession();
  const bookmarks = useStore(session.scenario, (s) => s.bookmarks);
  const result = useStore(runStore, (s) => s.result);
  const flags = useMemo(() => (result === null ? [] : flagsOf(bookmarks, result)), [bookmarks, result]);
  return (
    <ul className="flags" aria-label={t('lecture.flags')}>
      {flags.map(({ bookmark, at }) => {
        const words = t('lecture.at', { step: format.count(bookmark.step), text: bookmark.text });
        return (
          <li key={bookmark.step} style={{ '--at': at }}>
            <Tooltip text={words}>
              <button
                type="button"
                className="flag"
                data-asks={bookmark.question !== null}
                aria-label={words}
                onClick={() => goToBookmark(session, bookmark)}
              />
            </Tooltip>
          </li>
        );
      })}
    </ul>
  );
}
