/** What stands in a form: texts, and what they mean. */

import type { Own, OwnField, OwnFields } from '../../scenario/own/text.ts';
import type { Problem } from '../../scenario/problem.ts';
import type { Result } from '../../scenario/result.ts';

/** The texts of a form's fields, by field. */
export type Draft = Readonly<Record<string, string>>;

export interface Mistake {
  readonly kind: 'number' | 'range' | 'together';
  readonly expected: string;
}

export interface Reading<F extends string> {
  /** The thing that the form describes, or null while something is wrong with it. */
  readonly own: Own<F> | null;
  readonly mistakes: Readonly<Partial<Record<string, Mistake>>>;
}

/** Fields that are ticked rather than typed. */
export function isTick({ min, max, isWhole }: OwnField): boolean {
  return isWhole && min === 0 && max === 1;
}

export function draftOf<F extends string>(own: Own<F>): Draft {
  return Object.fromEntries(Object.entries<number>(own.values).map(([field, value]) => [field, String(value)]));
}

/** Reads a form. `check` says how its numbers go together. */
export function readDraft<F extends string>(
  fields: OwnFields<F>,
  name: string,
  draft: Draft,
  check: (name: string, given: Readonly<Record<string, number>>) => Result<Own<F>>,
): Reading<F> {
  const mistakes: Partial<Record<string, Mistake>> = {};
  const given: Record<string, number> = {};
  for (const field of Object.keys(fields)) {
    const text = (draft[field] ?? '').trim().replaceAll(' ', '');
    if (/^\d+([.,]\d+)?(e[+-]?\d+)?$/i.test(text)) given[field] = Number(text.replace(',', '.'));
    else mistakes[field] = { kind: 'number', expected: '' };
  }
  const isNamed = name.trim() !== '';
  if (!isNamed) mistakes.name = { kind: 'range', expected: '1..40' };
  const checked = check(name.trim(), given);
  if (!checked.ok) for (const problem of checked.problems) note(mistakes, problem);
  return { own: checked.ok && Object.keys(mistakes).length === 0 ? checked.value : null, mistakes };
}

/** The first thing that is wrong with a field is what is said of it. */
function note(mistakes: Partial<Record<string, Mistake>>, { field, code, expected = '' }: Problem): void {
  if (field === undefined || mistakes[field] !== undefined) return;
  mistakes[field] = { kind: code === 'out-of-range' || code === 'missing-field' ? 'range' : 'together', expected };
}
