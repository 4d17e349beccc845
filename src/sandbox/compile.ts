/** A visitor's TypeScript or JavaScript module -> the body of a function. Loaded only where a policy is written or read. */

import { parser } from '@lezer/javascript';
import { transform } from 'sucrase';
import type { PolicyFailure } from './failure.ts';

export type Compiled =
  /** The body of a function of `exports`, `module`, `require` and `console`. Every line stands where it stood. */
  | { readonly ok: true; readonly code: string; readonly lines: number }
  | { readonly ok: false; readonly failure: PolicyFailure };

/** Types are taken out, imports and exports become uses of `require` and `exports`, and with them `import()`: nothing of it can reach out. */
export function compilePolicy(text: string): Compiled {
  const odd = oddPlace(text);
  if (odd !== null) return syntax(odd.message, odd.line, null);
  try {
    const { code } = transform(text, {
      transforms: ['typescript', 'imports'],
      disableESTransforms: true,
      production: true,
    });
    return { ok: true, code, lines: text.split('\n').length };
  } catch (error) {
    return mistakeIn(text) ?? syntax(error instanceof Error ? error.message : String(error), null, null);
  }
}

/**
 * The first place that makes no sense. Another parser is asked for it: the one that takes out the types goes back and
 * tries again where brackets may be a function, and then names the wrong place.
 */
function mistakeIn(text: string): Compiled | null {
  let at = -1;
  parser
    .configure({ dialect: 'ts' })
    .parse(text)
    .iterate({
      enter: (node) => {
        if (at < 0 && node.type.isError) at = node.from;
        return at < 0;
      },
    });
  if (at < 0) return null;
  // What is missing is noticed at the next word.
  const start = at + (/^\s*/.exec(text.slice(at))?.[0].length ?? 0);
  const before = text.slice(0, start).split('\n');
  const found = /^(?:[\w$]+|.)/.exec(text.slice(start))?.[0];
  const message = found === undefined ? 'Unexpected end of the text' : `Unexpected ${JSON.stringify(found)}`;
  return syntax(message, before.length, (before.at(-1)?.length ?? 0) + 1);
}

/** What the parser lets pass and a script must not hold: comments of HTML, which hide text from it, and `import.meta` and the like. */
function oddPlace(text: string): { readonly message: string; readonly line: number } | null {
  const found = /<!--|^\s*-->|\bimport\s*\.\s*\w+/m.exec(text);
  if (found === null) return null;
  return { message: `${found[0].trim()} is not allowed here`, line: text.slice(0, found.index).split('\n').length };
}

function syntax(message: string, line: number | null, column: number | null): Compiled {
  return { ok: false, failure: { kind: 'syntax', message, line, column } };
}
