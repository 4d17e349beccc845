import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { lineOfJsonMistake } from '../scenario/json-line.ts';
import { type DeviceId, type DeviceProfile, devices } from '../sim/gpu/device.ts';
import { type ModelId, models } from '../sim/gpu/model.ts';
import { canSplit, rankModel } from '../sim/gpu/tensor-parallel.ts';
import type { Command, Terminal } from './command.ts';
import { Failure, meant, quote } from './failure.ts';
import { fitLayers } from './fit/layers.ts';
import { sheetOf } from './fit/sheets.ts';
import { count, percent, signedPercent } from './format.ts';
import { readText } from './load.ts';
import { type ErrorSummary, summarise } from './measured/errors.ts';
import { readLayerTables } from './measured/layer-tables.ts';
import {
  type EagerOutcomes,
  eagerOutcomes,
  layerOutcomes,
  type Outcome,
  type Outcomes,
  stepOutcomes,
} from './measured/outcomes.ts';
import { readSteps, stepFile, type Unpredicted } from './measured/steps.ts';

const help = `Usage: predict FILE [--device ID] [--json]
       predict FOLDER [--device ID] [--model ID] [--tp N] [--fit] [--json]

Holds the cost model against measured times. Errors are relative: (predicted - measured) / measured; median, P95 and
worst are of their absolute values, bias is their mean with its sign.

FILE holds measured whole steps (format llm-sim-steps/1): errors per model and kind of step, and over all.
FOLDER holds tables of single layers' kernels (dense.csv, per_sequence.csv, attention.csv): errors per operator, and of
steps put together from the tables. Device, model and degree of tensor parallelism are read from the folder's name
(such as rtx4090-llama-3.1-8b or rtxpro6000-qwen3-32b-tp2) unless they are given.

Errors are given over all rows and over those held out: about every fifth, by a hash of what the row is. No profile that
is fitted to such tables saw them (see docs/calibration.md).

  --device ID   ${Object.keys(devices).join('|')}
  --fit         fits the operators anew to the rows that are not held out, starting from the device's datasheet
  --json        one JSON object
`;

/** Rows with the largest errors that are listed. */
const WORST = 8;

export const predictCommand: Command = {
  name: 'predict',
  summary: 'holds the cost model against measured steps and kernels',
  help,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args,
      options: {
        device: { type: 'string' },
        model: { type: 'string' },
        tp: { type: 'string' },
        fit: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
      allowPositionals: true,
    });
    if (positionals.length !== 1)
      throw new Failure('FILE: expected one file of measured steps, or one folder of tables');
    const [path] = positionals;
    const isFolder = await stat(path).then(
      (found) => found.isDirectory(),
      () => false,
    );
    const report = isFolder ? await predictFolder(path, values) : await predictFile(path, values.device);
    if (values.json) io.out(`${JSON.stringify(jsonOf(report))}\n`);
    else print(report, io);
    return 0;
  },
};

interface Report extends Outcomes {
  readonly title: string;
  readonly device: DeviceProfile;
  /** Launched by the host, where that was measured too. */
  readonly eager?: EagerOutcomes;
}

async function predictFile(path: string, deviceName: string | undefined): Promise<Report> {
  const expected = 'a file of measured steps (llm-sim-steps/1), or a folder of tables';
  const text = await readText(path, expected);
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw new Failure(`${path}:${lineOfJsonMistake(text)}: not JSON, expected ${expected}`);
  }
  const parsed = v.safeParse(stepFile, content);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new Failure(`${path}: ${v.getDotPath(issue) ?? 'file'}: found ${issue.received}, expected ${expected}`);
  }
  const table = readSteps(parsed.output);
  const device = deviceName === undefined ? deviceNamed(table.deviceName) : readDevice(deviceName);
  const eager = table.steps.some((step) => step.eagerUs !== null) ? eagerOutcomes(table, device) : undefined;
  return { ...stepOutcomes(table, device), title: basename(path), device, eager };
}

/** The device that a file of steps names, such as "NVIDIA H200". */
function deviceNamed(name: string): DeviceProfile {
  const found = Object.values(devices).find((device) => name !== '' && device.name.startsWith(name));
  if (found === undefined) throw new Failure(`--device: missing, and the file's ${quote(name)} is not a known device`);
  return found;
}

function readDevice(id: string): DeviceProfile {
  if (!Object.hasOwn(devices, id))
    throw new Failure(`--device: found ${quote(id)}, ${meant(id, Object.keys(devices), 'glossary device')}`);
  return devices[id as DeviceId];
}

interface FolderOptions {
  readonly device?: string;
  readonly model?: string;
  readonly tp?: string;
  readonly fit: boolean;
}

