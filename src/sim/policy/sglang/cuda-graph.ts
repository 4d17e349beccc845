/**
 * Rows that a decode batch runs with as a CUDA graph: the next captured size, 1, 2, 4, 8, 12, then in steps of 8 up to 256,
 * of 16 up to 512 and of 32; with speculative decoding every size up to 8, then in steps of 2 up to 32, of 4 up to 64, of
 * 8 up to 256 and of 16 (`server_args.py`, cuda_graph_bs). Larger batches run as they are.
 */
export function graphRows(rows: number, most: number, speculates: boolean): number {
  if (rows > most) return rows;
  return Math.min(most, speculates ? speculativeSize(rows) : capturedSize(rows));
}

function capturedSize(rows: number): number {
  if (rows <= 2) return rows;
  if (rows <= 16) return Math.ceil(rows / 4) * 4;
  const step = rows <= 256 ? 8 : rows <= 512 ? 16 : 32;
  return Math.ceil(rows / step) * step;
}

function speculativeSize(rows: number): number {
  if (rows <= 8) return rows;
  const step = rows <= 32 ? 2 : rows <= 64 ? 4 : rows <= 256 ? 8 : 16;
  return Math.ceil(rows / step) * step;
}
