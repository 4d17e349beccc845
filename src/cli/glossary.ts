import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { entryOf } from '../scenario/glossary/glossary.ts';
import { glossaryRows, searchGlossary } from '../scenario/glossary/search.ts';
import { expectation, writeValue } from '../scenario/value.ts';
import type { Command } from './command.ts';
import { glossaryMarkdown } from './glossary-markdown.ts';
import { glossaryWords } from './glossary-words.ts';

const help = `Usage: glossary [WORDS...] [--json] [--out FILE]

Terms of the field, engines and knobs: those that are called so, best first; without WORDS all of them. Of knobs also
their names in links, values, defaults and flags.

  --json      the entries as one JSON object, names in both languages
  --out FILE  also writes the whole glossary as a document (Markdown)

The document is made by

  npm run -s glossary
`;

/** The command that the document names as its origin. */
export const regenerate = 'npm run -s glossary';

export const glossaryCommand: Command = {
  name: 'glossary',
  summary: 'terms, engines and knobs, by name, other name or flag',
  help,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args,
      options: { json: { type: 'boolean', default: false }, out: { type: 'string' } },
      allowPositionals: true,
    });
    const words = await glossaryWords();
    const rows = searchGlossary(glossaryRows(words), positionals.join(' ')).map(({ id, section, name, of }) => ({
      id,
      section,
      name,
      of: of?.en,
      says: saysOf(id, words),
    }));
    if (values.out !== undefined) await writeFile(values.out, glossaryMarkdown(words, regenerate));
    if (values.json) io.out(`${JSON.stringify({ entries: rows })}\n`);
    else
      for (const { id, name, of, says } of rows)
        io.out([nameLine(name.en, name.zh, of), ...factLines(id), says].join('\n  ').concat('\n'));
    return 0;
  },
};

function nameLine(name: string, chinese: string, of: string | undefined): string {
  return `${name}${chinese === name ? '' : `, ${chinese}`}${of === undefined ? '' : ` (${of})`}`;
}

/** How a knob is set, and what its programs call it. */
function factLines(id: string): readonly string[] {
  const found = entryOf(id);
  if (found?.kind !== 'knob') return [];
  const { entry, flags } = found.knob;
  const called = flags.length === 0 ? '' : `; flags ${flags.map(({ flag }) => flag).join(', ')}`;
  return [`${entry.name}=${expectation(entry)}, default ${writeValue(entry.default)}${called}`];
}

function saysOf(id: string, words: Awaited<ReturnType<typeof glossaryWords>>): string {
  const found = entryOf(id);
  switch (found?.kind) {
    case 'term':
      return found.term.says.en;
    case 'engine':
      return found.engine.sentence.en;
    case 'knob':
      return words.help(found.knob.entry).en;
    case undefined:
      return '';
  }
}
