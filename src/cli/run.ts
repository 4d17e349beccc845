import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { Band } from '../scenario/band.ts';
import { bandOf } from '../scenario/band-run.ts';
import { isFleet } from '../scenario/fleet/knobs.ts';
import { presets } from '../scenario/presets.ts';
import { bandJson, bandLines } from './band.ts';
import type { Command } from './command.ts';
import { engineLines } from './engines.ts';
import { Failure, problemLine, quote } from './failure.ts';
import { couplingWords, fleetJson, fleetLines } from './fleet-report.ts';
import { fleetRun } from './fleet-run.ts';
import { table } from './format.ts';
import { hardwareHelp } from './hardware.ts';
import { buildOrFail, type Loaded, loadScenario, noteIdle } from './load.ts';
import { type Graded, gradePolicy } from './policy.ts';
import { outcomesCsv, reportOf, textOf } from './report.ts';
import { simulate, simulateEngine } from './simulate.ts';

const help =
  () => `Usage: run SCENARIO [--trace FILE] [--engine NAME | --policy FILE] [--model NAME|FILE] [--device NAME|FILE]
           [--set KNOB=VALUE]... [--band] [--workers N] [--no-regret] [--repeat N] [--out FILE] [--json]

Simulates a scenario to its end and prints its metrics. With --set replicas=N it is a fleet behind a router
(--set router=NAME): the metrics are those of its clients, limits and KV pool those of one replica (of one that
prefills, and of one that decodes below, where --set decode-device=NAME gives it another GPU).

  SCENARIO          a preset (${presets.map((p) => p.id).join(', ')}),
                    a link (quoted, with its #), or a scenario file
  --trace FILE      requests of a recorded trace, in any format that can be recognised, gzip or plain
  --engine NAME     who decides what each step computes; with it go its own defaults
  --policy FILE     a policy of your own, in TypeScript or JavaScript: docs/your-own-policy.md
${hardwareHelp}
  --set KNOB=VALUE  changes one knob; may be given again
  --band            simulates again with step times shorter and longer by the device's step error, and with all
                    requests there from the start: what the figures may be off by, and the load
  --workers N       shares the replicas of a fleet out over N threads, where its router looks at none of them and nothing
                    fails, times out or scales: the same figures, sooner. Elsewhere one thread simulates them all
  --no-regret       leaves out there what each decision of the router cost in prompt tokens, which takes longer
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
        model: { type: 'string' },
        device: { type: 'string' },
        policy: { type: 'string' },
        band: { type: 'boolean', default: false },
        workers: { type: 'string', default: '1' },
        'no-regret': { type: 'boolean', default: false },
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
    const workers = readWorkers(values.workers);
    const { trace, engine, model, device, set } = values;
    const loaded = await loadScenario({ scenario, trace, engine, model, device, set }, io);

    // A policy of one's own stands in the engine's place, with what the engine is told.
    if (values.policy === undefined) noteIdle(loaded, values.set, io);

    if (values.policy !== undefined && values.engine !== undefined)
      throw new Failure('--policy: not together with --engine, since the policy stands in its place');
    if (values.policy !== undefined && values.band)
      throw new Failure('--band: not together with --policy, which is run once only');
    const { knobs, facts, decoding, timed, fleet, coupling } =
      values.policy !== undefined
        ? { ...(await gradePolicy(values.policy, loaded, repeat, io)), ...alone }
        : isFleet(loaded.knobs)
          ? await fleetRun(loaded, repeat, { hasRegrets: !values['no-regret'], workers })
          : { ...(await engineRun(loaded, repeat)), ...alone };
    const why = fleet === null ? 'it is one engine alone' : coupling === null ? null : couplingWords[coupling];
    if (why !== null && workers > 1) io.note(`--workers: without effect, since ${why}`);
    if (why !== null && values['no-regret']) io.note(`--no-regret: without effect, since ${why}`);
    const own = values.policy === undefined ? null : { file: values.policy, scenario: loaded.knobs };
    const found = timed.account.fingerprint;
    const expected = loaded.fingerprint;
    if (own === null && expected !== undefined && expected !== found) {
      io.note(problemLine({ code: 'fingerprint-differs', where: 'link', field: 'fp', found, expected }));
    }
    const band = values.band ? bandOrFail(loaded) : null;
    const report = {
      ...reportOf(knobs, facts, timed, own),
      ...(fleet === null ? {} : { fleet: fleetJson(fleet, coupling, decoding) }),
    };
    const json = `${JSON.stringify(band === null ? report : { ...report, ...bandJson(timed.account, band) })}\n`;
    if (values.out !== undefined)
      await save(values.out, values.out.endsWith('.csv') ? outcomesCsv(timed.account.outcomes) : json);
    const bandText = band === null ? '' : table(bandLines(timed.account, band));
    const fleetText = fleet === null ? '' : table(fleetLines(fleet, coupling, decoding));
    io.out(values.json ? json : `${textOf(knobs, facts, timed, own)}${fleetText}${bandText}`);
    return 0;
  },
};

/** What an engine that is alone does not have. */
const alone = { decoding: null, fleet: null, coupling: null } as const;

function bandOrFail({ knobs, materials }: Loaded): Band {
  const band = bandOf(knobs, materials);
  if (!band.ok) throw new Failure(band.problems.map(problemLine).join('; '));
  return band.value;
}

async function engineRun(loaded: Loaded, repeat: number): Promise<Graded> {
  const { facts } = buildOrFail(loaded);
  return { knobs: loaded.knobs, facts, timed: await simulate(() => buildOrFail(loaded), simulateEngine, repeat) };
}

/** Reads `--repeat`. */
export const readRepeat = (text: string): number => readCount('--repeat', text, 1000);

/** Reads `--workers`. */
export const readWorkers = (text: string): number => readCount('--workers', text, 64);

function readCount(option: string, text: string, most: number): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > most)
    throw new Failure(`${option}: found ${quote(text)}, expected 1..${most}`);
  return count;
}

async function save(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    throw new Failure(`--out: ${quote(path)}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
