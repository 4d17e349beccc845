/** Draws one frame of the film strip: the pool above, the tokens of the step as one bar below. */

import type { Painter, Size, TextStyle } from '../../ui/painter.ts';
import type { Theme } from '../../ui/theme.ts';
import { cellLayout } from '../kv/layout.ts';
import { blockPixels } from '../kv/palette.ts';
import type { FilmModel } from './model.ts';

export interface FilmWords {
  readonly pool: string;
  readonly batch: string;
  readonly used: string;
  readonly tokens: string;
}

const lineHeight = 16;
const barHeight = 12;

export function drawFilm(painter: Painter, model: FilmModel, words: FilmWords, theme: Theme, size: Size): void {
  const { width, height } = size;
  const barTop = height - barHeight;
  const batchLine = barTop - lineHeight / 2 - 2;
  drawLine(painter, words.pool, words.used, lineHeight / 2, theme, width);
  const poolBox = { x: 0, y: lineHeight + 2, width, height: batchLine - lineHeight / 2 - lineHeight - 8 };
  const cells = cellLayout(model.pool.count, poolBox);
  const perBand = cells.columns * cells.rows;
  const pixels = blockPixels(model.pool, perBand * cells.bands, theme, 'phase', false);
  for (let band = 0; band < cells.bands; band++) {
    const part = pixels.subarray(band * perBand * 4, (band + 1) * perBand * 4);
    const left = cells.x + band * cells.pitch;
    painter.image(
      left,
      cells.y,
      cells.columns * cells.cellWidth,
      cells.rows * cells.cellHeight,
      cells.columns,
      cells.rows,
      part,
    );
  }
  drawLine(painter, words.batch, words.tokens, batchLine, theme, width);
  const x = (tokens: number) => (Math.min(tokens, model.fullTokens) / model.fullTokens) * width;
  painter.rect(0, barTop, width, barHeight, { fill: theme.empty });
  const decode = x(model.decodeTokens);
  // What is there is seen, however little it is.
  const decodeWidth = model.decodeTokens > 0 ? Math.max(2, decode) : 0;
  painter.rect(0, barTop, decodeWidth, barHeight, { fill: theme.decode, texture: 'rule', mark: theme.page });
  if (model.prefillTokens > 0) {
    const prefill = Math.max(2, x(model.prefillTokens + model.decodeTokens) - decode);
    painter.rect(Math.min(decodeWidth, width - prefill), barTop, prefill, barHeight, { fill: theme.prefill });
  }
  if (model.budget > 0 && model.budget <= model.fullTokens) {
    const at = Math.min(width - 0.75, x(model.budget));
    painter.path([at, barTop - 2, at, height], { stroke: theme.ink, lineWidth: 1.5, dash: [3, 2] });
  }
}

/** What is shown at the left, its number at the right. */
function drawLine(painter: Painter, left: string, right: string, y: number, theme: Theme, width: number): void {
  const style: TextStyle = { color: theme.inkSoft, size: 11, baseline: 'middle' };
  painter.text(0, y, left, { ...style, maxWidth: width - painter.measure(right, style) - 8 });
  painter.text(width, y, right, { ...style, color: theme.ink, align: 'right' });
}
