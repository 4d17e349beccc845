/** The number that a query names: the first group of a pattern, with or without commas; null where the query is something else. */
export function numberIn(query: string, pattern: RegExp): number | null {
  const digits = pattern.exec(query)?.[1].replaceAll(',', '') ?? '';
  return digits === '' || digits.length > 9 ? null : Number(digits);
}
