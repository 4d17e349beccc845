/** What is said of a whole run, or of its fleet, stays while its steps are shown: it is worked out once, and let go with the run. */
export function onceARun<Result extends object, T>(of: (result: Result) => T): (result: Result) => T {
  const known = new WeakMap<Result, { readonly value: T }>();
  return (result) => {
    const found = known.get(result) ?? { value: of(result) };
    known.set(result, found);
    return found.value;
  };
}
