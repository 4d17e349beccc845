import { useEffect, useRef, useState } from 'react';

/** The worker is asked this often at most: what the cache holds changes slowly, and reading it takes the worker a while. */
const askEveryMs = 100;

/** The answer to the newest question; `ask` is a new function where the answer may be another. While one is on its way only the newest counts. */
export function useAsked<T>(ask: () => Promise<T>, first: T): T {
  const [answer, setAnswer] = useState(first);
  const newest = useRef(ask);
  const asking = useRef(false);
  useEffect(() => {
    newest.current = ask;
    if (asking.current) return;
    const go = async () => {
      asking.current = true;
      for (let asked: (() => Promise<T>) | null = null; asked !== newest.current; ) {
        asked = newest.current;
        const found = await asked();
        if (asked === newest.current) setAnswer(() => found);
        await new Promise((resolve) => setTimeout(resolve, askEveryMs));
      }
    };
    go()
      // The worker is gone, which the page tells by itself.
      .catch(() => {})
      .finally(() => {
        asking.current = false;
      });
  }, [ask]);
  return answer;
}
