import type { RequestTable } from '../request.ts';
import { HeapQueue } from './heap.ts';

/** Smaller priority value first, then earlier arrival, then smaller id. Who comes back takes the place it had. */
export class PriorityQueue extends HeapQueue {
  constructor(requests: RequestTable) {
    super((a, b) => isBefore(requests, a, b));
  }
}

/** Whether request a is served before request b under the priority order. */
export function isBefore(requests: RequestTable, a: number, b: number): boolean {
  const byPriority = requests.priority[a] - requests.priority[b];
  if (byPriority !== 0) return byPriority < 0;
  const byArrival = requests.arrivalUs[a] - requests.arrivalUs[b];
  return byArrival !== 0 ? byArrival < 0 : a < b;
}
