/** Where panels show things, so that what moves from one to another knows its way. Panels write it, motion reads it. */

import { useEffect, useRef } from 'react';
import type { Box, CellLayout } from '../kv/layout.ts';

/** Boxes are in pixels from the corner of a panel's canvas. */
interface Finders {
  /** A request's place in the picture that was drawn last; null where it is not in view. */
  readonly rows: (request: number) => Box | null;
  readonly batch: (request: number) => Box | null;
  /** Where the blocks lie; null while the panel shows something else. */
  readonly kv: () => CellLayout | null;
}

const finders: { -readonly [P in keyof Finders]?: { readonly current: Finders[P] } } = {};

/** Tells where the panel shows things, as long as it is on the page. The newest `find` is asked. */
export function usePlaces<P extends keyof Finders>(panel: P, find: Finders[P]): void {
  const newest = useRef(find);
  newest.current = find;
  useEffect(() => {
    finders[panel] = newest as (typeof finders)[P];
    return () => {
      delete finders[panel];
    };
  }, [panel]);
}

/** What a panel on the page answers; null where it is not there. */
export function boxIn(panel: 'rows' | 'batch', request: number): Box | null {
  return finders[panel]?.current(request) ?? null;
}

export function cellsShown(): CellLayout | null {
  return finders.kv?.current() ?? null;
}
