/** Where in a visitor's text something happened, from what the engine says of it. */

/** The lines that are the visitor's, in a script that holds more: numbers from 1. */
export interface TextLines {
  /** Name of the script in stack traces, or a piece of it. */
  readonly script: string;
  /** Where its first line stands. */
  readonly first: number;
  readonly count: number;
}

/** Line of the text, from 1, of the innermost frame that is in it; null if no frame is. */
export function lineInStack(stack: string, text: TextLines): number | null {
  for (const frame of stack.split('\n')) {
    // "at f (file:12:5)" and "at file:12:5" in Chromium and Node, "f@file:12:5" in Firefox and Safari.
    const place = /^(?:\s*at )?(.*):(\d+):\d+\)?$/.exec(frame);
    if (place === null || !place[1].includes(text.script)) continue;
    const line = lineOf(Number(place[2]), text);
    if (line !== null) return line;
  }
  return null;
}

/** Line of the text behind a line of the script; null where that is not the visitor's. */
export function lineOf(scriptLine: number, { first, count }: TextLines): number | null {
  const line = scriptLine - first + 1;
  return line >= 1 && line <= count ? line : null;
}

/** What an error says, without its kind where that says nothing; anything else that was thrown, as text. Never throws. */
export function messageOf(thrown: unknown): string {
  try {
    if (thrown instanceof Error)
      return shorten(`${thrown.name === 'Error' ? '' : `${thrown.name}: `}${thrown.message}`);
    return shorten(typeof thrown === 'object' ? Object.prototype.toString.call(thrown) : String(thrown));
  } catch {
    return 'something that cannot be shown';
  }
}

/** The stack of an error; '' where there is none. Never throws. */
export function stackOf(thrown: unknown): string {
  try {
    const stack = typeof thrown === 'object' && thrown !== null && 'stack' in thrown ? thrown.stack : '';
    return typeof stack === 'string' ? stack : '';
  } catch {
    return '';
  }
}

function shorten(text: string): string {
  return text.length > 300 ? `${text.slice(0, 299)}…` : text;
}
