import type { RequestTable } from '../sim/request.ts';
import type { Source } from '../sim/source.ts';

/** A source whose arrivals are all in the table already: nothing that happens in the simulation changes them. */
export function openSource(requests: RequestTable, classes: readonly string[] = ['request']): Source {
  return {
    requests,
    classes,
    isOpen: true,
    next: () => Number.POSITIVE_INFINITY,
    finished: () => {},
    save: () => null,
    restore: () => {},
  };
}
