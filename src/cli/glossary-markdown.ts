import { engines } from '../scenario/engines/engines.ts';
import type { Term } from '../scenario/glossary/entry.ts';
import { areas, type GlossaryKnob, glossaryKnobs } from '../scenario/glossary/glossary.ts';
import type { KnobTexts } from '../scenario/glossary/search.ts';
import { expectation, writeValue } from '../scenario/value.ts';

/** The glossary as a document in English, with every term's name in Chinese. `command` is what renders it again. */
export function glossaryMarkdown(words: KnobTexts, command: string): string {
  const knobs = glossaryKnobs();
  const shared = knobs.filter(({ engine }) => engine === undefined);
  const withKnobs = engines().filter(({ knobs: own }) => own.length > 0);
  return `${[
    '# Glossary',
    '',
    `Written by \`${command}\`; do not edit. The page has the same entries in both languages, with a search and links to where each can be seen (key D).`,
    '',
    ...areas.flatMap(({ id, name, terms }) => [
      `## ${id.length === 1 ? `${id}: ` : ''}${name.en}, ${name.zh}`,
      '',
      '| term | 中文 | meaning |',
      '| --- | --- | --- |',
      ...terms.map(termLine),
      '',
    ]),
    '## Engines',
    '',
    '| engine | in links | what it does |',
    '| --- | --- | --- |',
    ...engines().map(({ id, name, sentence }) => `| ${cell(name.en)} | \`${id}\` | ${cell(sentence.en)} |`),
    '',
    '## Knobs that several engines share, and those of workload and hardware',
    '',
    ...knobTable(shared, words),
    ...withKnobs.flatMap((engine) => [
      `## Knobs of ${engine.name.en}`,
      '',
      ...knobTable(
        knobs.filter((knob) => knob.engine === engine),
        words,
      ),
    ]),
  ].join('\n')}`;
}

function termLine({ name, says, formula, unit, aliases }: Term): string {
  const also = [...(aliases?.en ?? [])].join(', ');
  const more = [
    formula === undefined ? '' : ` \`${formula.en}\`.`,
    unit === undefined ? '' : ` Unit: ${unit.en}.`,
    also === '' ? '' : ` Also: ${also}.`,
  ].join('');
  return `| **${cell(name.en)}** | ${cell(name.zh)} | ${cell(`${says.en}${more}`)} |`;
}

function knobTable(knobs: readonly GlossaryKnob[], words: KnobTexts): string[] {
  return [
    '| knob | in links | flags | values | unit | default | meaning |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...knobs.map(({ entry, flags }) => {
      const cells = [
        words.label(entry).en,
        `\`${entry.name}\``,
        flags.map(({ flag }) => `\`${flag}\``).join(', '),
        expectation(entry).replaceAll('|', ', '),
        entry.unit === 'none' ? '' : entry.unit,
        writeValue(entry.default),
        words.help(entry).en,
      ];
      return `| ${cells.map(cell).join(' | ')} |`;
    }),
    '',
  ];
}

/** Text that does not end a cell of a table. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
