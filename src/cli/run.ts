import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { presets } from '../scenario/presets.ts';
import type { Command } from './command.ts';
import { engineLines } from './engines.ts';
import { Failure, problemLine, quote } from './failure.ts';
import { buildOrFail, loadScenario } from './load.ts';
import { outcomesCsv, reportOf, textOf } from './report.ts';
import { simulate } from './simulate.ts';

const help =
  () => `Usage: run SCENARIO [--trace FILE] [--engine NAME] [--set KNOB=VALUE]... [--repeat N] [--out FILE] [--json]

Simulates a scenario to its end and prints its metrics.

  SCENARIO          a preset (${presets.map((p) => p.id).join(', ')}),
                    a link (quoted, with its #), or a scenario file
  --trace FILE      requests of a recorded trace, in any format that can be recognised, gzip or plain
  --engine NAME     who decides what each step computes; with it go its own defaults
  --set KNOB=VALUE  changes one knob; may be given again
  --repeat N        simulates N times; wallMs is the best of them, coldMs the first
  --out FILE        .csv: one line a request; else the same JSON object as --json

Engines ('engines NAME' tells their knobs):

${engineLines()}`;

export const runCommand: Command = {
  name: 'run',
  summary: 'simulates a scenario and prints its metrics',
  get help() {
    return help();
  },
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args,
      options: {
        trace: { type: 'string' },
        engine: { type: 'string' },
        set: { type: 'string', multiple: true },
        repeat: { type: 'string', default: '1' },
        out: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
      allowPositionals: true,
    });
    const [scenario, surplus] = positionals;
    if (scenario === undefined) throw new Failure('SCENARIO: missing, expected a preset, a link or a scenario file');
    if (surplus !== undefined) throw new Failure(`${quote(surplus)}: unexpected, expected one SCENARIO`);
    const repeat = readRepeat(values.repeat);
    const loaded = await loadScenario({ scenario, trace: values.trace, engine: values.engine, set: values.set }, io);

    const { facts } = buildOrFail(loaded);
    const timed = simulate(() => buildOrFail(loaded), repeat);
    const found = timed.account.fingerprint;
    const expected = loaded.fingerprint;
    if (expected !== undefined && expected !== found) {
      io.note(problemLine({ code: 'fingerprint-differs', where: 'link', field: 'fp', found, expected }));
    }
    const json = `${JSON.stringify(reportOf(loaded.knobs, facts, timed))}\n`;
    if (values.out !== undefined)
      await save(values.out, values.out.endsWith('.csv') ? outcomesCsv(timed.account.outcomes) : json);
    io.out(values.json ? json : textOf(loaded.knobs, facts, timed));
    return 0;
  },
};

/** Reads `--repeat`. */
export function readRepeat(text: string): number {
  const repeat = Number(text);
  if (!/^\d+$/.test(text) || repeat < 1 || repeat > 1000)
    throw new Failure(`--repeat: found ${quote(text)}, expected 1..1000`);
  return repeat;
}

async function save(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    throw new Failure(`--out: ${quote(path)}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
