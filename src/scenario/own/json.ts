/** JSON files of numbers. */

import { lineOfJsonMistake } from '../json-line.ts';
import { type Problem, shownText } from '../problem.ts';
import type { Result } from '../result.ts';

/** The object that a JSON text holds. */
export function jsonObject(text: string, where: string, what: string): Result<Readonly<Record<string, unknown>>> {
  const expected = `JSON: ${what}`;
  if (text.trim() === '') return { ok: false, problems: [{ code: 'empty-file', where }] };
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    return { ok: false, problems: [{ code: 'unknown-format', where, line: lineOfJsonMistake(text), found, expected }] };
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    return { ok: false, problems: [{ code: 'unknown-format', where, found: shownText(content), expected }] };
  return { ok: true, value: content as Record<string, unknown> };
}

/** The numbers among an object's values; what is neither a number nor the name is a problem. */
export function numbersOf(content: Readonly<Record<string, unknown>>): Result<Readonly<Record<string, number>>> {
  const problems: Problem[] = [];
  const numbers: Record<string, number> = {};
  for (const [field, value] of Object.entries(content)) {
    if (field === 'name') continue;
    const number = typeof value === 'boolean' ? Number(value) : value;
    if (typeof number === 'number') numbers[field] = number;
    else problems.push(invalid(field, value, 'number'));
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: numbers };
}

export function invalid(field: string, found: unknown, expected: string): Problem {
  return { code: 'invalid-value', field, found: shownText(found), expected };
}
