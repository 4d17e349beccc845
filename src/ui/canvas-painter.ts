import { fitText } from './ellipsis.ts';
import { fontStack } from './fonts.ts';
import type { Ink, Painter, TextStyle, Texture } from './painter.ts';
import { dotRadius, markWidth, textureMarks, tileSize } from './texture.ts';

/**
 * Draws on a 2D canvas whose transform already maps CSS pixels to device pixels.
 * `page` is the colour of texture marks that name none; `pixelRatio` keeps textures sharp.
 */
export function createCanvasPainter(context: CanvasRenderingContext2D, page: string, pixelRatio = 1): Painter {
  function setFont(font: Font): void {
    // Assigning a font makes the browser parse it again, even an equal one.
    if (fontOf.get(context) !== font) {
      context.font = font.css;
      fontOf.set(context, font);
    }
  }

  function measure(text: string, style: TextStyle): number {
    const font = fontFor(style);
    const known = font.widths.get(text);
    if (known !== undefined) return known;
    setFont(font);
    const { width } = context.measureText(text);
    if (font.widths.size >= mostWidths) font.widths.clear();
    font.widths.set(text, width);
    return width;
  }

  /** Fills and strokes whatever path `trace` lays down. */
  function paint(ink: Ink, trace: () => void): void {
    const before = context.globalAlpha;
    context.globalAlpha = before * (ink.alpha ?? 1);
    context.beginPath();
    trace();
    if (ink.fill !== undefined) {
      context.fillStyle = ink.fill;
      context.fill();
    }
    const pattern = texturePattern(context, ink, page, pixelRatio);
    if (pattern !== null) {
      context.fillStyle = pattern;
      context.fill();
    }
    if (ink.stroke !== undefined) {
      context.strokeStyle = ink.stroke;
      context.lineWidth = ink.lineWidth ?? 1;
      context.setLineDash(ink.dash ?? undashed);
      context.stroke();
    }
    context.globalAlpha = before;
  }

  return {
    rect(x, y, width, height, ink) {
      const isPlain = ink.fill !== undefined && ink.stroke === undefined && (ink.texture ?? 'solid') === 'solid';
      if (isPlain && (ink.alpha ?? 1) === 1) {
        context.fillStyle = ink.fill ?? page;
        context.fillRect(x, y, width, height);
        return;
      }
      paint(ink, () => context.rect(x, y, width, height));
    },

    path(points, ink, closed = false) {
      paint(ink, () => {
        for (let i = 0; i + 1 < points.length; i += 2) context.lineTo(points[i], points[i + 1]);
        if (closed) context.closePath();
      });
    },

    curve(x0, y0, x1, y1, ink, direction = 'vertical') {
      const [cx0, cy0, cx1, cy1] = controlPoints(x0, y0, x1, y1, direction);
      paint(ink, () => {
        context.moveTo(x0, y0);
        context.bezierCurveTo(cx0, cy0, cx1, cy1, x1, y1);
      });
    },

    circle(x, y, radius, ink) {
      paint(ink, () => context.arc(x, y, radius, 0, 2 * Math.PI));
    },

    text(x, y, text, style) {
      setFont(fontFor(style));
      context.fillStyle = style.color;
      context.textAlign = style.align ?? 'left';
      context.textBaseline = style.baseline ?? 'alphabetic';
      const fitted =
        style.maxWidth === undefined ? text : fitText(text, style.maxWidth, (part) => measure(part, style));
      context.fillText(fitted, x, y);
    },

    measure,

    image(x, y, width, height, columns, rows, rgba, { count, pitch } = one) {
      if (columns === 0 || rows === 0) return;
      // All at once: whatever is put on a canvas that was drawn from makes the browser copy it.
      const tile = scratch(columns, rows * count);
      const pixels = rgba.subarray(0, columns * rows * count * 4) as Uint8ClampedArray<ArrayBuffer>;
      tile.context.putImageData(new ImageData(pixels, columns, rows * count), 0, 0);
      context.imageSmoothingEnabled = false;
      for (let i = 0; i < count; i++)
        context.drawImage(tile.canvas, 0, i * rows, columns, rows, x + i * pitch, y, width, height);
    },

    clip(x, y, width, height, body) {
      context.save();
      context.beginPath();
      context.rect(x, y, width, height);
      context.clip();
      body();
      context.restore();
      fontOf.delete(context);
    },
  };
}

