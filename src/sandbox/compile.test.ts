import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePolicy } from './compile.ts';
import { policyExamples } from './examples.ts';

/** The code of a text that is all right. */
function codeOf(text: string): string {
  const compiled = compilePolicy(text);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.failure));
  return compiled.code;
}

/** What the module of a text exports by default. */
function load(text: string): unknown {
  const exports: { default?: unknown } = {};
  const refuse = (name: string) => {
    throw new Error(`asked for ${name}`);
  };
  new Function('exports', 'module', 'require', codeOf(text))(exports, { exports }, refuse);
  return exports.default;
}

describe('compiling a policy', () => {
  it('takes out the types and keeps every line where it was', () => {
    const text = [
      "import type { Plan, View } from 'tokenyard';",
      'enum Kind { one = 1 }',
      'interface Mine {',
      '  readonly a: number;',
      '}',
      'const given = (a: Mine): number => a.a as number;',
      'export default function f(view: View): Plan {',
      '  return [Kind.one, given({ a: 2 }), new Error().stack] as never;',
      '}',
    ].join('\n');
    const lines = codeOf(text).split('\n');
    expect(lines).toHaveLength(9);
    expect(lines[7]).toContain('new Error().stack');
    const [one, two] = (load(text) as () => unknown[])();
    expect([one, two]).toEqual([1, 2]);
  });

  it.each(policyExamples.map(({ id, text }) => [id, text]))('takes the example %s', (_, text) => {
    expect(load(text)).toBeTypeOf('function');
  });

  it('leaves no way to load anything', () => {
    for (const text of ["import fs from 'fs';\nfs;", "export * from 'fs';", "export const a = require('fs');"]) {
      expect(() => load(text)).toThrow('asked for');
    }
    expect(codeOf("export default () => import('./x.js');")).not.toMatch(/\bimport\s*\(/);
    expect(codeOf("export default () => import /* a */ ('./x.js');")).not.toMatch(/\bimport\b/);
  });

  it.each([
    ['export default (view) => {\n  return [;\n}', 2, 'Unexpected ";"'],
    ['export default function (view) {\n  const a = 1\n  if (a { return []; }\n}', 3, 'Unexpected "{"'],
    ['export default (view) => {\n  return [];\n', 3, 'Unexpected end of the text'],
    ['const a: number = ;', 1, 'Unexpected ";"'],
    ['}); escape(); ((x) => {', 1, 'Unexpected "}"'],
    ['const a = 1;\n\nconst b = a <!-- a', 3, '<!-- is not allowed here'],
    ['const a = 1;\n--> b', 2, '--> is not allowed here'],
    ['export default () =>\n  import.meta.url', 2, 'import.meta is not allowed here'],
    ["export default () => import.source('x')", 1, 'import.source is not allowed here'],
  ])('names the line of a mistake: %j', (text, line, message) => {
    const compiled = compilePolicy(text);
    expect(compiled.ok ? null : compiled.failure).toMatchObject({ kind: 'syntax', line, message });
  });

  it('never throws, whatever the text', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '(',
      ')',
      '=>',
      '`',
      '${',
      '/',
      '"',
      'a',
      '<',
      '--',
      'export default ',
      '\n',
      'import',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((pieces) => pieces.join('')),
        ),
        (text) => {
          const compiled = compilePolicy(text);
          if (compiled.ok) expect(compiled.lines).toBe(text.split('\n').length);
          else expect(compiled.failure.kind).toBe('syntax');
        },
      ),
    );
  });

  it('lets nothing out of the function that the text is put into', () => {
    const piece = fc.constantFrom(
      ...[
        '}',
        '{',
        ')',
        '(',
        ';',
        'a',
        '=>',
        '/',
        '/a/',
        '`',
        '${',
        "'",
        '"',
        '<!--',
        '-->',
        '\n',
        '//',
        '/*',
        '*/',
        '\\',
        '<a>',
      ],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
        const compiled = compilePolicy(pieces.join(''));
        if (!compiled.ok) return;
        // Put in the middle of a program, as the worker's script does: whatever comes out of the text is outside of it.
        let isOutside = true;
        const wrapped = `check((exports, module, require, console) => {\n${compiled.code}\n});\nleft();`;
        try {
          new Function('check', 'left', wrapped);
        } catch {
          // The engine does not take it: the worker does not start.
          return;
        }
        const names = ['check', 'left'];
        const calls: string[] = [];
        const scope = new Proxy(
          {},
          { has: (_, key) => !names.includes(String(key)), get: (_, key) => void calls.push(String(key)) },
        );
        new Function('scope', ...names, `with (scope) { ${wrapped} }`)(
          scope,
          () => {},
          () => {
            isOutside = false;
          },
        );
        expect([isOutside, calls.filter((name) => name !== 'Symbol(Symbol.unscopables)')]).toEqual([false, []]);
      }),
      { numRuns: 2000 },
    );
  });
});
