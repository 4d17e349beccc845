import type { HeadlineRow, RowResult } from './entry.ts';
import type { Probe } from './probe.ts';

/** Measures one row. */
export function runRow(row: HeadlineRow, probe: Probe): RowResult {
  const before = probe.runs;
  const { ours, sides } = row.measure(probe, row.sides);
  return {
    id: row.id,
    ours: rounded(ours),
    sides: sides.map((side) => ({ ...side, value: rounded(side.value) })),
    runs: probe.runs - before,
  };
}

/** Four significant digits: more than a comparison with a publication needs, and short in a file. */
function rounded(x: number): number {
  return Number(x.toPrecision(4));
}

/** Rows whose id is one of `only`, or begins with one (`H2` = all of H2); all without. */
export function chosenRows(rows: readonly HeadlineRow[], only: readonly string[]): readonly HeadlineRow[] {
  if (only.length === 0) return rows;
  return rows.filter(({ id }) => only.some((name) => id === name || id.startsWith(`${name}-`)));
}
