import { uiStore } from './ui-store.ts';

/** Frames in which the rail or the drawer with the knobs is waited for. */
const mostFrames = 60;

/** Puts the focus on a knob's control: in the rail, or where there is none in the dialog of the scenario. */
export function focusKnob(name: string): void {
  const hasRail = document.querySelector('.rail') !== null;
  if (hasRail) uiStore.getState().close();
  else uiStore.getState().open('scenario');
  focusWhenThere(name, mostFrames);
}

function focusWhenThere(name: string, frames: number): void {
  requestAnimationFrame(() => {
    const control = document.querySelector<HTMLElement>(`[data-knob="${CSS.escape(name)}"] :is(input, select)`);
    if (control === null || control.closest('dialog:not([open])') !== null) {
      if (frames > 0) focusWhenThere(name, frames - 1);
      return;
    }
    control.scrollIntoView({ block: 'center' });
    control.focus({ preventScroll: true });
  });
}