async function predictFolder(path: string, options: FolderOptions): Promise<Report> {
  const title = basename(resolve(path));
  const named = readFolderName(title);
  const tp = options.tp === undefined ? named.tp : Number(options.tp);
  const modelId = options.model ?? named.model;
  if (modelId === undefined || !Object.hasOwn(models, modelId))
    throw new Failure(
      `--model: found ${quote(modelId ?? '')}, ${meant(modelId ?? '', Object.keys(models), 'glossary model')}`,
    );
  const whole = models[modelId as ModelId];
  if (!Number.isInteger(tp) || tp < 1 || !canSplit(whole, tp))
    throw new Failure(
      `--tp: found ${quote(String(options.tp ?? tp))}, expected a number of devices that can share ${whole.name}`,
    );
  const deviceId = options.device ?? named.device;
  if (deviceId === undefined) throw new Failure(`--device: missing, and ${quote(title)} does not begin with one`);
  const known = readDevice(deviceId);
  const tables = await readLayerTables(path, title);
  const model = rankModel(whole, tp);
  const device = options.fit ? { ...known, operators: fitLayers([{ tables, model }], sheetOf(known)) } : known;
  return { ...layerOutcomes(tables, model, device), title, device };
}

/** Device, model and ranks from a name such as `rtxpro6000-qwen3-32b-tp2`; devices are written without hyphens there. */
function readFolderName(name: string): { readonly device?: string; readonly model?: string; readonly tp: number } {
  const [, rest, ranks] = /^(.*?)(?:-tp(\d+))?$/.exec(name) ?? ['', name, undefined];
  const tp = ranks === undefined ? 1 : Number(ranks);
  const at = rest.indexOf('-');
  const device = Object.keys(devices).find((id) => id.replaceAll('-', '') === rest.slice(0, at));
  const model = Object.keys(models).find((id) => id === rest.slice(at + 1));
  return { device, model, tp };
}

/** Errors of a group, over all its rows and over those that were held out. */
interface GroupErrors {
  readonly group: string;
  readonly all: ErrorSummary;
  readonly heldOut: ErrorSummary;
}

function groupErrors(rows: readonly Outcome[]): GroupErrors[] {
  const groups = new Map<string, Outcome[]>();
  for (const row of rows) {
    for (const group of row.groups) {
      const list = groups.get(group);
      if (list === undefined) groups.set(group, [row]);
      else list.push(row);
    }
  }
  return [...groups].map(([group, list]) => ({
    group,
    all: summarise(list.map((row) => row.error)),
    heldOut: summarise(list.filter((row) => row.isHeldOut).map((row) => row.error)),
  }));
}

function worstOf(rows: readonly Outcome[]): Outcome[] {
  return [...rows].sort((a, b) => Math.abs(b.error) - Math.abs(a.error)).slice(0, WORST);
}

/** How often each reason keeps rows from being predicted, with one of them as an example. */
function reasonsOf(unpredicted: readonly Unpredicted[]) {
  const reasons = new Map<string, { rows: number; example: string }>();
  for (const { label, reason } of unpredicted) {
    const known = reasons.get(reason);
    if (known === undefined) reasons.set(reason, { rows: 1, example: label });
    else known.rows++;
  }
  return [...reasons].map(([reason, { rows, example }]) => ({ reason, rows, example }));
}

function jsonOf({ title, device, rows, unpredicted, eager }: Report) {
  return {
    source: title,
    device: device.id,
    groups: groupErrors(rows),
    worst: worstOf(rows),
    unpredicted: reasonsOf(unpredicted),
    ...(eager === undefined
      ? {}
      : { eager: { launchUsPerLayer: eager.launchUsPerLayer, groups: groupErrors(eager.rows) } }),
  };
}

function print({ title, device, rows, unpredicted, eager }: Report, io: Terminal): void {
  io.out(`${title} on ${device.name}\n\n${tableOf(groupErrors(rows))}`);
  io.out(`\nLargest errors\n`);
  for (const { label, us, predictedUs, error, isHeldOut } of worstOf(rows))
    io.out(
      `  ${signedPercent(error).padStart(8)}  ${label}: measured ${count(round(us))} us, predicted ${count(round(predictedUs))} us${isHeldOut ? ', held out' : ''}\n`,
    );
  if (eager !== undefined) {
    const launches = Object.entries(eager.launchUsPerLayer).map(([ranks, us]) => `${round(us)} us a layer on ${ranks}`);
    io.out(
      `\nLaunched operator by operator: the host takes ${launches.join(', ')}\n${tableOf(groupErrors(eager.rows))}`,
    );
  }
  const reasons = reasonsOf(unpredicted);
  io.out(reasons.length === 0 ? '\nEvery row was predicted.\n' : '\nNot predicted\n');
  for (const { reason, rows: n, example } of reasons) io.out(`  ${count(n)} rows: ${reason} (such as ${example})\n`);
}

const round = (us: number): number => (us < 100 ? Math.round(us * 10) / 10 : Math.round(us));

function tableOf(groups: readonly GroupErrors[]): string {
  const cells = ({ count: rows, median, p95, worst, bias }: ErrorSummary): string[] =>
    rows === 0
      ? ['0', '-', '-', '-', '-']
      : [count(rows), percent(median), percent(p95), percent(worst), signedPercent(bias)];
  const heads = ['rows', 'median', 'P95', 'worst', 'bias'];
  const lines = [
    ['', ...heads, ...heads.map((head) => `held out: ${head}`.slice(0, 16))],
    ...groups.map(({ group, all, heldOut }) => [group, ...cells(all), ...cells(heldOut)]),
  ];
  const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  return lines
    .map(
      (line) =>
        `${line
          .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
