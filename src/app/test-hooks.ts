/**
 * What browser tests and people in the developer console may use: `await __tokenyard.idle()` waits until the scenario is
 * simulated and everything on screen is drawn; `__tokenyard.session` does what the page's controls do.
 */

import { runStore } from '../state/run.ts';
import type { Session } from '../state/session.ts';
import { frameLoop } from '../ui/frame-loop.ts';
import { importStore } from './import-file.ts';

export interface Tokenyard {
  readonly session: Session;
  idle(): Promise<void>;
}

declare global {
  interface Window {
    __tokenyard?: Tokenyard;
  }
}

export function exposeTokenyard(session: Session): void {
  window.__tokenyard = {
    session,
    async idle() {
      await settled(runStore, (s) => s.status === 'done' || s.status === 'failed');
      await settled(importStore, (s) => s.fileName === null);
      // React lays out what has changed before the next frame; the frame after it has drawn it.
      await frameLoop.drawn();
      await frameLoop.drawn();
    },
  };
}

interface Watchable<S> {
  getState(): S;
  subscribe(listener: (state: S) => void): () => void;
}

function settled<S>(store: Watchable<S>, isSettled: (state: S) => boolean): Promise<void> {
  return new Promise((resolve) => {
    if (isSettled(store.getState())) {
      resolve();
      return;
    }
    const unsubscribe = store.subscribe((state) => {
      if (!isSettled(state)) return;
      unsubscribe();
      resolve();
    });
  });
}
