/**
 * Mixture of experts: which weights a step reads and how many rows each expert gets.
 *
 * Routing is taken to be uniform and independent: each token chooses its experts by chance, all alike, and every expert
 * that is met gets about the same number of rows. Real routers are less even, which touches fewer experts with more rows each.
 *
 * No constant was fitted here: the device's coefficients are those of its dense products. Against grouped products measured
 * on an H200 with random routing: `experts.test.ts`.
 */

import { type GemmCoefficients, smoothMax, streamUs } from './operators.ts';

/**
 * Experts of a layer that `tokens` tokens meet, expected: count (1 - (1 - perToken / count)^tokens). The power by
 * squaring, so that it has the same bits everywhere.
 */
export function distinctExperts(count: number, perToken: number, tokens: number): number {
  let missed = 1;
  let square = 1 - perToken / count;
  for (let rest = tokens; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) missed *= square;
    square *= square;
  }
  return count * (1 - missed);
}

/** Rows of the smallest tile of the tensor cores' products. */
const LEAST_TILE_ROWS = 16;

/**
 * Rows that an expert with `rows` rows on average pays for. Kernels of grouped products choose their tile by the rows an
 * expert gets (16 up to the dense kernel's; vLLM, `get_default_config` in `fused_moe.py`), and no other work fills an
 * expert's last tile, which is half empty on average since the rows of experts vary by chance.
 */
export function paidRows(rows: number, mostTileRows: number): number {
  let tile = Math.min(LEAST_TILE_ROWS, mostTileRows);
  while (tile < rows && 2 * tile <= mostTileRows) tile *= 2;
  return Math.max(tile, rows + tile / 2);
}

/** What a grouped product of [rows of each expert, k] and its [k, n] takes. */
export interface GroupedTime {
  readonly memoryUs: number;
  readonly computeUs: number;
  readonly us: number;
}

/**
 * One launch for all experts: the weights of those that are met are read once, start and end of the pipeline are paid once.
 * @param rows of all experts together: tokens times experts a token
 * @param weightBytes,rowBytes of one element
 */
export function groupedGemm(
  c: GemmCoefficients,
  met: number,
  rows: number,
  k: number,
  n: number,
  weightBytes: number,
  rowBytes: number,
): GroupedTime {
  const paid = met === 0 ? 0 : met * paidRows(rows / met, c.tileRows);
  const memoryUs = streamUs(weightBytes * met * k * n + rowBytes * rows * (k + n), c);
  const computeUs = (2 * k * n * (paid + c.wastedRows)) / (c.flopsPerS * 1e-6);
  return { memoryUs, computeUs, us: c.fixedUs + smoothMax(memoryUs, computeUs) };
}
