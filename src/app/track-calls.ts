import type { Call } from '../protocol/messages.ts';

export interface TrackedCalls {
  readonly call: Call;
  /** Counts the calls of other workers too. */
  also(call: Call): Call;
  /** Resolves when no call is on its way. */
  settled(): Promise<void>;
}

/** Counts the calls that wait for their answer, so that tests know when the worker has nothing left to say. */
export function trackCalls(call: Call): TrackedCalls {
  let pending = 0;
  let waiters: (() => void)[] = [];
  const finish = () => {
    pending -= 1;
    // An answer often leads to the next call at once: those who wait are told only if none followed.
    setTimeout(() => {
      if (pending > 0) return;
      const resolved = waiters;
      waiters = [];
      for (const resolve of resolved) resolve();
    });
  };
  const counted =
    (of: Call): Call =>
    (kind, input, options) => {
      // The band comes when nobody waits, and nobody waits for it.
      if (kind === 'band') return of(kind, input, options);
      pending += 1;
      const answer = of(kind, input, options);
      answer.then(finish, finish);
      return answer;
    };
  return {
    call: counted(call),
    also: counted,
    settled: () =>
      new Promise((resolve) => {
        if (pending === 0) resolve();
        else waiters.push(resolve);
      }),
  };
}
