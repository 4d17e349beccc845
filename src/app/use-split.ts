import { useEffect, useState } from 'react';
import { sayLost } from './Later.tsx';

type Split = typeof import('./Split.tsx');

/** Kept, so that what is there is in the first picture that needs it. */
let found: Split | null = null;

/** Columns with dividers need a library of their own, and phones have neither. */
export async function loadSplit(): Promise<Split> {
  found ??= await import('./Split.tsx');
  return found;
}

/** What columns are made of, once they are wanted; null before it is there. */
export function useSplit(isWanted: boolean): Split | null {
  const [split, setSplit] = useState(found);
  useEffect(() => {
    if (isWanted && split === null) loadSplit().then(setSplit, sayLost);
  }, [isWanted, split]);
  return split;
}
