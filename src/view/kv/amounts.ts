/** Blocks coloured by how many tables hold them, or by how soon their content is given up. Loaded after the first picture. */

import { addMessages, type Translate } from '../../i18n/i18n.ts';
import { kvColours } from '../../i18n/messages/kv-colours.ts';
import { BlockState } from '../../protocol/frame.ts';
import { mix, pixelOf } from '../../ui/colour.ts';
import type { Painter } from '../../ui/painter.ts';
import type { Theme } from '../../ui/theme.ts';
import type { Amount, KvPicture } from './draw.ts';
import type { Box } from './layout.ts';

addMessages(kvColours);

/** What the colour of a block says: what it is, whose, how many hold it, or how soon its content is given up. */
export type KvColour = 'phase' | 'request' | 'sharing' | 'age';

export function colourOptions(t: Translate): readonly { readonly value: KvColour; readonly label: string }[] {
  return (['phase', 'request', 'sharing', 'age'] as const).map((value) => ({ value, label: t(`kv.colour.${value}`) }));
}

/** One lightness ramp for amounts: from one table to eight and more. */
function sharingHue(tables: number, theme: Theme): string {
  return tables === 0 ? theme.empty : mix(theme.empty, theme.ink, 0.2 + 0.8 * Math.min(1, Math.log2(tables) / 3));
}

/** The sooner the farther from the page; 0 = no order is known. */
function ageHue(turn: number, theme: Theme): string {
  return turn === 0 ? mix(theme.empty, theme.ink, 0.4) : mix(theme.empty, theme.ink, 1 - (0.8 * turn) / 255);
}

/** In use: only what is free has a turn. */
const heldHue = (theme: Theme): string => mix(theme.empty, theme.decode, 0.35);

/** Colours of the 256 values of a column. */
const steps = (hue: (value: number, theme: Theme) => string, theme: Theme): Uint32Array =>
  Uint32Array.from({ length: 256 }, (_, value) => pixelOf(hue(value, theme)));

export const amounts: Readonly<Record<'sharing' | 'age', Amount>> = {
  sharing: {
    fill: (pixels, { count, references }, theme) => {
      const colours = steps(sharingHue, theme);
      for (let i = 0; i < count; i++) pixels[i] = colours[references[i]];
    },
    drawKey: (painter, picture, theme, line) => {
      const { t, format } = picture;
      const tables = [1, 2, 4, 8].map((count): readonly [string, string] => [
        sharingHue(count, theme),
        count === 8 ? t('kv.sharing.more', { count: format.count(count) }) : format.count(count),
      ]);
      drawRows(painter, [[theme.empty, t('kv.sharing.none')], ...tables], theme, line);
    },
  },
  age: {
    fill: (pixels, { count, state, turn }, theme) => {
      const colours = steps(ageHue, theme);
      const [held, free] = [heldHue(theme), theme.empty].map(pixelOf);
      for (let i = 0; i < count; i++) {
        pixels[i] = state[i] === BlockState.cached ? colours[turn[i]] : state[i] === BlockState.free ? free : held;
      }
    },
    drawKey: (painter: Painter, { model, t }: KvPicture, theme: Theme, line: Box) => {
      const hasOrder = model.turn.some((turn) => turn > 0);
      const ends: readonly (readonly [string, string])[] = hasOrder
        ? [
            [ageHue(1, theme), t('kv.age.next')],
            [ageHue(255, theme), t('kv.age.last')],
          ]
        : [[ageHue(0, theme), t('kv.age.none')]];
      drawRows(painter, [[theme.empty, t('kv.state.free')], [heldHue(theme), t('kv.age.held')], ...ends], theme, line);
    },
  },
};

function drawRows(painter: Painter, rows: readonly (readonly [string, string])[], theme: Theme, line: Box): void {
  const style = { color: theme.inkSoft, size: 11, baseline: 'middle' } as const;
  const y = line.y + line.height / 2;
  let x = line.x;
  for (const [fill, words] of rows) {
    const width = 16 + painter.measure(words, style);
    if (x + width > line.x + line.width) return;
    painter.rect(x, y - 5, 10, 10, { fill });
    painter.rect(x + 0.5, y - 4.5, 9, 9, { stroke: theme.waiting, lineWidth: 1 });
    painter.text(x + 16, y + 0.5, words, style);
    x += width + 14;
  }
}
