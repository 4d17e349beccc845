import type { RunResult } from '../protocol/run.ts';

/** What is said of the whole run stays while its steps are shown: it is worked out once, and let go with the run. */
export function onceARun<T>(of: (result: RunResult) => T): (result: RunResult) => T {
  const known = new WeakMap<RunResult, { readonly value: T }>();
  return (result) => {
    const found = known.get(result) ?? { value: of(result) };
    known.set(result, found);
    return found.value;
  };
}
