/** SCENARIO and its options -> knobs and materials. */

import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Built, build, type Materials } from '../scenario/build.ts';
import { decodeFile } from '../scenario/file.ts';
import { isFleet, replicasOf } from '../scenario/fleet/knobs.ts';
import type { KnobEntry } from '../scenario/knob-entry.ts';
import type { Knobs, KnobValue } from '../scenario/knobs.ts';
import { decode } from '../scenario/link.ts';
import { findPreset, presetOf, presets } from '../scenario/presets.ts';
import type { Problem } from '../scenario/problem.ts';
import { findKnob, isRead, registry } from '../scenario/registry.ts';
import { expectation, parseValue, withChoice } from '../scenario/value.ts';
import { importTrace } from '../workload/import/import.ts';
import type { Trace } from '../workload/trace.ts';
import type { Terminal } from './command.ts';
import { Failure, meant, problemLine, quote } from './failure.ts';
import { deviceValue, modelValue } from './hardware.ts';

export interface ScenarioOptions {
  /** A preset's name, a link, or a scenario file. */
  readonly scenario: string;
  readonly trace?: string;
  readonly engine?: string;
  /** A name, or a file of one's own (`hardware.ts`). */
  readonly model?: string;
  readonly device?: string;
  /** `knob=value`, in order. */
  readonly set?: readonly string[];
}

export interface Loaded {
  readonly knobs: Knobs;
  readonly materials: Materials;
  /** What the sender of a link saw; left out where something was changed since. */
  readonly fingerprint?: string;
}

/** Reads everything that a scenario names. What is odd but usable is noted; what is wrong is a `Failure`. */
export async function loadScenario(options: ScenarioOptions, io: Terminal): Promise<Loaded> {
  const read = await readScenario(options.scenario, io);
  let { knobs, materials } = read;
  if (options.trace !== undefined) {
    materials = { ...materials, trace: await readTrace(options.trace, io) };
    const { rate, requests, workload } = presetOf('trace').knobs;
    knobs = { ...knobs, workload, rate, requests, clients: 0 };
  }
  const { engine, model, device, set = [] } = options;
  if (engine !== undefined) knobs = withText(knobs, '--engine', 'engine', engine);
  if (model !== undefined) knobs = withText(knobs, '--model', 'model', await modelValue(model, io));
  if (device !== undefined) knobs = withText(knobs, '--device', 'device', await deviceValue(device));
  const given = [options.trace, engine, model, device, ...set];
  const isChanged = given.some((option) => option !== undefined);
  return {
    knobs: withAssignments(knobs, set),
    materials,
    fingerprint: isChanged ? undefined : read.fingerprint,
  };
}

/** Builds a scenario; problems are a `Failure`. */
export function buildOrFail({ knobs, materials }: Loaded): Built {
  const built = build(knobs, materials);
  if (!built.ok) throw new Failure(built.problems.map(problemLine).join('; '));
  return built.value;
}

/** What looks into one engine does not say anything of a fleet. */
export function oneEngineOrFail({ knobs }: Loaded, option: string): void {
  if (isFleet(knobs))
    throw new Failure(`${option}: found replicas ${replicasOf(knobs)}, expected one engine (replicas=1)`);
}

async function readScenario(scenario: string, io: Terminal): Promise<Loaded> {
  const preset = findPreset(scenario);
  if (preset !== undefined) return { knobs: preset.knobs, materials: {} };
  if (scenario.includes('#') || scenario.startsWith('run?')) {
    const { knobs, view, problems } = decode(scenario);
    for (const problem of problems) io.note(problemLine(problem));
    return { knobs, materials: {}, fingerprint: view.fingerprint };
  }
  const names = presets.map(({ id }) => id);
  const text = await readText(scenario, `a link, a file or a preset: ${meant(scenario, names, 'run --help')}`);
  const file = decodeFile(text, scenario);
  if (!file.ok) throw new Failure(`${file.problems.map(problemLine).join('; ')}${elsewhere(file.problems)}`);
  for (const problem of file.value.problems) io.note(problemLine(problem));
  return { knobs: file.value.knobs, materials: { trace: file.value.trace } };
}

