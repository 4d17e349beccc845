/** Thumbnails of the gallery: one side of a leaf, small enough to be taken in at a glance. */

import type { LeafResult } from '../../scenario/gallery/measure.ts';
import { type Sample, type Stay, thumbColumns } from '../../scenario/gallery/thumb.ts';
import type { Ink, Painter, Size } from '../../ui/painter.ts';
import type { Theme } from '../../ui/theme.ts';

/** Draws what the sample holds; one that holds nothing is a bar as long as its number against the other side's. */
export function drawThumb(painter: Painter, size: Size, theme: Theme, leaf: LeafResult, side: 0 | 1): void {
  const sample = leaf.samples[side];
  if (sample.rows !== undefined) drawRows(painter, size, theme, sample.rows, lines(leaf));
  else if (sample.steps !== undefined) drawSteps(painter, size, theme, leaf, sample.steps);
  else if (sample.memory !== undefined) drawMemory(painter, size, theme, leaf, sample.memory);
  else drawBar(painter, size, theme, leaf.values[side] / Math.max(...leaf.values));
}

/** Bars are not drawn taller than a quarter of the picture. */
const fewestRows = 4;

/** Rows of the side that has more of them, so that bars of both are equally tall. */
function lines({ samples }: LeafResult): number {
  const hasAny = (row: string) => /[^.\d]/.test(row);
  return Math.max(fewestRows, ...samples.map(({ rows }) => rows?.filter(hasAny).length ?? 0));
}

/** One bar a request: waiting thin, prompts and tokens full, what is lost hatched. */
function drawRows(
  painter: Painter,
  { width, height }: Size,
  theme: Theme,
  rows: readonly string[],
  count: number,
): void {
  const pitch = height / count;
  const inks: Readonly<Record<Exclude<Stay, '.'>, { readonly ink: Ink; readonly part: number }>> = {
    w: { ink: { fill: theme.waiting }, part: 0.3 },
    p: { ink: { fill: theme.prefill }, part: 0.8 },
    d: { ink: { fill: theme.decode }, part: 0.8 },
    r: { ink: { fill: theme.loss }, part: 0.8 },
    l: { ink: { fill: theme.loss }, part: 0.3 },
    i: { ink: { fill: theme.empty, texture: 'hatch', mark: theme.inkFaint }, part: 0.8 },
  };
  rows.forEach((row, at) => {
    let column = 0;
    for (const [, count, stay] of row.matchAll(/(\d+)([.wpdrli])/g)) {
      const from = (column / thumbColumns) * width;
      column += Number(count);
      if (stay === '.') continue;
      const { ink, part } = inks[stay as Exclude<Stay, '.'>];
      const tall = Math.max(1, pitch * part);
      painter.rect(from, at * pitch + (pitch - tall) / 2, (column / thumbColumns) * width - from, tall, ink);
    }
  });
}

/** Tokens of each step over time, decodes below, prompts above; square roots, so that both are seen. */
function drawSteps(
  painter: Painter,
  { width, height }: Size,
  theme: Theme,
  leaf: LeafResult,
  steps: readonly number[],
): void {
  const spanUs = leaf.toUs - leaf.fromUs;
  const tall = (tokens: number) => Math.sqrt(tokens / mostTokens(leaf.samples)) * (height - 1);
  let startUs = 0;
  for (let i = 0; i + 3 < steps.length; i += 4) {
    const [endUs, prefill, decode, padding] = steps.slice(i, i + 4);
    const x = (startUs / spanUs) * width;
    // A hair of space between steps, as long as they are wide enough.
    const wide = Math.max(0.5, ((Math.min(endUs, spanUs) - startUs) / spanUs) * width - 0.5);
    const foot = tall(decode);
    const all = tall(decode + prefill + padding);
    painter.rect(
      x,
      height - all,
      wide,
      all - foot,
      padding > 0 ? { fill: theme.empty, texture: 'hatch', mark: theme.inkFaint } : { fill: theme.prefill },
    );
    painter.rect(x, height - foot, wide, foot, { fill: theme.decode });
    startUs = endUs;
  }
  painter.path([0, height - 0.5, width, height - 0.5], { stroke: theme.rule });
}

function mostTokens(samples: readonly Sample[]): number {
  let most = 1;
  for (const { steps = [] } of samples) {
    for (let i = 0; i + 3 < steps.length; i += 4) most = Math.max(most, steps[i + 1] + steps[i + 2] + steps[i + 3]);
  }
  return most;
}

/** The pool over time: what holds keys and values, and above it, hatched, what is taken and empty. Both sides have one scale. */
function drawMemory(
  painter: Painter,
  { width, height }: Size,
  theme: Theme,
  leaf: LeafResult,
  shares: readonly number[],
): void {
  const most = Math.max(
    0.01,
    ...leaf.samples.flatMap(({ memory = [] }) => pairs(memory).map(([held, empty]) => held + empty)),
  );
  const columns = pairs(shares);
  const wide = width / columns.length;
  const outline = (of: (column: readonly [number, number]) => number) =>
    columns.flatMap((column, i) => {
      const y = height - (of(column) / most) * (height - 1);
      return [i * wide, y, (i + 1) * wide, y];
    });
  painter.path(
    [0, height, ...outline(([held, empty]) => held + empty), width, height],
    { fill: theme.empty, texture: 'hatch', mark: theme.loss },
    true,
  );
  painter.path([0, height, ...outline(([held]) => held), width, height], { fill: theme.inkSoft }, true);
  painter.path([0, height - 0.5, width, height - 0.5], { stroke: theme.rule });
}

function pairs(values: readonly number[]): (readonly [number, number])[] {
  return Array.from({ length: values.length / 2 }, (_, i) => [values[2 * i], values[2 * i + 1]] as const);
}

function drawBar(painter: Painter, { width, height }: Size, theme: Theme, share: number): void {
  const tall = height / 3;
  const y = (height - tall) / 2;
  painter.rect(0, y, width, tall, { fill: theme.empty });
  painter.rect(0, y, Math.max(1, share * width), tall, { fill: theme.inkSoft });
}
