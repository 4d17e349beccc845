/**
 * A trace as a file of our own: one JSON object with the knobs of the scenario and the trace's columns, packed.
 *
 *   { "format": "tokenyard-scenario", "version": 1, "knobs": {...},
 *     "trace": { "name", "source", "rows", "droppedCount", "checksum",
 *                "arrivalUs", "promptTokens", "outputTokens",          each base64(deflate(varints)), see varint.ts
 *                "blocks": null | { "tokens", "distinct", "entries", "count" (a row), "id" } } }
 *
 * A "lecture" may stand beside the knobs, as plain data (`scenario/lecture-link.ts`).
 * The checksum covers the numbers of all columns: a damaged file is refused, never played.
 */

import { deflateSync, inflateSync } from 'fflate';
import { type Problem, shownText } from '../scenario/problem.ts';
import type { Result } from '../scenario/result.ts';
import { type Trace, type TraceBlocks, type TraceFormat, traceOf } from './trace.ts';
import { decodeColumn, encodeColumn } from './varint.ts';

export const TRACE_FILE_FORMAT = 'tokenyard-scenario';
const TRACE_FILE_VERSION = 1;
const FORMATS: readonly TraceFormat[] = ['azure', 'mooncake'];
/** Deflate packs at most 1,032 bytes into one, and each number of a column takes at least one byte. */
const MAX_DEFLATE_RATIO = 1032;
/** How every such file begins. */
export const TRACE_FILE_START = `{"format":"${TRACE_FILE_FORMAT}"`;

/** The file. `knobs` and `lecture` are any plain data; they come back as they are. */
export function encodeTraceFile(
  trace: Trace,
  knobs: Readonly<Record<string, unknown>>,
  lecture?: Readonly<Record<string, unknown>>,
): Uint8Array {
  const { name, format, rows, droppedCount } = trace;
  const columns = {
    arrivalUs: pack(trace.arrivalUs),
    promptTokens: pack(trace.promptTokens),
    outputTokens: pack(trace.outputTokens),
    blocks: trace.blocks === null ? null : packBlocks(trace.blocks),
  };
  const file = {
    format: TRACE_FILE_FORMAT,
    version: TRACE_FILE_VERSION,
    knobs,
    lecture,
    trace: { name, source: format, rows, droppedCount, checksum: checksum(trace), ...columns },
  };
  return new TextEncoder().encode(`${JSON.stringify(file)}\n`);
}

/** Reads the trace of such a file, whose text is so long; a file that holds none is none of these. `where` names it in problems. */
export function decodeTrace(
  { version, trace: packed }: Readonly<Record<string, unknown>>,
  textLength: number,
  where: string,
): Result<Trace> {
  const fail = (problem: Problem): Result<Trace> => ({ ok: false, problems: [{ where, ...problem }] });
  if (version !== TRACE_FILE_VERSION) {
    const code = typeof version === 'number' && version > TRACE_FILE_VERSION ? 'newer-version' : 'invalid-value';
    return fail({ code, field: 'version', found: shownText(version), expected: String(TRACE_FILE_VERSION) });
  }
  const trace = readTrace(packed, textLength * MAX_DEFLATE_RATIO);
  return 'code' in trace ? fail(trace) : { ok: true, value: trace };
}

/** `maxEntries` bounds what is allocated before a column is read. */
function readTrace(value: unknown, maxEntries: number): Trace | Problem {
  if (!isRecord(value)) return invalid('trace', value, '{...}');
  const { name, source, rows, droppedCount } = value;
  const format = FORMATS.find((known) => known === source);
  if (format === undefined) return invalid('trace.source', source, FORMATS.join(', '));
  if (typeof name !== 'string') return invalid('trace.name', name, 'text');
  if (!isCount(rows) || rows < 1 || rows > maxEntries) return invalid('trace.rows', rows, '>= 1');
  if (!isCount(droppedCount)) return invalid('trace.droppedCount', droppedCount, '>= 0');
  const arrivalUs = new Float64Array(rows);
  const promptTokens = new Int32Array(rows);
  const outputTokens = new Int32Array(rows);
  const columns = { arrivalUs, promptTokens, outputTokens };
  for (const [field, column] of Object.entries(columns)) {
    if (!unpack(value[field], column)) return invalid(`trace.${field}`, value[field], `${rows} numbers`);
  }
  if (arrivalUs.some((t, i) => t < (i === 0 ? 0 : arrivalUs[i - 1]))) {
    return { code: 'not-sorted', field: 'trace.arrivalUs' };
  }
  if (promptTokens.some((n) => n < 1)) return invalid('trace.promptTokens', '< 1', '>= 1');
  if (outputTokens.some((n) => n < 1)) return invalid('trace.outputTokens', '< 1', '>= 1');
  const blocks = value.blocks === null ? null : readBlocks(value.blocks, promptTokens, maxEntries);
  if (blocks !== null && 'code' in blocks) return blocks;
  const trace = traceOf({ name, format, ...columns, blocks, droppedCount, problems: [] });
  const sum = checksum(trace);
  return value.checksum === sum ? trace : invalid('trace.checksum', value.checksum, String(sum));
}

