/** A panel as a table and as text: plain data that can be sorted and copied. */

export interface Cell {
  readonly text: string;
  /** What rows are sorted by. */
  readonly value: number | string;
}

export interface Row {
  readonly cells: readonly Cell[];
  /** What the row is about, so that it can be selected or gone to; -1 = nothing. */
  readonly request: number;
  readonly step: number;
}

export interface Sheet {
  readonly text: string;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

export interface Sorting {
  readonly column: number;
  readonly isDescending: boolean;
}

export function sorted(rows: readonly Row[], by: Sorting | null): readonly Row[] {
  if (by === null) return rows;
  const way = by.isDescending ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [x, y] = [a.cells[by.column].value, b.cells[by.column].value];
    return x === y ? 0 : way * (x < y ? -1 : 1);
  });
}

/** As spreadsheets take it: tabs between cells, a line a row. */
export function toText({ columns, rows }: Pick<Sheet, 'columns' | 'rows'>): string {
  const clean = (text: string) => text.replace(/[\t\n]/g, ' ').replaceAll('\u00a0', ' ');
  return [columns, ...rows.map(({ cells }) => cells.map(({ text }) => text))]
    .map((line) => line.map(clean).join('\t'))
    .join('\n');
}
