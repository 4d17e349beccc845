import { useEffect, useState } from 'react';
import type { StoreApi } from 'zustand/vanilla';

/**
 * A value of a store, followed at most every `everyMs`: text that changes sixty times a second cannot be read and costs
 * layout. The last value always arrives.
 */
export function useThrottled<S, V>(store: StoreApi<S>, select: (state: S) => V, everyMs = 100): V {
  const [value, setValue] = useState(() => select(store.getState()));
  // biome-ignore lint/correctness/useExhaustiveDependencies: selectors are written in place and never change their meaning
  useEffect(() => {
    let timer = 0;
    let lastMs = Number.NEGATIVE_INFINITY;
    const take = () => {
      timer = 0;
      lastMs = performance.now();
      setValue(() => select(store.getState()));
    };
    take();
    const unsubscribe = store.subscribe(() => {
      if (timer !== 0) return;
      const waitMs = lastMs + everyMs - performance.now();
      if (waitMs <= 0) take();
      else timer = window.setTimeout(take, waitMs);
    });
    return () => {
      unsubscribe();
      window.clearTimeout(timer);
    };
  }, [store, everyMs]);
  return value;
}
