import { flushSync } from 'react-dom';
import type { Staging } from '../scenario/lecture.ts';
import { focusWhenThere } from './focus-when-there.ts';
import { uiStore } from './ui-store.ts';

const markMs = 1600;

/** Whether the page has a place for the knobs: a lecture may leave it out. */
export function hasKnobPlace({ isPresenting, hidden }: Staging): boolean {
  return !isPresenting && !hidden.includes('rail');
}

/** Gives the focus to a knob that the scenario reads; where the window has no room for the knobs, their drawer or sheet opens. */
export function goToKnob(name: string): void {
  const selector = `[data-knob="${name}"]`;
  const { open, close } = uiStore.getState();
  // At once: a dialog that closes gives the focus back, and what lies behind one takes none.
  flushSync(() => (document.querySelector(selector) === null ? open('scenario') : close()));
  focusWhenThere(selector, 'input, select', (knob) => {
    // After a press or a tap the browser shows no focus: this says where it went, once.
    const ring = { outline: '2px solid var(--focus)', outlineOffset: '4px' };
    knob.animate([ring, ring, { ...ring, outlineColor: 'transparent' }], markMs);
  });
}
