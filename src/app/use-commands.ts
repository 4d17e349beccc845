import { useEffect } from 'react';
import type { Session } from '../state/session.ts';
import { commandForKey } from './commands.ts';
import { uiStore } from './ui-store.ts';

/** Runs commands by their keys, except where a control or a dialog needs the key itself. */
export function useCommandKeys(session: Session): void {
  useEffect(() => {
    function handle(event: KeyboardEvent): void {
      // A dialog has all keys, also while Tab has taken the focus through the browser's own bar.
      if (event.defaultPrevented || event.isComposing || document.querySelector('dialog:modal') !== null) return;
      const { dialog } = uiStore.getState();
      if (dialog !== null && dialog !== 'scenario') {
        // Meant for the dialog that is being loaded.
        if (event.key.length === 1 && !hasModifier(event))
          uiStore.setState(({ typed }) => ({ typed: typed + event.key }));
        return;
      }
      const target = event.target instanceof Element ? event.target : null;
      const command = commandForKey(event);
      if (command === undefined || (target !== null && needsKey(target, event))) return;
      if ((command.obstacle?.(session) ?? null) !== null) return;
      event.preventDefault();
      command.run(session);
    }
    window.addEventListener('keydown', handle);
    return () => window.removeEventListener('keydown', handle);
  }, [session]);
}

const hasModifier = ({ ctrlKey, metaKey, altKey }: KeyboardEvent) => ctrlKey || metaKey || altKey;

const textFields = 'input:not([type=range], [type=checkbox], [type=radio]), textarea, select, [contenteditable=true]';
/** What scrolls and has the focus: a table, a long text. Pictures do not scroll, their arrows belong to the page. */
const scrollers = '[tabindex="0"]:not(canvas, button)';
const scrollKeys = ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'PageUp', 'PageDown', 'Home', 'End'];
const pressables = 'button, a[href], summary, input[type=checkbox], input[type=radio], [role=tab]';

/** Whether the focused element itself uses the key. */
function needsKey(target: Element, { key, ctrlKey, metaKey }: KeyboardEvent): boolean {
  // No field has a use of its own for Ctrl+K.
  if (target.matches(textFields)) return !((ctrlKey || metaKey) && key.toLowerCase() === 'k');
  if (key === ' ' || key === 'Enter') return target.matches(pressables);
  if (scrollKeys.includes(key) && target.matches(scrollers) && isTooLong(target)) return true;
  if (key.startsWith('Arrow'))
    return target.matches('input[type=radio], input[type=range], [role=tab], [role=separator]');
  return false;
}

const isTooLong = ({ scrollHeight, clientHeight, scrollWidth, clientWidth }: Element) =>
  scrollHeight > clientHeight || scrollWidth > clientWidth;
