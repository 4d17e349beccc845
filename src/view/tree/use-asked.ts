import { useEffect, useState } from 'react';
import { askerOf } from './asker.ts';

/** The worker is asked this often at most: what the cache holds changes slowly, and reading it takes the worker a while. */
const askEveryMs = 100;

/** The newest answer; `ask` is a new function for another subject, `moment` another value where the answer may be another. */
export function useAsked<T>(ask: () => Promise<T>, moment: unknown, first: T): T {
  const [answer, setAnswer] = useState(first);
  const [put] = useState(() =>
    askerOf<T>(
      (found) => setAnswer(() => found),
      () => new Promise((resolve) => setTimeout(resolve, askEveryMs)),
    ),
  );
  useEffect(() => {
    // Where the worker is gone the page tells it by itself.
    put({ ask, moment }).catch(() => {});
  }, [put, ask, moment]);
  return answer;
}
