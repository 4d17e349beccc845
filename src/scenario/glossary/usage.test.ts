/** One thing has one name in Chinese: other usages are found by the search, and no text of ours has them. */

import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { terms } from './glossary.ts';

const src = new URL('../../', import.meta.url);

/** Usages that stand where they do for a reason. */
const exceptions: readonly { readonly file: string; readonly usage: string; readonly because: string }[] = [
  { file: 'i18n/messages/zh/app.ts', usage: '大模型推理', because: 'the title of the page, as people say it' },
];

const hasChinese = (text: string) => /\p{Script=Han}/u.test(text);
const forbidden = terms.flatMap(({ id, name, aliases }) =>
  (aliases?.zh ?? []).filter(hasChinese).map((usage) => ({ id, usage, instead: name.zh })),
);

/** Every file with texts of ours. All that is Chinese in them is text: comments and names are English. */
const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file) && !file.startsWith('scenario/glossary/terms/'))
  .map((file) => ({ file, text: readFileSync(new URL(file, src), 'utf8') }))
  .filter(({ text }) => hasChinese(text));

const usesIn = (text: string) => forbidden.filter(({ usage }) => text.includes(usage));

it('is kept by every text', () => {
  expect(files.length).toBeGreaterThan(50);
  const found = files.flatMap(({ file, text }) =>
    usesIn(text)
      .filter(({ usage }) => !exceptions.some((each) => each.file === file && each.usage === usage))
      .map(({ usage, instead }) => `${file}: ${usage}, where the glossary has ${instead}`),
  );
  expect(found).toEqual([]);
});

it('is kept by the glossary itself', () => {
  for (const { id, name, says, formula, unit } of terms)
    for (const text of [name, says, formula, unit]) expect(text === undefined ? [] : usesIn(text.zh), id).toEqual([]);
});

it('has no exception that is not needed', () => {
  for (const { file, usage } of exceptions) expect(files.find((each) => each.file === file)?.text).toContain(usage);
});
