import { useEffect, useState } from 'react';
import type { Side } from '../../protocol/messages.ts';
import { playbackStore } from '../../state/playback.ts';
import { onShown } from '../../ui/live.ts';
import { askerOf } from './asker.ts';

/** The worker is asked this often at most: what the cache holds changes slowly, and reading it takes the worker a while. */
const askEveryMs = 100;

/** The newest answer about a moment of a run; `ask` is a new function for another subject. */
export function useAsked<T>(ask: () => Promise<T>, of: Side, first: T): T {
  const [answer, setAnswer] = useState(first);
  const [put] = useState(() =>
    askerOf<T>(
      (found) => setAnswer(() => found),
      () => new Promise((resolve) => setTimeout(resolve, askEveryMs)),
    ),
  );
  useEffect(() => {
    let moment: unknown;
    const look = () => {
      const { frame, pinned } = playbackStore.getState();
      const next = of === 'shown' ? frame : pinned;
      if (next === moment) return;
      moment = next;
      // Where the worker is gone the page tells it by itself.
      put({ ask, moment }).catch(() => {});
    };
    look();
    return onShown(look);
  }, [put, ask, of]);
  return answer;
}
