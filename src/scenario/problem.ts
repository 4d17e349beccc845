/** A clear answer to bad input: what was wrong, where, what was expected, what is used instead. */
export interface Problem {
  readonly code: ProblemCode;
  /** Name of the file, link or form the input came from. */
  readonly where?: string;
  /** Line of a file, from 1. */
  readonly line?: number;
  readonly field?: string;
  readonly found?: string;
  readonly expected?: string;
  /** What is used instead of the bad value. */
  readonly used?: string;
  /** A file was opened in vain: what was shown before stays. */
  readonly hasKept?: true;
}

/** Each code has a sentence in every language (`i18n/messages/problems.ts`). */
export type ProblemCode =
  | 'unknown-key'
  | 'invalid-value'
  | 'missing-field'
  | 'assumed'
  | 'not-modelled'
  | 'out-of-range'
  | 'truncated-link'
  | 'newer-version'
  | 'empty-file'
  | 'wrong-columns'
  | 'unknown-format'
  | 'unknown-file'
  | 'bad-json'
  | 'cut-json'
  | 'bad-line'
  | 'not-sorted'
  | 'no-rows'
  | 'no-memory-for-kv'
  | 'budget-is-fixed'
  | 'model-does-not-fit'
  | 'trace-missing'
  | 'gpu-not-measured'
  | 'host-link-unknown'
  | 'fingerprint-differs'
  | 'one-engine-only'
  | 'knob-locked'
  | 'internal';

/** The fields of a problem as values for its sentence; a field that is missing is an ellipsis, never a hole. */
export function problemValues(problem: Problem): Readonly<Record<string, string>> {
  const { where = '…', line, field = '…', found = '…', expected = '…', used = '…' } = problem;
  return { where, line: line === undefined ? '…' : String(line), field, found, expected, used };
}

/** A value of whatever kind as `found`: short. */
export function shownText(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined');
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}

/** How a file begins, or a line of it, as `found`: one line, whatever bytes it is made of. */
export function firstCharacters(text: string): string {
  return shownText(
    text
      .slice(0, 1000)
      .replace(/[\s\p{C}\ufffd]+/gu, ' ')
      .trim(),
  );
}
