import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { devices } from '../sim/gpu/device.ts';
import { models } from '../sim/gpu/model.ts';
import { rankModel } from '../sim/gpu/tensor-parallel.ts';
import type { Command, Terminal } from './command.ts';
import { Failure, quote } from './failure.ts';
import { fitH200, operatorFile } from './fit/h200.ts';
import { fitLayers, type ModelTables } from './fit/layers.ts';
import { fitLinks, linkFile } from './fit/links.ts';
import { fitPublished, publishedDevices, publishedFits } from './fit/published.ts';
import { sheetOf } from './fit/sheets.ts';
import { percent } from './format.ts';
import { readText } from './load.ts';
import { type ErrorSummary, summarise } from './measured/errors.ts';
import { FOLDS, foldOf } from './measured/held-out.ts';
import { readLayerTables } from './measured/layer-tables.ts';
import { layerOutcomes, type Outcome, stepOutcomes } from './measured/outcomes.ts';
import { readSteps, stepFile } from './measured/steps.ts';

const help = `Usage: fit FOLDER [DEVICE]... [--json]

Fits the coefficients of device profiles to measurements, and prints them with their errors. What it prints is what
src/sim/gpu/profiles holds. Same input, same output.

FOLDER holds h200.json and h200_steps.json (operators and whole steps of an H200), gpu_fits.json (fits of published tables:
A100, H100), and tables of single layers' kernels in rtx4090-llama-3.1-8b, rtxpro6000-llama-3.1-8b and
rtxpro6000-qwen3-32b-tp2. About every fifth row of steps and tables, by a hash of what it is, is held out. nvlink-h200.json
holds collective operations and copies of two hosts: one is fitted to, the other held out.

DEVICE is h200, a100-80, h100, rtx-4090, rtx-pro-6000 or nvlink; left out: all of them.
`;

/** What a fit found, and how far it is from what it was compared with. */
interface Fit {
  readonly coefficients: unknown;
  readonly errors: readonly { readonly group: string; readonly summary: ErrorSummary }[];
}

export const fitCommand: Command = {
  name: 'fit',
  summary: 'fits device profiles to measured tables',
  help,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args,
      options: { json: { type: 'boolean', default: false } },
      allowPositionals: true,
    });
    const [folder, ...named] = positionals;
    if (folder === undefined) throw new Failure('FOLDER: missing, expected the folder of measurements');
    const fits: Readonly<Record<string, (folder: string) => Promise<Fit>>> = {
      h200: fitMeasured,
      'a100-80': (from) => fitFromPublished(from, 'a100-80'),
      h100: (from) => fitFromPublished(from, 'h100'),
      'rtx-4090': (from) => fitFromTables(from, 'rtx-4090'),
      'rtx-pro-6000': (from) => fitFromTables(from, 'rtx-pro-6000'),
      nvlink: fitNvlink,
    };
    for (const id of named) {
      if (!Object.hasOwn(fits, id))
        throw new Failure(`DEVICE: found ${quote(id)}, expected ${Object.keys(fits).join('|')}`);
    }
    const found: Record<string, Fit> = {};
    for (const id of named.length === 0 ? Object.keys(fits) : named) {
      const fit = await fits[id](folder);
      found[id] = fit;
      if (!values.json) print(id, fit, io);
    }
    if (values.json) io.out(`${JSON.stringify(found)}\n`);
    return 0;
  },
};

function print(id: string, { coefficients, errors }: Fit, io: Terminal): void {
  io.out(`${id}\n${JSON.stringify(coefficients, null, 2)}\n`);
  const width = Math.max(...errors.map(({ group }) => group.length));
  for (const { group, summary } of errors) {
    const { count, median, p95, worst, bias } = summary;
    io.out(
      `  ${group.padEnd(width)}  n ${count}, median ${percent(median)}, P95 ${percent(p95)}, worst ${percent(worst)}, bias ${percent(bias)}\n`,
    );
  }
  io.out('\n');
}

