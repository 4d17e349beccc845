import { few, hintOf } from '../scenario/hint.ts';
import { nearestNames } from '../scenario/nearest.ts';
import type { Problem } from '../scenario/problem.ts';

/** An error of the person at the terminal: one line on stderr, exit code 2. Anything else that is thrown is an error of ours. */
export class Failure extends Error {
  override readonly name = 'Failure';
}

/** A problem in one line: file, line, field, what was found and what was expected. */
export function problemLine(problem: Problem): string {
  const { where, line, field, found, expected, used } = problem;
  const place = [where === undefined ? '' : line === undefined ? where : `${where}:${line}`, field ?? ''];
  const words = problem.code === 'internal' ? [] : [problem.code.replaceAll('-', ' ')];
  if (found !== undefined) words.push(`found ${quote(found)}`);
  const hint = hintOf(problem);
  if (hint !== null && hint.near.length > 0) words.push(didYouMean(hint.near));
  if (expected !== undefined)
    words.push(`expected ${hint !== null && hint.count > few ? `one of ${hint.count}` : expected}`);
  if (used !== undefined) words.push(`using ${used}`);
  return [...place.filter((part) => part !== ''), words.join(', ')].join(': ');
}

/** What a wrong name could have been: all names there are if they are few, else those that look like it, and the command that lists all. */
export function meant(typed: string, names: readonly string[], command: string): string {
  if (names.length <= few) return `expected ${names.join('|')}`;
  const near = nearestNames(typed, names);
  const all = `'${command}' lists all ${names.length}`;
  return near.length === 0 ? all : `${didYouMean(near)}? (${all})`;
}

function didYouMean(near: readonly string[]): string {
  const [last, ...others] = near.toReversed();
  return `did you mean ${others.length === 0 ? last : `${others.toReversed().join(', ')} or ${last}`}`;
}

/** Input may hold line breaks and control characters; the message stays one line. */
export function quote(text: string): string {
  const shown = text.length > 60 ? `${text.slice(0, 57)}...` : text;
  return JSON.stringify(shown);
}
