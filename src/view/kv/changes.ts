/** What became of KV blocks from one step to the next, and why; drawn over the pool for a moment. */

import { BlockState, type Frame } from '../../protocol/frame.ts';
import { DecisionKind } from '../../sim/decision.ts';
import type { Ink, Painter } from '../../ui/painter.ts';
import type { Theme } from '../../ui/theme.ts';
import { type CellLayout, cellPlace } from './layout.ts';
import { hueOf } from './palette.ts';

/** Positions in the pool, ascending. */
export interface BlockChanges {
  /** Taken from requests that were preempted. */
  readonly lost: readonly number[];
  /** Cached content that was thrown away. */
  readonly evicted: readonly number[];
  /** Found in the prefix cache. */
  readonly hit: readonly number[];
}

const none: BlockChanges = { lost: [], evicted: [], hit: [] };

/** Only a step forward has a cause: backwards, blocks come back for no reason of the engine's. */
export function blockChanges(before: Frame, after: Frame): BlockChanges {
  const { pool } = after;
  if (after.step !== before.step + 1 || before.pool.count !== pool.count) return none;
  const victims = new Set<number>();
  for (let i = 0; i < after.decisions.count; i++) {
    if (after.decisions.kind[i] === DecisionKind.preempt) victims.add(after.decisions.request[i]);
  }
  const hits = new Set(pool.hits);
  const lost: number[] = [];
  const evicted: number[] = [];
  const was = before.pool.state;
  const wasOwner = before.pool.owner;
  const { count, state, owner } = pool;
  const { cached } = BlockState;
  for (let i = 0; i < count; i++) {
    const held = wasOwner[i];
    if (held >= 0) {
      if (held !== owner[i] && victims.has(held)) lost.push(i);
    } else if (was[i] === cached && state[i] !== cached && !hits.has(i)) evicted.push(i);
  }
  return { lost, evicted, hit: [...hits].sort((a, b) => a - b) };
}

/** Blocks of one kind of change alone, on an empty ground: it costs what changed, whatever the size of the pool. */
export function drawChange(
  painter: Painter,
  change: keyof BlockChanges,
  blocks: readonly number[],
  theme: Theme,
  cells: CellLayout,
): void {
  const ink = inkOf(change, theme);
  const edge = { stroke: theme.reused, lineWidth: 1 };
  forRuns(blocks, cells, (x, y, width, height) => {
    painter.rect(x, y, width, height, ink);
    if (change === 'hit') painter.rect(x + 0.5, y + 0.5, width - 1, height - 1, edge);
  });
}

function inkOf(change: keyof BlockChanges, theme: Theme): Ink {
  switch (change) {
    case 'lost':
      return { fill: theme.empty, texture: 'hatch', mark: theme.loss };
    case 'evicted':
      return { fill: hueOf(BlockState.cached, theme) };
    case 'hit':
      return { fill: theme.surface, texture: 'dots', mark: theme.reused };
  }
}

/** Neighbours in a row are drawn in one piece. */
function forRuns(
  blocks: readonly number[],
  cells: CellLayout,
  draw: (x: number, y: number, width: number, height: number) => void,
): void {
  for (let at = 0; at < blocks.length; ) {
    const first = blocks[at];
    const rowEnd = first - (first % cells.columns) + cells.columns;
    let end = at + 1;
    while (end < blocks.length && blocks[end] === blocks[end - 1] + 1 && blocks[end] < rowEnd) end++;
    const { x, y } = cellPlace(cells, first);
    draw(x, y, (end - at) * cells.cellWidth, cells.cellHeight);
    at = end;
  }
}
