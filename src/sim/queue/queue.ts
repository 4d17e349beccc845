/** The orders that a queue can have. What each does with requests that come back is said in its own file. */
export const queueOrders = ['fcfs', 'priority', 'longest-prefix', 'shortest-job', 'fair-share'] as const;
export type QueueOrder = (typeof queueOrders)[number];

/** Q's order: which waiting request is next. */
export interface WaitingQueue {
  readonly size: number;
  /** The next request; only when not empty. Taking others, or time, may change who that is. */
  head(): number;
  /** The next request as things stand, -1 if none waits. It leaves no trace: nothing is looked up for it, as `head` may do. */
  peek(): number;
  takeHead(): number;
  /** A request arrives. */
  add(request: number): void;
  /** A request that was taken or preempted comes back. */
  putBack(request: number): void;
  /** Takes a request out, wherever it stands; false if it is not there. */
  remove(request: number): boolean;
  /** All requests, next first. */
  list(): number[];
  /** Takes all requests out. */
  clear(): void;
  /** Whether `a` is served before `b`, of two requests that wait in queues of one engine and neither came back to the front. */
  isBefore(a: number, b: number): boolean;
  /** Plain data; equal for queues that go on equally. What all queues of an engine share is saved with `QueueOrders`. */
  save(): unknown;
  restore(state: unknown): void;
}
