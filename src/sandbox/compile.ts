/** A visitor's TypeScript or JavaScript module -> the body of a function. Loaded only where a policy is written or read. */

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
    const message = error instanceof Error ? error.message : String(error);
    const { loc } = error as { loc?: { line: number; column: number } };
    // The parser ends its messages with the place, which is told apart from them.
    return syntax(
      message.replace(/^Error parsing.*?: /, '').replace(/ \(\d+:\d+\)$/, ''),
      loc?.line ?? null,
      loc?.column ?? null,
    );
  }
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
