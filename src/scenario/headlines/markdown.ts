import {
  differenceText,
  markWords,
  number,
  publishedText,
  type Sheet,
  type SheetRow,
  verdictWords,
  withUnit,
} from './sheet.ts';

/** The table of published results as a document in English. `command` is what renders it again. */
export function markdownOf(sheet: Sheet, command: string): string {
  const { rows, missing } = sheet;
  const marks = Object.entries(markWords).map(([mark, words]) => `* **${mark}**: ${words.en}.`);
  return `${[
    '# Published results and ours',
    '',
    `Written by \`${command}\`; do not edit. The page shows the same table (key P). Every number of ours comes out of`,
    'scenarios that a link opens; nothing was fitted to the published number. Constants of software stacks are those of measurements',
    'named in [scenarios.ts](../src/scenario/headlines/scenarios.ts); devices and their evidence are in [profiles](../src/sim/gpu/profiles). The whole table takes',
    'about three minutes of processor time.',
    '',
    'Marks of the published numbers:',
    '',
    ...marks,
    '',
    'A difference is relative to the published number, or to the nearest end of a published range.',
    '',
    '| id | claim | published | mark | ours | difference | verdict |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...rows.map(tableLine),
    '',
    '## Not simulated',
    '',
    '| id | claim | published | mark | why not |',
    '| --- | --- | --- | --- | --- |',
    ...missing.map(
      (row) => `| ${row.id} | ${row.claim.en} | ${row.published} | ${row.mark} (${row.source}) | ${row.because.en} |`,
    ),
    '',
    '## Row by row',
    '',
    'A link goes behind the address of the app, or in quotes behind `npm run -s cli -- run`.',
    '',
    ...rows.flatMap(paragraphs),
  ].join('\n')}\n`;
}

function tableLine(row: SheetRow): string {
  const { id, claim, published, ours, difference, verdict } = row;
  return `| [${id}](#${anchor(id)}) | ${claim.en} | ${withUnit(publishedText(published, 'up to '), row.unit)} | ${published.mark} | ${withUnit(number(ours), row.unit)} | ${differenceText(difference)} | ${verdictWords[verdict].en} |`;
}

function paragraphs(row: SheetRow): string[] {
  const { id, claim, published, ours, sides, assumptions, remark, runs } = row;
  return [
    `### ${id}`,
    '',
    `${claim.en}. Published: ${withUnit(publishedText(published, 'up to '), row.unit)} (${published.mark}; ${published.source}). Ours: ${withUnit(number(ours), row.unit)}.`,
    '',
    `${remark.en}`,
    '',
    `Assumptions: ${assumptions.en}`,
    '',
    ...sides.map(({ name, value, link }) => `* ${name.en}: ${withUnit(number(value), row.sideUnit)}, \`${link}\``),
    '',
    `${runs === 1 ? 'One simulation' : `${runs} simulations`}.`,
    '',
  ];
}

function anchor(id: string): string {
  return id.toLowerCase().replaceAll(/[^a-z0-9-]/g, '');
}
