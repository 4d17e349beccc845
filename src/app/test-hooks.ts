/**
 * What browser tests and people in the developer console may use: `await __tokenyard.idle()` waits until the worker has
 * answered everything and all of it is drawn; `__tokenyard.session` does what the page's controls do.
 */

import { runStore } from '../state/run.ts';
import type { Session } from '../state/session.ts';
import { frameLoop } from '../ui/frame-loop.ts';
import type { TrackedCalls } from './track-calls.ts';
import { type DialogId, uiStore } from './ui-store.ts';

export interface Tokenyard {
  readonly session: Session;
  /** While the run plays there is always more to come: pause first. */
  idle(): Promise<void>;
  /** Whether the band of the shown run is there (a run that leaves another one at a step has none), which comes some time after the run: `idle` does not wait for it. */
  hasBand(): boolean;
  /** Opens a dialog, or closes the one that is open, whatever the layout has a button for. */
  open(dialog: DialogId | null): void;
}

declare global {
  interface Window {
    __tokenyard?: Tokenyard;
  }
}

export function exposeTokenyard(session: Session, calls: TrackedCalls): void {
  window.__tokenyard = {
    session,
    hasBand: () => {
      const { result, band } = runStore.getState();
      if (band === null) return result?.branching?.isFromStep === true;
      // Its words are loaded with the first band.
      return document.querySelector('[data-panel="latency"]') === null || document.querySelector('.band-line') !== null;
    },
    open: (dialog) => uiStore.setState({ dialog }),
    async idle() {
      await calls.settled();
      // React lays out what has changed before the next frame; the frame after it has drawn it.
      await frameLoop.drawn();
      await frameLoop.drawn();
    },
  };
}
