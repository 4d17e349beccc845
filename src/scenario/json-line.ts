/**
 * Line of the first mistake in a text that `JSON.parse` has refused, from 1. JavaScript engines name a position only now
 * and then, and each in its own way.
 */
export function lineOfJsonMistake(text: string): number {
  const token =
    /\s*([{}[\],:]|"(?:[^"\\\n\r\t]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/y;
  const open: string[] = [];
  let state: State = 'value';
  let at = 0;
  for (;;) {
    token.lastIndex = at;
    const found = token.exec(text)?.[1];
    const next: State | undefined = found === undefined ? undefined : follow(state, found, open);
    if (next === undefined) break;
    state = next;
    at = token.lastIndex;
  }
  const from = at + (/^\s*/.exec(text.slice(at))?.[0].length ?? 0);
  return text.slice(0, from).split('\n').length;
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
