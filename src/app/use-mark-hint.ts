import { useT } from '../i18n/use-t.ts';
import { shortcutText } from '../ui/shortcut.ts';
import { useLiveShortcuts } from '../ui/use-live-shortcuts.ts';
import { commandOf } from './commands.ts';

/** How a step is marked: by its key, or where that is turned off by the menu. */
export function useMarkHint(): string {
  const t = useT();
  const { label, shortcuts } = commandOf('bookmark');
  const live = useLiveShortcuts(shortcuts);
  return live.length > 0
    ? t('lecture.byKey', { key: shortcutText(live[0]) })
    : t('lecture.byMenu', { command: t(label) });
}
