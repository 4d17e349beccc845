import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { RowResult } from '../scenario/headlines/entry.ts';
import { markdownOf } from '../scenario/headlines/markdown.ts';
import { missingRows } from '../scenario/headlines/missing.ts';
import { Probe } from '../scenario/headlines/probe.ts';
import { headlineRows } from '../scenario/headlines/rows.ts';
import { chosenRows, runRow } from '../scenario/headlines/run.ts';
import {
  differenceText,
  number,
  publishedText,
  type Sheet,
  type SheetRow,
  sheetOf,
  verdictWords,
  withUnit,
} from '../scenario/headlines/sheet.ts';
import type { Command, Terminal } from './command.ts';
import { Failure, quote } from './failure.ts';

const help = `Usage: headlines [--only ID,...] [--quick] [--json] [--out FILE] [--data FILE]

Simulates the scenarios behind published results and prints the published number beside ours.

  --only ID,...   rows of these ids, or of headlines such as H2; default all
  --quick         a tenth of the requests: a look, never for a document
  --words         simulates nothing: writes the words of today around the numbers of --data FILE
  --json          the table as one JSON object, with the links of all scenarios
  --data FILE     also writes that object to FILE; with --only the other rows of FILE stay as they are
  --out FILE      also writes the table as a document (Markdown)

The document and the data that the page shows are made by

  npm run -s headlines
`;

/** The command that the document names as its origin. */
const regenerate = 'npm run -s headlines';
/** Share of the requests with --quick. */
const quickEffort = 0.1;

export const headlinesCommand: Command = {
  name: 'headlines',
  summary: 'published results against ours',
  help,
  async run(args, io) {
    const { values } = parseArgs({
      args,
      options: {
        only: { type: 'string' },
        quick: { type: 'boolean', default: false },
        words: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        out: { type: 'string' },
        data: { type: 'string' },
      },
    });
    const only = values.only?.split(',') ?? [];
    const rows = values.words ? [] : chosenRows(headlineRows, only);
    for (const name of only) {
      if (chosenRows(headlineRows, [name]).length === 0)
        throw new Failure(`--only: found ${quote(name)}, expected some of ${headlineRows.map((r) => r.id).join('|')}`);
    }
    if (values.quick && (values.out !== undefined || values.data !== undefined))
      throw new Failure(
        '--quick: found with --out or --data, expected alone: what is written has to be simulated whole',
      );

    const before =
      values.data === undefined || (only.length === 0 && !values.words) ? null : await readSheet(values.data);
    const probe = new Probe(values.quick ? quickEffort : 1);
    const results = new Map<string, RowResult>();
    for (const row of rows) {
      const startMs = performance.now();
      results.set(row.id, runRow(row, probe));
      io.note(`${row.id}: ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
    }
    const sheet = sheetOf(headlineRows, missingRows, results, before);
    if (values.data !== undefined) await writeFile(values.data, `${JSON.stringify(sheet, null, 1)}\n`);
    if (values.out !== undefined) await writeFile(values.out, markdownOf(sheet, regenerate));
    if (values.json) io.out(`${JSON.stringify(sheet)}\n`);
    else
      print(
        sheet.rows.filter((row) => results.has(row.id)),
        io,
      );
    return 0;
  },
};

function print(rows: readonly SheetRow[], io: Terminal): void {
  const lines = rows.map((row) => {
    return [
      row.id,
      `${withUnit(publishedText(row.published, 'up to '), row.unit)} (${row.published.mark})`,
      withUnit(number(row.ours), row.unit),
      differenceText(row.difference),
      verdictWords[row.verdict].en,
      row.sides.map(({ name, value }) => `${name.en} ${withUnit(number(value), row.sideUnit)}`).join(' / '),
    ];
  });
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...lines.map((line) => line[column].length)));
  for (const line of lines) {
    io.out(`${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}\n`);
  }
}

async function readSheet(path: string): Promise<Sheet | null> {
  const text = await readFile(path, 'utf8').catch(() => null);
  // Only this command writes the file.
  return text === null ? null : (JSON.parse(text) as Sheet);
}
