/**
 * A model or device of one's own as one line of text, which is the value of its knob: so links, files, undo and the worker
 * carry it as they carry any other value.
 *
 *   own:1,name:My model,layers:32,hidden:4096,...
 *
 * The version, a name, and the numbers that differ from their defaults, in the order of the table of fields.
 */

import type { Problem } from '../problem.ts';
import type { Result } from '../result.ts';

/** What a number may be. */
export interface OwnField {
  readonly min: number;
  readonly max: number;
  readonly isWhole: boolean;
  /** Allowed beside the range, and used where nothing is said; left out: the field must be given. */
  readonly default?: number;
}

export type OwnFields<F extends string> = Readonly<Record<F, OwnField>>;

/** A thing of one's own: its name, and a number for every field. */
export interface Own<F extends string> {
  readonly name: string;
  readonly values: Readonly<Record<F, number>>;
}

const version = 1;
const prefix = 'own:';
const longestName = 40;

/** Whether a knob's value is something of one's own rather than one of the choices. */
export function isOwn(value: string): boolean {
  return value.startsWith(prefix);
}

/** The name in such a text, without reading the rest. */
export function nameInOwn(text: string): string {
  return /,name:([^,]*)/.exec(text)?.[1] ?? text;
}

/** A name as it may stand in the text: short, and without what separates fields. */
export function ownName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  const clean = name.replace(/[\u0000-\u0020\u007f,]+/g, ' ').trim();
  // By code points: half of a surrogate pair is no character.
  return [...clean].slice(0, longestName).join('').trim();
}

/** What a number has to be, in the notation of a usage line, or null if it is that. */
export function fieldMistake(field: OwnField, value: number): string | null {
  const isAllowed = value === field.default || (value >= field.min && value <= field.max);
  if (isAllowed && (!field.isWhole || Number.isInteger(value))) return null;
  return fieldRange(field);
}

export function fieldRange({ min, max, isWhole, default: fallback }: OwnField): string {
  const also = fallback !== undefined && (fallback < min || fallback > max) ? ` or ${fallback}` : '';
  return `${isWhole ? 'integer ' : ''}${min}..${max}${also}`;
}

export function writeOwn<F extends string>(fields: OwnFields<F>, own: Own<F>): string {
  const parts = [`${prefix}${version}`, `name:${ownName(own.name)}`];
  for (const name of namesOf(fields))
    if (own.values[name] !== fields[name].default) parts.push(`${name}:${own.values[name]}`);
  return parts.join(',');
}

/** Reads such a text. Every field that is wrong or missing is a problem. */
export function readOwn<F extends string>(fields: OwnFields<F>, text: string): Result<Own<F>> {
  const [head, ...parts] = text.split(',');
  if (head !== `${prefix}${version}`) {
    const found = Number(head.slice(prefix.length));
    const code = found > version ? 'newer-version' : 'unknown-format';
    return { ok: false, problems: [{ code, found: head, expected: `${prefix}${version}` }] };
  }
  const problems: Problem[] = [];
  const given: Partial<Record<string, number>> = {};
  let name = '';
  for (const part of parts) {
    const colon = part.indexOf(':');
    const key = colon < 0 ? part : part.slice(0, colon);
    const value = colon < 0 ? '' : part.slice(colon + 1);
    if (key === 'name') name = ownName(value);
    else if (!Object.hasOwn(fields, key)) problems.push({ code: 'unknown-key', field: key, found: value });
    else if (!/^\d+(\.\d+)?(e[+-]?\d+)?$/.test(value) || given[key] !== undefined)
      problems.push({ code: 'invalid-value', field: key, found: value, expected: fieldRange(fields[key as F]) });
    else given[key] = Number(value);
  }
  if (name === '') problems.push({ code: 'missing-field', field: 'name', expected: `1..${longestName} characters` });
  const checked = checkFields(fields, given);
  if (!checked.ok) return { ok: false, problems: [...problems, ...checked.problems] };
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: { name, values: checked.value } };
}

/** Fills in defaults and holds every number against its range. */
export function checkFields<F extends string>(
  fields: OwnFields<F>,
  given: Readonly<Partial<Record<string, number>>>,
): Result<Own<F>['values']> {
  const problems: Problem[] = Object.keys(given)
    .filter((key) => !Object.hasOwn(fields, key))
    .map((key) => ({ code: 'unknown-key', field: key, found: String(given[key]) }));
  const values: Partial<Record<F, number>> = {};
  for (const name of namesOf(fields)) {
    const field = fields[name];
    const value = given[name] ?? field.default;
    if (value === undefined) {
      problems.push({ code: 'missing-field', field: name, expected: fieldRange(field) });
      continue;
    }
    const expected = fieldMistake(field, value);
    if (expected !== null) problems.push({ code: 'out-of-range', field: name, found: String(value), expected });
    values[name] = value;
  }
  // Every field has its number now, or a problem.
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: values as Record<F, number> };
}

function namesOf<F extends string>(fields: OwnFields<F>): readonly F[] {
  return Object.keys(fields) as F[];
}
