let stopWaiting = () => {};

/**
 * Gives the focus to what a selector finds, to `inside` it where that is given and there, as soon as it is on the page:
 * panels, drawers and dialogs may have to be loaded first. The next key, press or wish ends the waiting.
 */
export function focusWhenThere(selector: string, inside?: string, then?: (found: HTMLElement) => void): void {
  stopWaiting();
  const look = () => {
    const found = document.querySelector<HTMLElement>(selector);
    if (found === null) return;
    stopWaiting();
    const target = (inside === undefined ? null : found.querySelector<HTMLElement>(inside)) ?? found;
    target.scrollIntoView({ block: 'center' });
    target.focus({ preventScroll: true });
    then?.(found);
  };
  const observer = new MutationObserver(look);
  const stop = () => {
    observer.disconnect();
    for (const type of ['keydown', 'pointerdown']) removeEventListener(type, stop, true);
  };
  stopWaiting = stop;
  for (const type of ['keydown', 'pointerdown']) addEventListener(type, stop, true);
  observer.observe(document.body, { childList: true, subtree: true });
  look();
}
