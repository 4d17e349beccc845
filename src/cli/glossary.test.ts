import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { terms } from '../scenario/glossary/glossary.ts';
import { registry } from '../scenario/registry.ts';
import { regenerate } from './glossary.ts';
import { glossaryMarkdown } from './glossary-markdown.ts';
import { glossaryWords } from './glossary-words.ts';
import { runCommandLine } from './main.ts';

async function cli(...args: string[]) {
  let out = '';
  const code = await runCommandLine(['glossary', ...args], { out: (text) => (out += text), note: () => {} });
  return { code, out };
}

it('is the document', async () => {
  const document = readFileSync(new URL('../../docs/glossary.md', import.meta.url), 'utf8');
  expect(document, regenerate).toBe(glossaryMarkdown(await glossaryWords(), regenerate));
  for (const { name } of terms) expect(document).toContain(`| **${name.en}** | ${name.zh} |`);
  for (const { name } of registry()) expect(document).toContain(`| \`${name}\` |`);
});

it('finds by another name and by flag', async () => {
  const { code, out } = await cli('投机解码');
  expect(code).toBe(0);
  expect(out).toMatch(/^Speculative decoding, 推测解码\n {2}Something cheap drafts/);
  expect((await cli('max-num-seqs')).out).toMatch(/^Seats\n/);
});

it('gives all as one JSON object', async () => {
  const { entries } = JSON.parse((await cli('--json')).out);
  expect(entries.length).toBeGreaterThan(terms.length + registry().length);
  expect(entries.find((entry: { id: string }) => entry.id === 'goodput')).toMatchObject({
    section: 'metrics',
    name: { en: 'Goodput', zh: '有效吞吐' },
  });
});
