import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Command } from './command.ts';
import { Failure, quote } from './failure.ts';
import { readCount } from './study.ts';
import type { InputFile } from './validate/format.ts';
import { validationFormats } from './validate/formats.ts';
import { textOf } from './validate/report.ts';

const help = () => `Usage: validate FOLDER | FILE [--device NAME] [--model NAME] [--tp N] [--set KNOB=VALUE]... [--json]

Simulates what was recorded on real hardware, and prints measured, simulated and difference.

Recognised by content:
${validationFormats.map(({ name }) => `  ${name}\n`).join('')}
  --device, --model, --tp   in place of what the recording says
  --set KNOB=VALUE          changes one knob; may be given again
`;

/** Files longer than this are no recordings of the formats that are known. */
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
        json: { type: 'boolean', default: false },
      },
      allowPositionals: true,
    });
    const [path, surplus] = positionals;
    if (path === undefined) throw new Failure('FOLDER: missing, expected a folder or file of recorded runs');
    if (surplus !== undefined) throw new Failure(`${quote(surplus)}: unexpected, expected one FOLDER or FILE`);
    const files = await readFiles(path);
    const format = validationFormats.find((known) => known.recognise(files));
    if (format === undefined) {
      const known = validationFormats.map(({ name }) => name).join(', or ');
      throw new Failure(`${quote(path)}: not a recording that is known, expected a ${known}`);
    }
    const validation = format.validate(files, {
      device: values.device,
      model: values.model,
      tensorParallel: values.tp === undefined ? undefined : readCount('--tp', values.tp, 1, 64),
      set: values.set,
      note: io.note,
    });
    io.out(values.json ? `${JSON.stringify({ format: format.name, ...validation })}\n` : textOf(validation));
    return 0;
  },
};

/** The file, or the files of the folder itself, in order of their names. */
async function readFiles(path: string): Promise<InputFile[]> {
  const expected = 'a folder or file of recorded runs';
  const found = await stat(path).catch(() => {
    throw new Failure(`${quote(path)}: not found, expected ${expected}`);
  });
  const paths = found.isDirectory() ? (await readdir(path)).sort().map((name) => join(path, name)) : [path];
  const files: InputFile[] = [];
  for (const file of paths) {
    const { size, ...info } = await stat(file).then((s) => ({ size: s.size, isFile: s.isFile() }));
    if (info.isFile && size <= MOST_BYTES)
      files.push({ path: file, name: basename(file), text: await readFile(file, 'utf8') });
  }
  if (files.length === 0) throw new Failure(`${quote(path)}: no files, expected ${expected}`);
  return files;
}
