import { controlPoints } from './canvas-painter.ts';
import { fitText } from './ellipsis.ts';
import { fontStack } from './fonts.ts';
import type { Ink, Painter, Size, TextStyle, Texture } from './painter.ts';
import { textWidth } from './text-width.ts';
import { dotRadius, markWidth, textureMarks, tileSize } from './texture.ts';

export interface SvgPainter extends Painter {
  /** The whole drawing. Equal drawings give equal text: numbers are rounded to hundredths and fonts are never measured. */
  toSvg(): string;
}

/** Writes SVG, for exports and golden tests. `page` is the background and the colour of texture marks that name none. */
export function createSvgPainter(size: Size, page: string): SvgPainter {
  const body: string[] = [];
  const definitions: string[] = [];
  const patternIds = new Map<string, string>();
  let clips = 0;

  function patternOf(texture: Exclude<Texture, 'solid'>, mark: string): string {
    const key = `${texture} ${mark}`;
    const known = patternIds.get(key);
    if (known !== undefined) return known;
    const id = `t${patternIds.size + 1}`;
    patternIds.set(key, id);
    const marks = textureMarks[texture].map((each) =>
      each.kind === 'line'
        ? `<path d="M${each.x0} ${each.y0}L${each.x1} ${each.y1}" stroke="${mark}" stroke-width="${markWidth}"/>`
        : `<circle cx="${each.x}" cy="${each.y}" r="${dotRadius}" fill="${mark}"/>`,
    );
    definitions.push(
      `<pattern id="${id}" width="${tileSize}" height="${tileSize}" patternUnits="userSpaceOnUse">${marks.join('')}</pattern>`,
    );
    return id;
  }

  /** Writes a shape once for its colour and once more for its texture. */
  function shape(open: string, ink: Ink): void {
    const texture = ink.texture ?? 'solid';
    body.push(`${open}${attributes(ink)}/>`);
    if (texture !== 'solid') {
      const alpha = ink.alpha === undefined ? '' : ` opacity="${round(ink.alpha)}"`;
      body.push(`${open} fill="url(#${patternOf(texture, ink.mark ?? page)})"${alpha}/>`);
    }
  }

  const measure = (text: string, style: TextStyle) => textWidth(text, style.size, style.weight);

  return {
    rect(x, y, width, height, ink) {
      shape(`<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"`, ink);
    },

    path(points, ink, closed = false) {
      const corners: string[] = [];
      for (let i = 0; i + 1 < points.length; i += 2) corners.push(`${round(points[i])} ${round(points[i + 1])}`);
      if (corners.length > 0) shape(`<path d="M${corners.join('L')}${closed ? 'Z' : ''}"`, ink);
    },

    curve(x0, y0, x1, y1, ink, direction = 'vertical') {
      const [cx0, cy0, cx1, cy1] = controlPoints(x0, y0, x1, y1, direction).map(round);
      shape(`<path d="M${round(x0)} ${round(y0)}C${cx0} ${cy0} ${cx1} ${cy1} ${round(x1)} ${round(y1)}"`, ink);
    },

    circle(x, y, radius, ink) {
      shape(`<circle cx="${round(x)}" cy="${round(y)}" r="${round(radius)}"`, ink);
    },

    text(x, y, text, style) {
      const fitted =
        style.maxWidth === undefined ? text : fitText(text, style.maxWidth, (part) => measure(part, style));
      const anchor = { left: '', center: ' text-anchor="middle"', right: ' text-anchor="end"' }[style.align ?? 'left'];
      const weight = style.weight === undefined || style.weight === 400 ? '' : ` font-weight="${style.weight}"`;
      const top = y + style.size * baselineShift[style.baseline ?? 'alphabetic'];
      body.push(
        `<text x="${round(x)}" y="${round(top)}" font-size="${round(style.size)}"${weight} fill="${style.color}"${anchor}>${escapeText(fitted)}</text>`,
      );
    },

    measure,

    image(x, y, width, height, columns, rows, rgba, { count, pitch } = { count: 1, pitch: 0 }) {
      if (columns === 0 || rows === 0) return;
      for (let i = 0; i < count; i++) {
        const place = `translate(${round(x + i * pitch)} ${round(y)}) scale(${round6(width / columns)} ${round6(height / rows)})`;
        const part = rgba.subarray(i * columns * rows * 4, (i + 1) * columns * rows * 4);
        body.push(`<g transform="${place}" shape-rendering="crispEdges">`);
        for (const [colour, runs] of runsByColour(columns, rows, part))
          body.push(`<path fill="${colour}" d="${runs}"/>`);
        body.push('</g>');
      }
    },

    clip(x, y, width, height, draw) {
      clips += 1;
      const id = `c${clips}`;
      definitions.push(
        `<clipPath id="${id}"><rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"/></clipPath>`,
      );
      body.push(`<g clip-path="url(#${id})">`);
      draw();
      body.push('</g>');
    },

    toSvg() {
      const { width, height } = { width: round(size.width), height: round(size.height) };
      return [
        `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${escapeText(fontStack)}">`,
        ...(definitions.length > 0 ? [`<defs>${definitions.join('')}</defs>`] : []),
        `<rect width="${width}" height="${height}" fill="${page}"/>`,
        ...body,
        '</svg>',
        '',
      ].join('\n');
    },
  };
}

/** Where the alphabetic baseline lies, in em, for a text set at another one. */
const baselineShift = { top: 0.8, middle: 0.36, alphabetic: 0, bottom: -0.2 } as const;

function attributes(ink: Ink): string {
  const fill = ` fill="${ink.fill ?? 'none'}"`;
  const stroke = ink.stroke === undefined ? '' : ` stroke="${ink.stroke}" stroke-width="${round(ink.lineWidth ?? 1)}"`;
  const dash = ink.dash === undefined || stroke === '' ? '' : ` stroke-dasharray="${ink.dash.map(round).join(' ')}"`;
  const alpha = ink.alpha === undefined ? '' : ` opacity="${round(ink.alpha)}"`;
  return `${fill}${stroke}${dash}${alpha}`;
}

/** Horizontal runs of equal colour as one path a colour, in order of first appearance. Fully transparent pixels are left out. */
function runsByColour(columns: number, rows: number, rgba: Uint8ClampedArray): Map<string, string> {
  const runs = new Map<string, string>();
  for (let row = 0; row < rows; row += 1) {
    for (let start = 0; start < columns; ) {
      const colour = colourAt(rgba, row * columns + start);
      let end = start + 1;
      while (end < columns && colourAt(rgba, row * columns + end) === colour) end += 1;
      if (!colour.endsWith('00')) {
        runs.set(colour, `${runs.get(colour) ?? ''}M${start} ${row}h${end - start}v1h${start - end}z`);
      }
      start = end;
    }
  }
  return runs;
}

/** `#rrggbbaa` of a pixel. */
function colourAt(rgba: Uint8ClampedArray, pixel: number): string {
  let colour = '#';
  for (let part = 0; part < 4; part += 1) colour += rgba[pixel * 4 + part].toString(16).padStart(2, '0');
  return colour;
}

/** Hundredths of a pixel; never "-0". */
function round(value: number): number {
  return Math.round(value * 100) / 100 + 0;
}

function round6(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

function escapeText(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
