/**
 * "Saved on this device": the last result, in localStorage. In an opaque-origin frame even reading `window.localStorage` throws,
 * so callers hand over a function, and every outcome is an answer instead of an exception.
 */

import { type CalibrationResult, parseResult, writeResult } from './result.ts';

const key = 'tokenyard.calibration';

export type StorageSource = () => Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** The page's own storage. */
export const pageStorage: StorageSource = () => window.localStorage;

export type Loaded =
  | { readonly kind: 'found'; readonly result: CalibrationResult }
  | { readonly kind: 'none' }
  /** Something is saved that this version cannot use. */
  | { readonly kind: 'unreadable' }
  /** The browser gives this page no storage. */
  | { readonly kind: 'no-storage' };

export function loadCalibration(source: StorageSource): Loaded {
  let saved: string | null;
  try {
    saved = source().getItem(key);
  } catch {
    return { kind: 'no-storage' };
  }
  if (saved === null) return { kind: 'none' };
  const parsed = parseResult(saved);
  return parsed.ok ? { kind: 'found', result: parsed.result } : { kind: 'unreadable' };
}

/** False if the browser gives no storage or no room. */
export function saveCalibration(source: StorageSource, result: CalibrationResult): boolean {
  try {
    source().setItem(key, writeResult(result));
    return true;
  } catch {
    return false;
  }
}

/** False if the browser gives no storage. */
export function forgetCalibration(source: StorageSource): boolean {
  try {
    source().removeItem(key);
    return true;
  } catch {
    return false;
  }
}
