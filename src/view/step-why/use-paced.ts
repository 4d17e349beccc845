import { useEffect, useRef, useState } from 'react';

/** The newest value, but changed at most once in `ms` milliseconds: text that changes faster cannot be read. */
export function usePaced<T>(value: T, ms: number): T {
  const [shown, setShown] = useState(value);
  const newest = useRef(value);
  const timer = useRef<number | null>(null);
  newest.current = value;
  useEffect(() => {
    if (value === shown || timer.current !== null) return;
    if (ms === 0) {
      setShown(value);
      return;
    }
    timer.current = window.setTimeout(() => {
      timer.current = null;
      setShown(newest.current);
    }, ms);
  }, [value, shown, ms]);
  useEffect(() => {
    return () => {
      if (timer.current !== null) window.clearTimeout(timer.current);
    };
  }, []);
  return ms === 0 ? value : shown;
}
