/**
 * Before every test file: columns and lists of numbers are compared number by number. Vitest takes each index for a property
 * with a name, twice, which was half of the time of the tests that compare whole runs. What is equal stays the same.
 */

import { expect } from 'vitest';

type List = ArrayLike<unknown>;

const TypedArray = Object.getPrototypeOf(Int8Array) as abstract new () => List;

/** Undefined leaves it to Vitest. */
function equalLists(a: unknown, b: unknown): boolean | undefined {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return undefined;
  if (a instanceof TypedArray && b instanceof TypedArray && a.constructor === b.constructor) return holdTheSame(a, b);
  // Of lists only that they are equal: how others differ depends on how strictly, and on what they hold.
  if (Array.isArray(a) && Array.isArray(b) && isPlain(a) && isPlain(b) && holdTheSame(a, b)) return true;
  return undefined;
}

function holdTheSame(a: List, b: List): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}

/** Nothing but numbers and strings: no holes, and no properties beside them, as matches of regular expressions have. */
const isPlain = (list: readonly unknown[]) =>
  list.every((each) => typeof each === 'number' || typeof each === 'string') &&
  Object.keys(list).length === list.length;

// A process that several files share keeps what the first of them added.
const added = globalThis as { equalLists?: true };
if (!added.equalLists) expect.addEqualityTesters([equalLists]);
added.equalLists = true;