/** Reads a JSON file of the folder and checks as much of it as the fit uses. */
async function readJson<S extends v.GenericSchema>(folder: string, name: string, schema: S): Promise<v.InferOutput<S>> {
  const path = join(folder, name);
  const parsed = v.safeParse(schema, JSON.parse(await readText(path, `${name}: see fit --help`)));
  if (!parsed.success)
    throw new Failure(`${path}: ${v.getDotPath(parsed.issues[0]) ?? 'file'}: ${parsed.issues[0].message}`);
  return parsed.output;
}

/** The rows of a group; every row counts in all its groups. */
function summaries(rows: readonly Outcome[], name: (group: string) => string): Fit['errors'] {
  const groups = [...new Set(rows.flatMap((row) => row.groups))];
  return groups.map((group) => ({
    group: name(group),
    summary: summarise(rows.filter((row) => row.groups.includes(group)).map((row) => row.error)),
  }));
}

/**
 * The profile is the fit that left out fold 0. What a step that no constant saw has to expect is said by five fits,
 * each of which left out another fifth: all steps are predicted once, by a fit that had not seen them.
 */
async function fitMeasured(folder: string): Promise<Fit> {
  const file = await readJson(folder, 'h200.json', operatorFile);
  const table = readSteps(await readJson(folder, 'h200_steps.json', stepFile));
  const parts = Array.from({ length: FOLDS }, (_, left) => fitH200(file, table, devices.h200, left));
  const unseen = parts.flatMap(({ operators, fp8 }, left) => {
    const device = {
      ...devices.h200,
      operators,
      lowPrecision: { fp8: { gain: 2, gemm: fp8 }, int8: null },
    };
    const steps = table.steps.filter((step) => foldOf(step.label) === left);
    return stepOutcomes({ ...table, steps }, device).rows;
  });
  return { coefficients: parts[0], errors: summaries(unseen, (group) => `never seen, ${group}`) };
}

async function fitNvlink(folder: string): Promise<Fit> {
  const { errors, ...coefficients } = fitLinks(await readJson(folder, 'nvlink-h200.json', linkFile));
  return { coefficients, errors };
}

async function fitFromPublished(folder: string, id: keyof typeof publishedDevices): Promise<Fit> {
  const fits = await readJson(folder, 'gpu_fits.json', publishedFits);
  const { operators, errors } = fitPublished(fits, publishedDevices[id]);
  const groups = Object.entries(errors).filter(([, list]) => list.length > 0);
  return {
    coefficients: operators,
    errors: [
      ...groups.map(([kind, list]) => ({ group: `layers put together, ${kind}`, summary: summarise(list) })),
      { group: 'layers put together, all', summary: summarise(Object.values(errors).flat()) },
    ],
  };
}

/** Tables of vLLM's kernels, by the device that they are of. */
const tablesOf = {
  'rtx-4090': [['rtx4090-llama-3.1-8b', 'llama-3.1-8b', 1]],
  'rtx-pro-6000': [
    ['rtxpro6000-llama-3.1-8b', 'llama-3.1-8b', 1],
    ['rtxpro6000-qwen3-32b-tp2', 'qwen3-32b', 2],
  ],
} as const;

async function fitFromTables(folder: string, id: keyof typeof tablesOf): Promise<Fit> {
  const sets: ModelTables[] = [];
  for (const [name, model, tp] of tablesOf[id]) {
    sets.push({ tables: await readLayerTables(join(folder, name), name), model: rankModel(models[model], tp) });
  }
  const operators = fitLayers(sets, sheetOf(devices[id]));
  const device = { ...devices[id], operators };
  const heldOut = sets
    .flatMap(({ tables, model }) => layerOutcomes(tables, model, device).rows)
    .filter((r) => r.isHeldOut);
  return { coefficients: operators, errors: summaries(heldOut, (group) => `held out, ${group}`) };
}
