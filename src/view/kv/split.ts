/** The bar that says what the KV memory serves: useful, lost to fragmentation, kept for later hits, free. */

import type { MessageKey, Translate } from '../../i18n/i18n.ts';
import type { MemorySplit } from '../../protocol/frame.ts';
import { mix } from '../../ui/colour.ts';
import type { Ink, Painter } from '../../ui/painter.ts';
import type { Theme } from '../../ui/theme.ts';
import type { Format } from '../../ui/use-format.ts';
import type { Box } from './layout.ts';
import type { MemoryPart } from './model.ts';

export const barHeight = 12;
const lineHeight = 17;

export const partWords = {
  useful: 'kv.split.useful',
  internal: 'kv.split.internal',
  reserved: 'kv.split.reserved',
  external: 'kv.split.external',
  cached: 'kv.split.cached',
  free: 'kv.split.free',
} as const satisfies Record<keyof MemorySplit, MessageKey>;

/** Loss is hatched or dotted in its hue; the rest keeps to ink, so that the hues go on meaning what they mean. */
export function partInk(name: keyof MemorySplit, theme: Theme): Ink {
  switch (name) {
    case 'useful':
      return { fill: theme.inkSoft };
    case 'internal':
      return { fill: theme.surface, texture: 'hatch', mark: theme.loss };
    case 'reserved':
      return { fill: mix(theme.empty, theme.waiting, 0.4), texture: 'hatch', mark: theme.waiting };
    case 'external':
      return { fill: theme.surface, texture: 'dots', mark: theme.loss };
    case 'cached':
      return { fill: mix(theme.empty, theme.reused, 0.28), texture: 'dots', mark: theme.reused };
    case 'free':
      return { fill: theme.empty };
  }
}

export function drawSplit(
  painter: Painter,
  parts: readonly MemoryPart[],
  t: Translate,
  format: Format,
  theme: Theme,
  box: Box,
): void {
  let x = box.x;
  for (const part of parts) {
    const width = part.share * box.width;
    if (part.tokens > 0) painter.rect(x, box.y, Math.max(1, width), barHeight, partInk(part.name, theme));
    x += width;
  }
  painter.rect(box.x + 0.5, box.y + 0.5, box.width - 1, barHeight - 1, { stroke: theme.waiting, lineWidth: 1 });
  drawKey(painter, parts, t, format, theme, box);
}

/** Name, share and bytes of each part that is not empty; internal fragmentation is named even when there is none. */
function drawKey(
  painter: Painter,
  parts: readonly MemoryPart[],
  t: Translate,
  format: Format,
  theme: Theme,
  box: Box,
): void {
  const style = { color: theme.ink, size: 11, baseline: 'middle' } as const;
  let x = box.x;
  let y = box.y + barHeight + lineHeight / 2 + 3;
  for (const part of parts) {
    if (part.tokens === 0 && part.name !== 'internal') continue;
    const values = {
      name: t(partWords[part.name]),
      share: format.percent(part.share),
      bytes: format.bytes(part.bytes),
    };
    const words = t(part.bytes > 0 ? 'kv.split.partBytes' : 'kv.split.part', values);
    const width = 14 + painter.measure(words, style) + 14;
    if (x > box.x && x + width - 14 > box.x + box.width) {
      x = box.x;
      y += lineHeight;
      if (y > box.y + box.height) return;
    }
    painter.rect(x, y - 5, 9, 9, partInk(part.name, theme));
    painter.rect(x + 0.5, y - 4.5, 8, 8, { stroke: theme.waiting, lineWidth: 1 });
    painter.text(x + 14, y, words, { ...style, maxWidth: box.x + box.width - x - 14 });
    x += width;
  }
}
