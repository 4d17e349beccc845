/** Questions to the worker, one at a time. */

/** What is asked, and of which moment: the same `ask` of another moment is the same subject, whose answer may have changed. */
export interface Question<T> {
  readonly ask: () => Promise<T>;
  readonly moment: unknown;
}

/**
 * Asks the newest question until it is answered, with a pause after each answer. An answer is shown although newer moments
 * have come, since they come faster than answers while the run plays; one about another subject is dropped.
 */
export function askerOf<T>(show: (answer: T) => void, pause: () => Promise<void>) {
  let newest: Question<T>;
  let isAsking = false;
  return async (question: Question<T>): Promise<void> => {
    newest = question;
    if (isAsking) return;
    isAsking = true;
    try {
      for (let asked: Question<T> | null = null; asked !== newest; ) {
        asked = newest;
        const answer = await asked.ask();
        if (asked.ask === newest.ask) show(answer);
        await pause();
      }
    } finally {
      isAsking = false;
    }
  };
}
