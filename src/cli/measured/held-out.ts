/** Which rows of a table no coefficient is fitted to: about every fifth, by a hash of what the row is, not of what it says. */

export const FOLDS = 5;

/** Part of the data, 0 to 4, that a row belongs to. `key` names the row: table and sizes, without the measured time. */
export function foldOf(key: string): number {
  // FNV-1a, then two rounds of mixing so that the last digits of a size count as much as the first.
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return ((hash ^ (hash >>> 16)) >>> 0) % FOLDS;
}

export function isHeldOut(key: string): boolean {
  return foldOf(key) === 0;
}
