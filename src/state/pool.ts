/** Workers for whole runs beside the shown one: started when they are needed, one call at a time each, first come first served. */

import type { Call } from '../protocol/messages.ts';

/** Starts a worker; `onFailure` is called with the reason when it is gone. Throws where none can be started. */
export type Start = (onFailure: (reason: string) => void) => Call;

/** A worker is gone, or cannot be started: what it was asked is not at fault. */
export class WorkerGone extends Error {}

interface Helper {
  readonly call: Call;
  /** Rejected when the worker is gone; never fulfilled. */
  readonly gone: Promise<never>;
  isGone: boolean;
}

/**
 * @param size workers at most, one or more
 * @returns a call that waits for its turn; it is rejected with a `WorkerGone` and the reason where its worker is gone or cannot be started
 */
export function createPool(start: Start, size: number): Call {
  const idle: Helper[] = [];
  const waiting: { resolve(helper: Helper | Promise<Helper>): void; reject(reason: unknown): void }[] = [];
  let count = 0;

  function startOne(): Helper {
    let fail: (reason: string) => void = () => {};
    const gone = new Promise<never>((_, reject) => {
      fail = (reason) => reject(new WorkerGone(reason));
    });
    // Whoever calls the worker hears of it.
    gone.catch(() => {
      helper.isGone = true;
    });
    const helper: Helper = { call: started((reason) => fail(reason)), gone, isGone: false };
    count += 1;
    return helper;
  }

  function started(onFailure: (reason: string) => void): Call {
    try {
      return start(onFailure);
    } catch (error) {
      throw new WorkerGone(error instanceof Error ? error.message : String(error), { cause: error });
    }
  }

  function next(): Helper | Promise<Helper> {
    for (let free = idle.pop(); free !== undefined; free = idle.pop()) {
      if (!free.isGone) return free;
      count -= 1;
    }
    if (count === size) return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    return startOne();
  }

  /** The first who waits gets the worker, or another in the place of one that is gone; where none can be started it is told, and the next one tried. */
  function release(helper: Helper): void {
    if (helper.isGone) count -= 1;
    else idle.push(helper);
    for (let first = waiting.shift(); first !== undefined; first = waiting.shift()) {
      try {
        first.resolve(next());
        return;
      } catch (error) {
        first.reject(error);
      }
    }
  }

  return async (kind, input, options) => {
    const helper = await next();
    try {
      return await Promise.race([helper.call(kind, input, options), helper.gone]);
    } finally {
      release(helper);
    }
  };
}
