import { useEffect, useState } from 'react';

/** A module that is loaded once it is wanted; null before it is there. `load` must not change. */
export function useLater<T extends object>(load: () => Promise<T>, isWanted: boolean): T | null {
  const [found, setFound] = useState<T | null>(null);
  useEffect(() => {
    if (!isWanted || found !== null) return;
    // Where the network is gone the page goes on without it, and it is asked for again with the next wish.
    load().then(setFound, () => {});
  }, [load, isWanted, found]);
  return isWanted ? found : null;
}
