/**
 * Tables of single layers' kernels, as LLMServingSim's authors publish them for vLLM: `dense.csv` (layer, tokens),
 * `per_sequence.csv` (layer, sequences) and `attention.csv` (one chunk and some equal decodes), microseconds of one layer.
 */

import { Failure } from '../failure.ts';
import { readText } from '../load.ts';

/** Time of one kernel of the layer named `layer`, for `size` tokens or sequences. */
export interface LayerRow {
  readonly layer: string;
  readonly size: number;
  readonly us: number;
  readonly key: string;
}

/** One attention call: `fresh` new tokens behind `cached` ones (0 = no chunk), and `decodes` of `context` tokens each. */
export interface AttentionRow {
  readonly fresh: number;
  readonly cached: number;
  readonly decodes: number;
  readonly context: number;
  readonly us: number;
  readonly key: string;
}

export interface LayerTables {
  readonly name: string;
  readonly dense: readonly LayerRow[];
  readonly perSequence: readonly LayerRow[];
  readonly attention: readonly AttentionRow[];
}

/** @param name of the folder: part of the key that decides which rows are held out */
export async function readLayerTables(folder: string, name: string): Promise<LayerTables> {
  const rows = (file: string, header: string) => readRows(`${folder}/${file}`, header);
  const [dense, perSequence, attention] = await Promise.all([
    rows('dense.csv', 'layer,tokens,time_us'),
    rows('per_sequence.csv', 'layer,sequences,time_us'),
    rows('attention.csv', 'prefill_chunk,kv_prefill,n_decode,kv_decode,time_us'),
  ]);
  const layerRow = ([layer, size, us]: readonly string[]): LayerRow => ({
    layer,
    size: Number(size),
    us: Number(us),
    key: `${name} ${layer} ${Number(size)}`,
  });
  return {
    name,
    dense: dense.map(layerRow),
    perSequence: perSequence.map(layerRow),
    attention: attention.map((cells) => {
      const [fresh, cached, decodes, context, us] = cells.map(Number);
      return { fresh, cached, decodes, context, us, key: `${name} attention ${fresh} ${cached} ${decodes} ${context}` };
    }),
  };
}

async function readRows(path: string, header: string): Promise<string[][]> {
  const [first, ...lines] = (await readText(path, header)).trim().split(/\r?\n/);
  if (first.trim() !== header) throw new Failure(`${path}:1: found ${first.slice(0, 60)}, expected ${header}`);
  const width = header.split(',').length;
  return lines.map((line, i) => {
    const cells = line.split(',');
    const isNumeric = cells.slice(header.startsWith('layer') ? 1 : 0).every((cell) => Number.isFinite(Number(cell)));
    if (cells.length !== width || !isNumeric || !(Number(cells[width - 1]) > 0))
      throw new Failure(`${path}:${i + 2}: found ${line.slice(0, 60)}, expected ${header}`);
    return cells;
  });
}

/**
 * Reads a layer's time at the smallest size of its table that is not below the one asked for; `undefined` beyond the
 * table, or if there is no such layer. Times jump between sizes, so lines between them would show what no kernel takes.
 */
export function lookUp(rows: readonly LayerRow[]): (layer: string, size: number) => LayerRow | undefined {
  const columns = new Map<string, LayerRow[]>();
  for (const row of rows) {
    const column = columns.get(row.layer);
    if (column === undefined) columns.set(row.layer, [row]);
    else column.push(row);
  }
  for (const column of columns.values()) column.sort((a, b) => a.size - b.size);
  return (layer, size) => columns.get(layer)?.find((row) => row.size >= size);
}
