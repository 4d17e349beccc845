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
  if (expected !== undefined) words.push(`expected ${expected}`);
  if (used !== undefined) words.push(`using ${used}`);
  return [...place.filter((part) => part !== ''), words.join(', ')].join(': ');
}

/** Input may hold line breaks and control characters; the message stays one line. */
export function quote(text: string): string {
  const shown = text.length > 60 ? `${text.slice(0, 57)}...` : text;
  return JSON.stringify(shown);
}
