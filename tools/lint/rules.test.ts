/** The lint rules of the project itself: a planted mistake is found, and its correction is not. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';

const planted: string[] = [];

/** What lint says of a file with this text at this place. */
function lint(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  planted.push(path);
  const { stdout, stderr } = spawnSync('node_modules/.bin/biome', ['lint', '--colors=off', path], {
    encoding: 'utf8',
  });
  return stdout + stderr;
}

afterEach(() => {
  for (const path of planted.splice(0)) rmSync(path);
});

describe('import directions', () => {
  it.each([
    ['sim', '../protocol/run.ts'],
    ['sim/memory', '../../scenario/knobs.ts'],
    ['sim', '../workload/trace.ts'],
    ['workload', '../protocol/rpc.ts'],
    ['scenario', '../worker/cursor.ts'],
    ['protocol', '../state/run.ts'],
    ['worker', '../view/session-context.ts'],
    ['state', '../ui/theme.ts'],
    ['view/kv', '../../app/commands.ts'],
    ['cli', '../protocol/run.ts'],
    ['cli', '../i18n/i18n.ts'],
    ['cli', '../i18n/messages/app.ts'],
    ['ui', '../view/session-context.ts'],
  ])('src/%s may not import %s', (folder, from) => {
    const said = lint(`src/${folder}/planted-mistake.ts`, `import * as x from '${from}';\n\nexport const y = x;\n`);
    expect(said).toContain('noRestrictedImports');
  });

  it.each([
    ['protocol', '../sim/batch.ts'],
    ['worker', '../protocol/rpc.ts'],
    ['view/kv', '../../state/run.ts'],
    ['app', '../view/session-context.ts'],
    ['cli', '../i18n/messages/knobs.ts'],
  ])('src/%s may import %s', (folder, from) => {
    const said = lint(`src/${folder}/planted-import.ts`, `import * as x from '${from}';\n\nexport const y = x;\n`);
    expect(said).not.toContain('noRestrictedImports');
  });

  it.each(['react', 'd3', 'zustand', 'valibot'])('src/sim has no library: %s', (library) => {
    const said = lint('src/sim/planted-mistake.ts', `import * as x from '${library}';\n\nexport const y = x;\n`);
    expect(said).toContain('noRestrictedImports');
  });
});

describe('determinism of sim and workload', () => {
  it.each(['Math.log(2)', 'Math.random()', 'Math.pow(2, x)', 'x ** 0.5', 'Date.now()', 'performance.now()'])(
    '%s is refused',
    (expression) => {
      for (const folder of ['sim', 'workload/import']) {
        const said = lint(`src/${folder}/planted-mistake.ts`, `export const f = (x: number) => [x, ${expression}];\n`);
        expect(said).toMatch(/Not the same in every engine|time is handed in/);
      }
    },
  );

  it('whole powers of two and square roots are exact everywhere, and other folders may do as they like', () => {
    expect(lint('src/sim/planted-import.ts', 'export const x = [2 ** 32, Math.sqrt(2)];\n')).not.toContain(
      'Not the same',
    );
    expect(lint('src/ui/planted-import.ts', 'export const x = Math.log(2);\n')).not.toContain('Not the same');
  });
});

describe('effects', () => {
  const effect = (body: string) =>
    `import { useEffect } from 'react';\n\nexport function useIt(list: Element | null): void {\n  useEffect(() => ${body}, [list]);\n}\n`;
  const rule = 'would be taken for';

  it.each(["list?.scrollIntoView({ block: 'nearest' })", 'list.scrollIntoView()'])(
    'may not give back what %s does',
    (body) => {
      expect(lint('src/ui/planted-mistake.ts', effect(body))).toContain(rule);
    },
  );

  it.each(['{\n    list?.scrollIntoView();\n  }', 'void list?.scrollIntoView()', '() => list?.remove()'])(
    'may be %s',
    (body) => {
      expect(lint('src/ui/planted-effect.ts', effect(body))).not.toContain(rule);
    },
  );
});