/** FNV-1a (Fowler, Noll, Vo) over the numbers of all columns, the large ones in two words. */
function checksum(trace: Trace): number {
  const { arrivalUs, promptTokens, outputTokens, blocks } = trace;
  const columns = [arrivalUs, promptTokens, outputTokens, ...(blocks === null ? [] : [blocks.start, blocks.id])];
  let sum = 0x811c9dc5;
  for (const column of columns) {
    for (let i = 0; i < column.length; i++) {
      sum = Math.imul(sum ^ Math.floor(column[i] / 2 ** 32), 0x01000193);
      sum = Math.imul(sum ^ (column[i] | 0), 0x01000193);
    }
  }
  return sum >>> 0;
}

function packBlocks(blocks: TraceBlocks) {
  const rows = blocks.start.length - 1;
  const count = Int32Array.from({ length: rows }, (_, r) => blocks.start[r + 1] - blocks.start[r]);
  const { tokens, distinct, id } = blocks;
  return { tokens, distinct, entries: id.length, count: pack(count), id: pack(id) };
}

function readBlocks(value: unknown, promptTokens: Int32Array, maxEntries: number): TraceBlocks | Problem {
  if (!isRecord(value)) return invalid('trace.blocks', value, '{...}');
  const { tokens, distinct, entries } = value;
  if (!isCount(tokens) || tokens < 1) return invalid('trace.blocks.tokens', tokens, '>= 1');
  if (!isCount(entries) || entries > maxEntries) return invalid('trace.blocks.entries', entries, '>= 0');
  if (!isCount(distinct) || distinct > entries) return invalid('trace.blocks.distinct', distinct, `0 .. ${entries}`);
  const count = new Int32Array(promptTokens.length);
  const id = new Int32Array(entries);
  if (!unpack(value.count, count)) return invalid('trace.blocks.count', value.count, `${count.length} numbers`);
  if (!unpack(value.id, id)) return invalid('trace.blocks.id', value.id, `${entries} numbers`);
  if (id.some((n) => n < 0 || n >= distinct)) return invalid('trace.blocks.id', 'id', `0 .. ${distinct - 1}`);
  const start = new Int32Array(count.length + 1);
  for (let r = 0; r < count.length; r++) {
    // All of a prompt is in blocks, or none of it.
    const wanted = count[r] === 0 ? 0 : Math.ceil(promptTokens[r] / tokens);
    if (count[r] !== wanted) return invalid('trace.blocks.count', count[r], String(wanted));
    start[r + 1] = start[r] + count[r];
  }
  if (start[count.length] !== entries) return invalid('trace.blocks.entries', entries, String(start[count.length]));
  return { tokens, start, id, distinct };
}

function pack(column: ArrayLike<number>): string {
  const bytes = deflateSync(encodeColumn(column));
  let text = '';
  // In slices: a call takes only so many arguments.
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}

function unpack(packed: unknown, into: Float64Array | Int32Array): boolean {
  if (typeof packed !== 'string') return false;
  try {
    const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
    return decodeColumn(inflateSync(bytes), into);
  } catch {
    // Not base64, or not deflate: the caller names the column.
    return false;
  }
}

function invalid(field: string, found: unknown, expected: string): Problem {
  const text = typeof found === 'string' ? found : (JSON.stringify(found) ?? 'undefined');
  return { code: 'invalid-value', field, found: text.length <= 40 ? text : `${text.slice(0, 37)}...`, expected };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
