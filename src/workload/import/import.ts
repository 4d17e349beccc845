import type { Problem } from '../../scenario/problem.ts';
import type { Trace } from '../trace.ts';
import { type Detected, detect, unknownFile } from './detect.ts';
import { JsonDocument } from './document.ts';
import { LineSplitter } from './lines.ts';
import { RowCollector } from './rows.ts';
import { nextTask, textPieces } from './text.ts';

export interface ImportOptions {
  /** Name of the file, for messages. */
  readonly name: string;
  /** Size of the file, for progress; 0 if unknown. */
  readonly totalBytes: number;
  /** Called now and then with the share of the file read, 0 to 1 (0 if its size is unknown), and the rows so far. */
  readonly onProgress?: (fraction: number, rows: number) => void;
  /** Aborting it makes the import reject with its reason. */
  readonly signal?: AbortSignal;
}

export type ImportResult =
  | { readonly ok: true; readonly trace: Trace }
  /** It is no trace by itself but a JSON document: the text, which `decodeFile` reads if it is a scenario file of ours. */
  | { readonly ok: true; readonly document: string }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Reads a trace of any known format, gzip or plain, in one pass; of a JSON document the text. Unreadable lines are left out and reported; a file
 * without a single good row fails. What is wrong with a file is returned, never thrown.
 */
export async function importTrace(
  chunks: AsyncIterable<string | Uint8Array>,
  options: ImportOptions,
): Promise<ImportResult> {
  const { name, totalBytes, onProgress, signal } = options;
  const rows = new RowCollector(name);
  let detected: Detected | null = null;
  let fatal: Problem | null = null;

  const lines = new LineSplitter(
    (text, line) => {
      if (fatal !== null || text.trim() === '') return;
      if (detected === null) {
        const answer = detect(text, name, line);
        if ('code' in answer) {
          fatal = answer;
          return;
        }
        detected = answer;
        if (!answer.isRow) return;
      }
      detected.importer.line(text, line, rows);
    },
    (line, start) => {
      if (detected === null) fatal = unknownFile(start, name);
      else rows.drop(line, 'line', '...', '\\n');
    },
  );

  const document = new JsonDocument();
  signal?.throwIfAborted();
  try {
    for await (const { text, bytesRead } of textPieces(chunks)) {
      const rest = document.push(text);
      if (rest !== '') lines.push(rest);
      if (fatal !== null || document.isTooLong) break;
      onProgress?.(totalBytes > 0 ? Math.min(1, bytesRead / totalBytes) : 0, rows.rows);
      await nextTask();
      signal?.throwIfAborted();
    }
  } catch (error) {
    if (signal?.aborted === true) throw error;
    // A damaged archive or a file that cannot be read any further: half a trace would pass for a whole one.
    const found = error instanceof Error ? error.message : String(error);
    const line = lines.line + 1;
    return { ok: false, problems: [{ code: 'bad-line', where: name, line, field: 'file', found, expected: 'EOF' }] };
  }
  lines.push(document.end());
  if (document.isTooLong) return { ok: false, problems: [unknownFile(document.text, name)] };
  if (document.is === true) return { ok: true, document: document.text };
  lines.end();

  if (fatal !== null) return { ok: false, problems: [fatal] };
  if (detected === null) return { ok: false, problems: [{ code: 'empty-file', where: name }] };
  const { format, blockTokens }: Detected = detected;
  if (rows.rows === 0) return { ok: false, problems: [{ code: 'no-rows', where: name }, ...rows.firstProblems] };
  return { ok: true, trace: rows.finish(format, blockTokens) };
}
