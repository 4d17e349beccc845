import type { Painter, Size } from '../../ui/painter.ts';
import type { Theme } from '../../ui/theme.ts';
import { layoutOf } from './layout.ts';
import type { BatchModel } from './model.ts';

/** A frame round the step that runs at a time which is pointed at somewhere. */
export function drawPointedTime(painter: Painter, model: BatchModel, us: number, theme: Theme, size: Size): void {
  const index = model.columns.findIndex(({ startUs, endUs }) => us >= startUs && us < endUs);
  const layout = layoutOf(model, size);
  const slot = layout.slots[index];
  if (slot === undefined || slot.length <= 0) return;
  const ink = { stroke: theme.inkSoft, lineWidth: 1 };
  painter.rect(slot.from - 0.5, layout.top, Math.max(2, slot.length), layout.seatsBottom - layout.top, ink);
}
