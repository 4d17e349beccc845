/**
 * Mooncake traces (Qin et al., FAST 2025): JSON lines with `timestamp` in milliseconds, `input_length`,
 * `output_length` and `hash_ids`, one id for each 512-token block of the prompt. An id stands for its block and all
 * before it, so equal leading ids are an equal beginning of the prompt.
 */

import type { Importer } from './importer.ts';
import { type RowCollector, shorten } from './rows.ts';

export const MOONCAKE_BLOCK_TOKENS = 512;

/**
 * Whether a parsed line has the fields of this format. `hash_ids` may be missing: then nothing is shared. Bailian traces
 * have the same fields and a `chat_id`, but count in seconds and blocks of 16: they must not be read as this.
 */
export function isMooncake(value: unknown): boolean {
  if (!isRecord(value) || 'chat_id' in value) return false;
  return 'timestamp' in value && 'input_length' in value && 'output_length' in value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export const mooncakeImporter: Importer = {
  line(text: string, line: number, rows: RowCollector) {
    const value = parse(text);
    if (!isRecord(value)) {
      rows.drop(line, 'JSON', text, '{...}');
      return;
    }
    const { timestamp, input_length: input, output_length: output, hash_ids: ids } = value;
    if (typeof timestamp !== 'number' || !Number.isFinite(timestamp)) {
      rows.drop(line, 'timestamp', display(timestamp), 'ms');
      return;
    }
    const promptTokens = typeof input === 'number' ? input : Number.NaN;
    if (!rows.isLength(line, 'input_length', promptTokens, display(input))) return;
    const outputTokens = typeof output === 'number' ? output : Number.NaN;
    if (!rows.isLength(line, 'output_length', outputTokens, display(output))) return;
    if (ids === undefined) {
      rows.add(line, timestamp * 1000, promptTokens, outputTokens);
      return;
    }
    const wanted = Math.ceil(promptTokens / MOONCAKE_BLOCK_TOKENS);
    if (!isIdList(ids) || ids.length !== wanted) {
      const found = Array.isArray(ids) ? `${ids.length} ids` : display(ids);
      rows.drop(line, 'hash_ids', found, `${wanted} ids = input_length / ${MOONCAKE_BLOCK_TOKENS}`);
      return;
    }
    rows.add(line, timestamp * 1000, promptTokens, outputTokens);
    for (const id of ids) rows.addBlock(id);
  },
};

function isIdList(value: unknown): value is readonly (number | string)[] {
  return Array.isArray(value) && value.every((id) => typeof id === 'number' || typeof id === 'string');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The caller reports the line as unreadable.
    return undefined;
  }
}

function display(value: unknown): string {
  return shorten(JSON.stringify(value) ?? '(missing)');
}
