/** Two queues: who waits in one of the two runs only. */

import type { QueueColumns } from '../../protocol/frame.ts';

type Queue = Pick<QueueColumns, 'count' | 'request'>;

/** Who waits in `of` and not in `other`; nobody where a list is cut, since who is beyond it may wait in both. */
export function onlyIn(of: Queue, other: Queue): readonly number[] {
  if (isCut(of) || isCut(other)) return [];
  const there = new Set(other.request);
  return [...of.request].filter((request) => !there.has(request));
}

function isCut({ count, request }: Queue): boolean {
  return request.length < count;
}
