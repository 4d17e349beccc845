/** The split of another run's memory over the bar of the shown one. */

import type { Painter } from '../../ui/painter.ts';
import type { Theme } from '../../ui/theme.ts';
import type { Box } from './layout.ts';
import type { MemoryPart } from './model.ts';
import { barHeight } from './split.ts';

/** Where the parts of the other run end: a bracket each over the bar. */
export function drawPinnedSplit(painter: Painter, parts: readonly MemoryPart[], theme: Theme, box: Box): void {
  let x = box.x;
  for (const part of parts) {
    if (part.tokens === 0) continue;
    const end = x + part.share * box.width;
    const points = [
      x + 0.75,
      box.y + barHeight,
      x + 0.75,
      box.y - 2,
      end - 0.75,
      box.y - 2,
      end - 0.75,
      box.y + barHeight,
    ];
    painter.path(points, { stroke: theme.page, lineWidth: 3 });
    painter.path(points, { stroke: theme.ink, lineWidth: 1.25 });
    x = end;
  }
}