/** The two inner points of a connector that leaves and arrives along `direction`. */
export function controlPoints(
  x0: number,
  y0: number,
  x1: number,
  y1: number,
  direction: 'vertical' | 'horizontal',
): readonly [number, number, number, number] {
  const middleX = (x0 + x1) / 2;
  const middleY = (y0 + y1) / 2;
  return direction === 'vertical' ? [x0, middleY, x1, middleY] : [middleX, y0, middleX, y1];
}

/** Call after the canvas was resized or its state reset: the browser forgets the font then. */
export function forgetFont(context: CanvasRenderingContext2D): void {
  fontOf.delete(context);
}

interface Font {
  readonly css: string;
  /** Of texts: nearly all words of a picture are those of the picture before. */
  readonly widths: Map<string, number>;
}

/** The font that a canvas is set to. */
const fontOf = new WeakMap<CanvasRenderingContext2D, Font>();

/** By weight and size in one number: weights are whole, sizes are below 1,000 pixels. Pictures use a few sizes, whole or in halves, so that there are few. */
const fonts = new Map<number, Font>();
const mostWidths = 1024;

function fontFor({ weight = 400, size }: TextStyle): Font {
  const key = weight + size / 1000;
  const known = fonts.get(key);
  if (known !== undefined) return known;
  const font = { css: `${weight} ${size}px ${fontStack}`, widths: new Map<string, number>() };
  fonts.set(key, font);
  return font;
}

const patterns = new Map<string, CanvasPattern | null>();

function texturePattern(
  context: CanvasRenderingContext2D,
  ink: Ink,
  page: string,
  pixelRatio: number,
): CanvasPattern | null {
  const texture = ink.texture ?? 'solid';
  if (texture === 'solid') return null;
  const mark = ink.mark ?? page;
  const key = `${texture} ${mark} ${pixelRatio}`;
  const known = patterns.get(key);
  if (known !== undefined) return known;
  const pattern = makePattern(context, texture, mark, pixelRatio);
  patterns.set(key, pattern);
  return pattern;
}

function makePattern(
  context: CanvasRenderingContext2D,
  texture: Exclude<Texture, 'solid'>,
  mark: string,
  pixelRatio: number,
): CanvasPattern | null {
  const edge = Math.max(1, Math.round(tileSize * pixelRatio));
  const canvas = document.createElement('canvas');
  canvas.width = edge;
  canvas.height = edge;
  const tile = canvas.getContext('2d');
  if (tile === null) return null;
  tile.scale(edge / tileSize, edge / tileSize);
  tile.strokeStyle = mark;
  tile.fillStyle = mark;
  tile.lineWidth = markWidth;
  for (const each of textureMarks[texture]) {
    tile.beginPath();
    if (each.kind === 'line') {
      tile.moveTo(each.x0, each.y0);
      tile.lineTo(each.x1, each.y1);
      tile.stroke();
    } else {
      tile.arc(each.x, each.y, dotRadius, 0, 2 * Math.PI);
      tile.fill();
    }
  }
  const pattern = context.createPattern(canvas, 'repeat');
  pattern?.setTransform(new DOMMatrix().scale(tileSize / edge));
  return pattern;
}

const one = { count: 1, pitch: 0 };
const undashed: readonly number[] = [];

interface Scratch {
  readonly canvas: HTMLCanvasElement;
  readonly context: CanvasRenderingContext2D;
}

let kept: Scratch | null = null;

/** One small canvas for all images; it only ever grows. */
function scratch(columns: number, rows: number): Scratch {
  if (kept === null) {
    const canvas = document.createElement('canvas');
    const context = canvas.getContext('2d');
    if (context === null) throw new Error('no 2D canvas');
    kept = { canvas, context };
  }
  if (kept.canvas.width < columns) kept.canvas.width = columns;
  if (kept.canvas.height < rows) kept.canvas.height = rows;
  return kept;
}
