import type { CellLayout } from './layout.ts';

/**
 * The border of the blocks with a mark, as straight pieces x0, y0, x1, y1 in pixels. Between two marked neighbours
 * there is no border, so a request's run of blocks has one ring. Costs no more than the marked blocks: few are.
 */
export function outline(layout: CellLayout, marks: Uint8Array, mark: number): number[] {
  const pieces: number[] = [];
  const { cellWidth, cellHeight, columns, rows } = layout;
  const perBand = columns * rows;
  for (let start = marks.indexOf(mark); start >= 0; ) {
    const band = Math.floor(start / perBand);
    const row = Math.floor((start - band * perBand) / columns);
    const column = start % columns;
    const rowEnd = start - column + columns;
    let end = start + 1;
    while (end < rowEnd && marks[end] === mark) end++;
    const left = layout.x + band * layout.pitch + column * cellWidth;
    const right = left + (end - start) * cellWidth;
    const top = layout.y + row * cellHeight;
    const bottom = top + cellHeight;
    addEdge(pieces, start, end, left, top, cellWidth, (i) => row === 0 || marks[i - columns] !== mark);
    addEdge(pieces, start, end, left, bottom, cellWidth, (i) => row === rows - 1 || marks[i + columns] !== mark);
    pieces.push(left, top, left, bottom, right, top, right, bottom);
    start = marks.indexOf(mark, end);
  }
  return pieces;
}

/** Horizontal pieces along the blocks `start .. end - 1` that have no marked neighbour on that side. */
function addEdge(
  pieces: number[],
  start: number,
  end: number,
  left: number,
  y: number,
  width: number,
  isOpen: (block: number) => boolean,
): void {
  for (let i = start; i < end; ) {
    if (!isOpen(i)) {
      i++;
      continue;
    }
    let last = i + 1;
    while (last < end && isOpen(last)) last++;
    pieces.push(left + (i - start) * width, y, left + (last - start) * width, y);
    i = last;
  }
}
