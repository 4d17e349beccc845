/** Which format a file has, by its content: the first line that is not empty decides. Names of files tell nothing. */

import { firstCharacters, type Problem } from '../../scenario/problem.ts';
import type { TraceFormat } from '../trace.ts';
import { AZURE_COLUMNS, azureColumns, azureImporter } from './azure.ts';
import type { Importer } from './importer.ts';
import { isMooncake, MOONCAKE_BLOCK_TOKENS, mooncakeImporter } from './mooncake.ts';
import { shorten } from './rows.ts';

/** For messages. */
const KNOWN_FORMATS = 'Azure LLM CSV, Mooncake JSONL, or a scenario file';

export interface Detected {
  readonly format: TraceFormat;
  readonly importer: Importer;
  /** Whether the line that decided is a request too, not a header. */
  readonly isRow: boolean;
  readonly blockTokens: number;
}

/** The format of a file that begins with `firstLine`, or why it is none that can be read. */
export function detect(firstLine: string, where: string, line: number): Detected | Problem {
  const text = firstLine.trim();
  if (/^[{[]/.test(text)) return detectJson(text, where, line);
  const columns = azureColumns(text);
  if ('at' in columns) {
    return { format: 'azure', importer: azureImporter(columns.at), isRow: false, blockTokens: 0 };
  }
  // A piece cut out of a larger file has no header; its first field is a date.
  if (/^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[^,]*,\s*\d+\s*,\s*\d+\s*$/.test(text)) {
    return { format: 'azure', importer: azureImporter([0, 1, 2]), isRow: true, blockTokens: 0 };
  }
  const found = shorten(text);
  if (isHeader(text)) {
    const field = columns.missing.join(', ');
    return { code: 'wrong-columns', where, line, field, found, expected: AZURE_COLUMNS.join(',') };
  }
  return unknownFile(text, where);
}

/** Whether a line names columns, of whatever: sentences have commas too. */
function isHeader(text: string): boolean {
  const fields = text.split(',');
  return fields.length > 1 && fields.every((field) => /^\s*\S+(\s+\S+){0,2}\s*$/.test(field));
}

/** A file of no kind that is read here, by how it begins. */
export function unknownFile(start: string, where: string): Problem {
  return { code: 'unknown-file', where, found: firstCharacters(start), expected: KNOWN_FORMATS };
}

function detectJson(text: string, where: string, line: number): Detected | Problem {
  // What is no value by itself has been found to be a document (`document.ts`).
  const value: unknown = JSON.parse(text);
  if (isMooncake(value)) {
    return { format: 'mooncake', importer: mooncakeImporter, isRow: true, blockTokens: MOONCAKE_BLOCK_TOKENS };
  }
  if (Array.isArray(value)) return unknownFile(text, where);
  const found = shorten(Object.keys(value as object).join(', '));
  return { code: 'wrong-columns', where, line, found, expected: 'timestamp, input_length, output_length, hash_ids' };
}
