/**
 * Scenario <-> file, for what is too large for a link. Plain JSON that a person can read and change:
 *
 *   { "format": "tokenyard-scenario", "version": 1, "knobs": { "preset": "azure-chat", "rate": 8, ... }, "trace": {...} }
 *
 * All knobs are written, and the lecture if there is one (`lecture-link.ts`). Those that are missing come from the preset; unknown ones are reported and have no effect. The
 * optional trace is described in `workload/trace-file.ts`.
 */

import * as v from 'valibot';
import type { Trace } from '../workload/trace.ts';
import { decodeTrace, encodeTraceFile, TRACE_FILE_FORMAT } from '../workload/trace-file.ts';
import { placeOfJsonMistake } from './json-line.ts';
import type { Knobs } from './knobs.ts';
import { type Lecture, lectureData } from './lecture-link.ts';
import { defaultPreset, findPreset, presetOf } from './presets.ts';
import { firstCharacters, type Problem, shownText } from './problem.ts';
import { findKnob, knobValue } from './registry.ts';
import type { Result } from './result.ts';
import { checkValue, withValue, writeValue } from './value.ts';
import { scenarioVersion } from './version.ts';

export interface ScenarioFile {
  readonly knobs: Knobs;
  readonly trace?: Trace;
  /** Plain data of a lecture, not checked yet. */
  readonly lecture?: unknown;
  /** What was odd but could be read all the same. */
  readonly problems: readonly Problem[];
}

const fileSchema = v.looseObject({
  format: v.literal(TRACE_FILE_FORMAT),
  version: v.pipe(v.number(), v.integer(), v.minValue(1)),
  knobs: v.record(v.string(), v.unknown()),
});

const expected = `JSON with "format": "${TRACE_FILE_FORMAT}"`;

/** The file of a scenario, and of its trace and lecture if there are any. */
export function encodeFile(knobs: Knobs, trace?: Trace, lecture?: Lecture): Uint8Array {
  const said = lecture === undefined ? undefined : lectureData(lecture);
  if (trace !== undefined) return encodeTraceFile(trace, { ...knobs }, said);
  const file = { format: TRACE_FILE_FORMAT, version: scenarioVersion, knobs, lecture: said };
  return new TextEncoder().encode(`${JSON.stringify(file, null, 2)}\n`);
}

/** Reads such a file. `where` names it in problems. */
export function decodeFile(text: string, where: string): Result<ScenarioFile> {
  if (text.trim() === '') return { ok: false, problems: [{ code: 'empty-file', where }] };
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return { ok: false, problems: [notJson(text, where)] };
  }
  const parsed = v.safeParse(fileSchema, content);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const field = v.getDotPath(issue) ?? 'file';
    if (field === 'format' || field === 'file')
      return { ok: false, problems: [{ code: 'unknown-file', where, found: firstCharacters(text), expected }] };
    const { received: found, expected: wanted } = issue;
    return { ok: false, problems: [{ code: 'invalid-value', where, field, found, expected: wanted ?? undefined }] };
  }
  const { version, knobs: values, trace: hasTrace, lecture } = parsed.output;
  const problems: Problem[] = [];
  if (version > scenarioVersion) {
    problems.push({
      code: 'newer-version',
      where,
      field: 'version',
      found: String(version),
      expected: `1..${scenarioVersion}`,
    });
  }
  const knobs = readKnobs(values, where, problems);
  if (hasTrace === undefined) return { ok: true, value: { knobs, lecture, problems } };
  const trace = decodeTrace(parsed.output, text.length, where);
  return trace.ok ? { ok: true, value: { knobs, trace: trace.value, lecture, problems } } : trace;
}

/** What begins like JSON is told where it ends to be that. */
function notJson(text: string, where: string): Problem {
  if (!/^\s*[{[]/.test(text)) return { code: 'unknown-file', where, found: firstCharacters(text), expected };
  const at = placeOfJsonMistake(text);
  const line = text.slice(0, at).split('\n').length;
  if (at === text.length) return { code: 'cut-json', where, line, expected };
  return { code: 'bad-json', where, line, found: firstCharacters(text.slice(at).split('\n', 1)[0]), expected };
}

/** Knobs from plain data. Wrong ones are reported and the preset's are used. */
function readKnobs(values: Readonly<Record<string, unknown>>, where: string, problems: Problem[]): Knobs {
  const named = values.preset;
  const preset = (typeof named === 'string' ? findPreset(named) : undefined) ?? presetOf(defaultPreset);
  if (named !== undefined && named !== preset.id) {
    problems.push({
      code: 'invalid-value',
      where,
      field: 'preset',
      found: shownText(named),
      expected: 'name of a preset',
      used: preset.id,
    });
  }
  let knobs = preset.knobs;
  for (const [name, value] of Object.entries(values)) {
    if (name === 'preset') continue;
    const entry = findKnob(name);
    if (entry === undefined) {
      problems.push({ code: 'unknown-key', where, field: name, found: shownText(value) });
      continue;
    }
    const checked = checkValue(entry, value);
    if (checked.ok) knobs = withValue(knobs, entry.name, checked.value);
    else {
      const used = writeValue(knobValue(preset.knobs, entry));
      problems.push({
        code: checked.code,
        where,
        field: name,
        found: shownText(value),
        expected: checked.expected,
        used,
      });
    }
  }
  return knobs;
}
