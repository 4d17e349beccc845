import type { WaitingQueue } from './queue.ts';

/** Takes a request out of a queue as though it did not wait. Returns what puts it back where it stood; null = it does not wait here. */
export function withhold(queue: WaitingQueue, request: number): (() => void) | null {
  const before = queue.list();
  const at = before.indexOf(request);
  if (at < 0) return null;
  const behind = new Set(before.slice(at + 1));
  queue.remove(request);
  return () => {
    const ahead: number[] = [];
    while (queue.size > 0 && !behind.has(queue.head())) ahead.push(queue.takeHead());
    queue.putBack(request);
    for (let i = ahead.length - 1; i >= 0; i--) queue.putBack(ahead[i]);
  };
}

/**
 * The same for a list of its owner's. What is returned puts the request into the list as it is by then: before the first of those
 * that stood behind it and are still there. Null = it is not in the list.
 */
export function withholdFrom(list: number[], request: number): ((now: number[]) => void) | null {
  const at = list.indexOf(request);
  if (at < 0) return null;
  const behind = new Set(list.slice(at + 1));
  list.splice(at, 1);
  return (now) => {
    const place = now.findIndex((other) => behind.has(other));
    now.splice(place < 0 ? now.length : place, 0, request);
  };
}
