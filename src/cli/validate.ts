import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Command } from './command.ts';
import { Failure, quote } from './failure.ts';
import { deviceValue, modelValue } from './hardware.ts';
import { readCount } from './study.ts';
import type { InputFile, ValidateOptions, Validation } from './validate/format.ts';
import { validationFormats } from './validate/formats.ts';
import { pairSummaries, settingPairs } from './validate/pairs.ts';
import { plotSvg } from './validate/plot.ts';
import { textOf } from './validate/report.ts';
import { errorSummaries } from './validate/summary.ts';

const help =
  () => `Usage: validate FOLDER|FILE... [--device NAME|FILE] [--model NAME|FILE] [--tp N] [--set KNOB=VALUE]...
                [--plot FILE.svg] [--json]

Simulates what was recorded on real hardware, and prints measured, simulated and difference; of several runs also their errors
in a few numbers, and of runs that differ in one setting what the difference does, measured and simulated.

Recognised by content:
${validationFormats.map(({ name }) => `  ${name}\n`).join('')}
  --device, --model, --tp   in place of what the recording says
  --set KNOB=VALUE          changes one knob; may be given again
  --plot FILE.svg           draws simulated over measured TTFT and TPOT of a table
`;

/** Larger files are no recordings of the formats that are known. */
const MOST_BYTES = 256 * 2 ** 20;

export const validateCommand: Command = {
  name: 'validate',
  summary: 'simulates recorded real runs and compares latencies',
  get help() {
    return help();
  },
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args,
      options: {
        device: { type: 'string' },
        model: { type: 'string' },
        tp: { type: 'string' },
        set: { type: 'string', multiple: true, default: [] },
        plot: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
      allowPositionals: true,
    });
    if (positionals.length === 0) throw new Failure('FOLDER: missing, expected folders or files of recorded runs');
    const options: ValidateOptions = {
      device: values.device === undefined ? undefined : await deviceValue(values.device),
      model: values.model === undefined ? undefined : await modelValue(values.model, io),
      tensorParallel: values.tp === undefined ? undefined : readCount('--tp', values.tp, 1, 64),
      set: values.set,
      note: io.note,
    };
    const found: Validation[] = [];
    for (const path of positionals) found.push(await validatePath(path, options));
    const all: Validation = {
      facts: found.flatMap(({ facts }) => facts),
      runs: found.flatMap(({ runs }) => runs),
      pairs: [
        ...found.flatMap(({ pairs }) => pairs ?? []),
        ...settingPairs(found.flatMap(({ runs, pairs }) => (pairs === undefined ? runs : []))),
      ],
      notSimulated: found.flatMap(({ notSimulated }) => notSimulated),
    };
    if (values.plot !== undefined) await writePlot(values.plot, all);
    io.out(values.json ? `${JSON.stringify(jsonOf(all))}\n` : textOf(all));
    return 0;
  },
};

async function validatePath(path: string, options: ValidateOptions): Promise<Validation> {
  const files = await readFiles(path);
  const format = validationFormats.find((known) => known.recognise(files));
  if (format !== undefined) return format.validate(files, options);
  throw new Failure(
    `${quote(path)}: not a recording that is known, expected a ${validationFormats.map(({ name }) => name).join(', or a ')}`,
  );
}

/** The file, or the files of the folder itself, in order of their names. */
async function readFiles(path: string): Promise<InputFile[]> {
  const expected = 'a folder or file of recorded runs';
  const top = await stat(path).catch(() => {
    throw new Failure(`${quote(path)}: not found, expected ${expected}`);
  });
  const paths = top.isDirectory() ? (await readdir(path)).sort().map((name) => join(path, name)) : [path];
  const files: InputFile[] = [];
  for (const file of paths) {
    const info = await stat(file);
    if (info.isFile() && info.size <= MOST_BYTES)
      files.push({ path: file, name: basename(file), text: await readFile(file, 'utf8') });
  }
  if (files.length === 0) throw new Failure(`${quote(path)}: no files, expected ${expected}`);
  return files;
}

/** Times are seconds, shares 0 to 1. */
function jsonOf({ facts, runs, pairs = [], notSimulated }: Validation) {
  const summaries = runs.length > 1 ? { errors: errorSummaries(runs), settings: pairSummaries(pairs), pairs } : {};
  return { facts: Object.fromEntries(facts), runs, ...summaries, notSimulated };
}

async function writePlot(file: string, { runs, facts }: Validation): Promise<void> {
  const isPlain = runs.every(({ quantities }) =>
    quantities.some(({ quantity }) => quantity === 'ttft' || quantity === 'tpot'),
  );
  if (runs.length === 0 || !isPlain) throw new Failure('--plot: no table of TTFT and TPOT, nothing else is drawn');
  const words = facts.map(([label, value]) => `${label} ${value}`).join('; ');
  await writeFile(file, plotSvg(runs, `Simulated over measured TTFT and TPOT: ${words}`)).catch((error) => {
    throw new Failure(`--plot: ${quote(file)}: ${error instanceof Error ? error.message : String(error)}`);
  });
}
