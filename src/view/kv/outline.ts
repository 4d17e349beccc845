import type { CellLayout } from './layout.ts';

/**
 * The border of the blocks with a mark, as straight pieces x0, y0, x1, y1 in pixels. Between two marked neighbours
 * there is no border, so a request's run of blocks has one ring.
 */
export function outline(layout: CellLayout, marks: Uint8Array, mark: number): number[] {
  const pieces: number[] = [];
  const { cellWidth, cellHeight, columns, rows, bands } = layout;
  for (let band = 0; band < bands; band++) {
    const first = band * columns * rows;
    const left = layout.x + band * layout.pitch;
    const isIn = (row: number, column: number) =>
      row >= 0 && row < rows && column >= 0 && column < columns && marks[first + row * columns + column] === mark;
    for (let row = 0; row <= rows; row++) {
      addRuns(
        columns,
        (i) => isIn(row, i) !== isIn(row - 1, i),
        (from, to) => {
          const y = layout.y + row * cellHeight;
          pieces.push(left + from * cellWidth, y, left + to * cellWidth, y);
        },
      );
    }
    for (let column = 0; column <= columns; column++) {
      addRuns(
        rows,
        (i) => isIn(i, column) !== isIn(i, column - 1),
        (from, to) => {
          const x = left + column * cellWidth;
          pieces.push(x, layout.y + from * cellHeight, x, layout.y + to * cellHeight);
        },
      );
    }
  }
  return pieces;
}

function addRuns(length: number, isIn: (i: number) => boolean, add: (from: number, to: number) => void): void {
  for (let i = 0; i < length; ) {
    if (!isIn(i)) {
      i++;
      continue;
    }
    let end = i + 1;
    while (end < length && isIn(end)) end++;
    add(i, end);
    i = end;
  }
}
