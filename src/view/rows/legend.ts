/** The key to the marks of the rows, and how many waiting requests have no row. */

import type { MessageKey, Translate } from '../../i18n/i18n.ts';
import type { Painter } from '../../ui/painter.ts';
import type { Theme } from '../../ui/theme.ts';
import { MarkKind, type RowsModel } from './model.ts';

interface Item {
  readonly words: MessageKey;
  readonly isShown: boolean;
  sample(painter: Painter, x: number, y: number): void;
}

const sampleWidth = 18;
const sampleHeight = 8;

/** Draws the key on one line, as far as it fits. Only marks that occur are explained. */
export function drawLegend(
  painter: Painter,
  model: RowsModel,
  kinds: ReadonlySet<MarkKind>,
  t: Translate,
  theme: Theme,
  left: number,
  y: number,
  right: number,
): void {
  const box = { width: sampleWidth, height: sampleHeight };
  const items: readonly Item[] = [
    {
      words: 'rows.legend.wait',
      isShown: kinds.has(MarkKind.wait),
      sample: (p, x, top) => p.rect(x + 0.5, top + 1.5, box.width - 1, 5, { stroke: theme.waiting, lineWidth: 1 }),
    },
    {
      words: 'rows.legend.prefill',
      isShown: true,
      sample: (p, x, top) => p.rect(x, top, box.width, box.height, { fill: theme.prefill }),
    },
    {
      words: 'rows.legend.token',
      isShown: true,
      sample: (p, x, top) => {
        p.rect(x, top + 3, box.width, 2, { fill: theme.decode, alpha: 0.3 });
        for (const at of [3, 9, 15]) p.rect(x + at, top, 2, box.height, { fill: theme.decode });
      },
    },
    {
      words: 'rows.legend.pinned',
      isShown: model.hasPinnedTokens,
      sample: (p, x, top) => {
        for (const at of [3, 9, 15]) p.rect(x + at, top + 4, 1, 4, { fill: theme.ink });
      },
    },
    {
      words: 'rows.legend.recompute',
      isShown: kinds.has(MarkKind.recompute),
      sample: (p, x, top) =>
        p.rect(x, top, box.width, box.height, { fill: theme.prefill, texture: 'hatch', mark: theme.surface }),
    },
    {
      words: 'rows.legend.preempted',
      isShown: kinds.has(MarkKind.preempted),
      sample: (p, x, top) => {
        p.rect(x, top, box.width, box.height, { fill: theme.surface, texture: 'hatch', mark: theme.loss });
        p.rect(x + 0.5, top + 0.5, box.width - 1, box.height - 1, { stroke: theme.loss, lineWidth: 1 });
      },
    },
    {
      words: 'rows.legend.idle',
      isShown: kinds.has(MarkKind.idle),
      sample: (p, x, top) =>
        p.rect(x, top, box.width, box.height, { fill: theme.surface, texture: 'hatch', mark: theme.loss }),
    },
    {
      words: 'rows.legend.emptySeat',
      isShown: model.by === 'seat',
      sample: (p, x, top) =>
        p.rect(x, top, box.width, box.height, { texture: 'hatch', mark: theme.waiting, alpha: 0.35 }),
    },
  ];
  const style = { color: theme.inkSoft, size: 11, baseline: 'middle' } as const;
  let x = left;
  for (const item of items) {
    if (!item.isShown) continue;
    const words = t(item.words);
    const width = sampleWidth + 6 + painter.measure(words, style) + 16;
    if (x + width > right) break;
    item.sample(painter, x, y - sampleHeight / 2);
    painter.text(x + sampleWidth + 6, y + 0.5, words, style);
    x += width;
  }
  if (model.moreWaiting > 0) {
    const more = t('rows.moreWaiting', { count: model.moreWaiting });
    if (x + painter.measure(more, style) < right) {
      painter.text(right, y + 0.5, more, { ...style, color: theme.ink, weight: 500, align: 'right' });
    }
  }
}