/** Reads a whole text file, or fails with what was expected of it. */
export async function readText(path: string, expected: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new Failure(`${quote(path)}: ${reasonOf(error)}, expected ${expected}`);
  }
}

async function readTrace(path: string, io: Terminal): Promise<Trace> {
  const size = await stat(path).catch((error) => {
    throw new Failure(`--trace: ${quote(path)}: ${reasonOf(error)}, expected a trace file`);
  });
  if (!size.isFile()) throw new Failure(`--trace: ${quote(path)}: not a file, expected a trace file`);
  const result = await importTrace(createReadStream(path), { name: basename(path), totalBytes: size.size });
  if (!result.ok) throw new Failure(result.problems.slice(0, 1).map(problemLine).join());
  const trace = 'trace' in result ? result.trace : traceOf(result.document, path);
  for (const problem of trace.problems.slice(0, 3)) io.note(problemLine(problem));
  if (trace.droppedCount > 0) io.note(`${trace.name}: ${trace.droppedCount} lines left out`);
  return trace;
}

/** The trace in a scenario file. */
function traceOf(text: string, path: string): Trace {
  const file = decodeFile(text, basename(path));
  if (!file.ok) throw new Failure(`${file.problems.map(problemLine).join('; ')}, or a trace of any known format`);
  if (file.value.trace !== undefined) return file.value.trace;
  throw new Failure(`--trace: ${quote(path)}: a scenario without a trace, expected a trace file`);
}

/** Which other kinds of files there are, and the options that read them, where a file is no scenario. */
function elsewhere(problems: readonly Problem[]): string {
  if (!problems.some(({ code }) => code === 'unknown-file' || code.endsWith('-json'))) return '';
  return '; other files: --trace reads a trace (Azure LLM CSV, Mooncake JSONL), --policy a policy, --model and --device one of your own';
}

/** Says which of the assignments change nothing, since the scenario reads no such knob: they belong to another engine, memory or workload. */
export function noteIdle({ knobs }: Loaded, set: readonly string[] | undefined, io: Terminal): void {
  for (const assignment of set ?? []) {
    const entry = findKnob(assignment.split('=')[0]);
    if (entry !== undefined && !isRead(entry, knobs))
      io.note(`--set: ${entry.name}: changes nothing here, since nobody reads it (engine ${knobs.engine})`);
  }
}

/** Sets knobs as `--set` does: `knob=value`, in order. */
export function withAssignments(knobs: Knobs, assignments: readonly string[]): Knobs {
  return assignments.reduce(assign, knobs);
}

function assign(knobs: Knobs, assignment: string): Knobs {
  const equals = assignment.indexOf('=');
  const name = equals < 0 ? assignment : assignment.slice(0, equals);
  if (equals < 0)
    throw new Failure(`--set: ${name}: found no value, expected ${expectation(knobOrFail('--set', name))}`);
  return withText(knobs, '--set', name, assignment.slice(equals + 1));
}

function withText(knobs: Knobs, option: string, name: string, text: string): Knobs {
  const entry = knobOrFail(option, name);
  return withChoice(knobs, entry.name, valueOrFail(option, entry, text));
}

/** The knob that an option names. */
export function knobOrFail(option: string, name: string): KnobEntry {
  const entry = findKnob(name);
  if (entry !== undefined) return entry;
  const names = registry().map((each) => each.name);
  throw new Failure(`${option}: ${quote(name)}: no such knob, ${meant(name, names, 'glossary')}`);
}

/** The value that an option gives a knob. */
export function valueOrFail(option: string, entry: KnobEntry, text: string): KnobValue {
  const parsed = parseValue(entry, text);
  if (parsed.ok) return parsed.value;
  const isName = entry.type === 'choice' && parsed.code === 'invalid-value';
  const command = entry.name === 'engine' ? 'engines' : `glossary ${entry.name}`;
  const wanted = isName ? meant(text, entry.choices, command) : `expected ${parsed.expected}`;
  const where = option === `--${entry.name}` ? option : `${option}: ${entry.name}`;
  throw new Failure(`${where}: found ${quote(text)}, ${wanted}`);
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (code === 'ENOENT') return 'not found';
  if (code === 'EISDIR') return 'is a folder';
  if (code === 'EACCES') return 'may not be read';
  return error instanceof Error ? error.message : String(error);
}
