/** Line of the first mistake in a text that `JSON.parse` has refused, from 1. */
export function lineOfJsonMistake(text: string): number {
  return text.slice(0, placeOfJsonMistake(text)).split('\n').length;
}

/**
 * Where the first mistake is in a text that `JSON.parse` has refused: its length, where it ends too early. JavaScript
 * engines name a position only now and then, and each in its own way.
 */
export function placeOfJsonMistake(text: string): number {
  const token = /\s*([{}[\],:"]|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/y;
  const open: string[] = [];
  let state: State = 'value';
  let at = 0;
  for (;;) {
    token.lastIndex = at;
    const found = token.exec(text)?.[1];
    const next: State | undefined = found === undefined ? undefined : follow(state, found, open);
    const end = found === '"' ? endOfString(text, token.lastIndex) : token.lastIndex;
    if (next === undefined || end < 0) break;
    state = next;
    at = end;
  }
  return at + (/^\s*/.exec(text.slice(at))?.[0].length ?? 0);
}

/** The place behind the quote that closes a string, the end of the text where it ends before, -1 where the string is none. Columns of a trace are strings of megabytes, too long for one expression. */
function endOfString(text: string, from: number): number {
  const special = /["\\\n\r\t]/g;
  const escaped = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
  special.lastIndex = from;
  for (let found = special.exec(text); found !== null; found = special.exec(text)) {
    if (found[0] === '"') return special.lastIndex;
    escaped.lastIndex = found.index;
    if (!escaped.test(text)) return -1;
    special.lastIndex = escaped.lastIndex;
  }
  return text.length;
}

/** What may come next: a value, a value or the end of an empty list, a key, a key or the end, a colon, a comma or the end. */
type State = 'value' | 'first' | 'key' | 'first-key' | 'colon' | 'after';

/** The state after a token, or undefined where the token may not stand. */
function follow(state: State, token: string, open: string[]): State | undefined {
  const closes = token === '}' || token === ']';
  if (closes) {
    const isPlace = state === 'after' || state === (token === '}' ? 'first-key' : 'first');
    return isPlace && open.pop() === (token === '}' ? '{' : '[') ? 'after' : undefined;
  }
  if (state === 'after') return token === ',' && open.length > 0 ? (open.at(-1) === '{' ? 'key' : 'value') : undefined;
  if (state === 'colon') return token === ':' ? 'value' : undefined;
  if (state === 'key' || state === 'first-key') return token.startsWith('"') ? 'colon' : undefined;
  if (token === '{' || token === '[') {
    open.push(token);
    return token === '{' ? 'first-key' : 'first';
  }
  return token === ',' || token === ':' ? undefined : 'after';
}
