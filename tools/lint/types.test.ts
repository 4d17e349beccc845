/** What the type check holds: a planted mistake is found, and the same file without it is not. */

import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** The real Chinese table of what the page needs at once, made of `parts`. */
const firstTable = (parts: string) => `
import { app } from './messages/zh/app.ts';

const { 'app.share': share, ...rest } = app;
export const planted: typeof app = { ${parts} };
export const kept = share;
`;
/** The real texts of an area that comes later, the Chinese ones made of `parts`. */
const laterTable = (parts: string) => `
import { addMessages } from './i18n.ts';
import { memory } from './messages/memory.ts';

const { 'memory.top': top, ...rest } = memory.zh;
addMessages({ en: memory.en, zh: { ${parts} } });
export const kept = top;
`;
const asked = (key: string) => `
import type { Translate } from './i18n.ts';

export const say = (t: Translate) => t('${key}');
`;
/** The real list of dialogs that the browser tests open, made of `parts`. */
const dialogList = (parts: string) => `
import { dialogs } from './dialogs.ts';

const { help, ...rest } = dialogs;
export const planted: typeof dialogs = { ${parts} };
export const kept = help;
`;

const mistakes = [
  {
    what: 'a Chinese text that is missing',
    file: 'src/i18n/planted-first',
    of: firstTable,
    good: "...rest, 'app.share': share",
    bad: '...rest',
    said: 'app.share',
  },
  {
    what: 'a Chinese text that is missing in an area that comes later',
    file: 'src/i18n/planted-later',
    of: laterTable,
    good: "...rest, 'memory.top': top",
    bad: '...rest',
    said: 'memory.top',
  },
  {
    what: 'a text that is in no table',
    file: 'src/i18n/planted-key',
    of: asked,
    good: 'app.share',
    bad: 'app.shore',
    said: 'app.shore',
  },
  {
    what: 'a dialog that no browser test opens',
    file: 'e2e/planted-dialogs',
    of: dialogList,
    good: '...rest, help',
    bad: '...rest',
    said: 'help',
  },
] as const;

const planted: string[] = [];
let said = '';

function plant(path: string, text: string): void {
  writeFileSync(path, text);
  planted.push(path);
}

beforeAll(() => {
  for (const { file, of, good, bad } of mistakes) {
    plant(`${file}-good.ts`, of(good));
    plant(`${file}-bad.ts`, of(bad));
  }
  // What adds to the window of the page, for the browser tests' sake.
  const files = [...planted, 'src/app/test-hooks.ts'].map((path) => `../../${path}`);
  const project = 'tools/lint/planted-project.json';
  plant(project, JSON.stringify({ extends: '../../tsconfig.json', include: [], files }));
  said = spawnSync('node_modules/.bin/tsc', ['--noEmit', '--pretty', 'false', '-p', project], {
    encoding: 'utf8',
  }).stdout;
});

afterAll(() => {
  for (const path of planted) rmSync(path, { force: true });
});

describe('the type check finds', () => {
  it.each(mistakes)('$what', ({ file, said: words }) => {
    const errors = said.split('\n').filter((line) => line.includes(`${file}-bad.ts`));
    expect(errors.join('\n')).toMatch(/error TS/);
    expect(said).toContain(words);
    expect(said).not.toContain(`${file}-good.ts`);
  });

  it('nothing else in what the planted files use', () => {
    const others = said.split('\n').filter((line) => line.includes('error TS') && !line.includes('planted-'));
    expect(others).toEqual([]);
  });
});
