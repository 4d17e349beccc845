/** Which format a file has, by its content: the first line that is not empty decides. Names of files tell nothing. */

import type { Problem } from '../../scenario/problem.ts';
import type { TraceFormat } from '../trace.ts';
import { AZURE_COLUMNS, azureColumns, azureImporter } from './azure.ts';
import type { Importer } from './importer.ts';
import { isMooncake, MOONCAKE_BLOCK_TOKENS, mooncakeImporter } from './mooncake.ts';
import { shorten } from './rows.ts';

/** For messages. */
export const KNOWN_FORMATS = 'Azure LLM CSV, Mooncake JSONL';

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
  if (text.startsWith('{')) return detectJson(text, where, line);
  const columns = azureColumns(text);
  if ('at' in columns) {
    return { format: 'azure', importer: azureImporter(columns.at), isRow: false, blockTokens: 0 };
  }
  // A piece cut out of a larger file has no header; its first field is a date.
  if (/^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[^,]*,\s*\d+\s*,\s*\d+\s*$/.test(text)) {
    return { format: 'azure', importer: azureImporter([0, 1, 2]), isRow: true, blockTokens: 0 };
  }
  const found = shorten(text);
  if (text.includes(',')) {
    const field = columns.missing.join(', ');
    return { code: 'wrong-columns', where, line, field, found, expected: AZURE_COLUMNS.join(',') };
  }
  return { code: 'unknown-format', where, line, found, expected: KNOWN_FORMATS };
}

function detectJson(text: string, where: string, line: number): Detected | Problem {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { code: 'unknown-format', where, line, found: shorten(text), expected: KNOWN_FORMATS };
  }
  if (isMooncake(value)) {
    return { format: 'mooncake', importer: mooncakeImporter, isRow: true, blockTokens: MOONCAKE_BLOCK_TOKENS };
  }
  const found = shorten(Object.keys(value as object).join(', '));
  return { code: 'wrong-columns', where, line, found, expected: 'timestamp, input_length, output_length, hash_ids' };
}
