/** Shapes that say what bound a step: told apart without colour and at eight pixels. */

import { Bound } from '../../sim/decision.ts';
import type { Painter } from '../../ui/painter.ts';
import type { Theme } from '../../ui/theme.ts';

/** From the middle to the near corner of each quarter, with a gap between them. */
const quarters = [-3.5, 0.5];

export function drawBound(painter: Painter, theme: Theme, bound: number, x: number, y: number): void {
  const ink = { fill: theme.inkSoft };
  switch (bound) {
    case Bound.tokenBudget:
      // A lid: the stack reached its line.
      painter.rect(x - 4, y - 3, 8, 2, ink);
      painter.path([x - 3, y + 3, x, y, x + 3, y + 3], ink, true);
      return;
    case Bound.seats:
      painter.circle(x, y, 3, ink);
      return;
    case Bound.blocks:
      for (const dy of quarters) for (const dx of quarters) painter.rect(x + dx, y + dy, 3, 3, ink);
      return;
    case Bound.batch:
      // A closed box.
      painter.rect(x - 3, y - 3, 6, 6, { stroke: theme.inkSoft, lineWidth: 1.5 });
      return;
    default:
      painter.circle(x, y, 1, { fill: theme.inkFaint });
  }
}

/** A request was thrown out of the batch: an arrow down and away, at the foot of the column. */
export function drawPreemption(painter: Painter, theme: Theme, x: number, y: number): void {
  painter.path([x - 4, y - 3, x + 4, y - 3, x, y + 4], { fill: theme.loss }, true);
}
