/** What panels draw on: a canvas in the page, an SVG text in tests and exports. All lengths are CSS pixels. */

/** Meaning never rests on colour alone: fills carry a texture as a second cue. */
export type Texture = 'solid' | 'hatch' | 'dots' | 'rule';

export interface Ink {
  readonly fill?: string;
  readonly texture?: Texture;
  /** Colour of the texture's marks; the theme's page colour where left out. */
  readonly mark?: string;
  readonly stroke?: string;
  readonly lineWidth?: number;
  readonly dash?: readonly number[];
  /** 0 to 1; 1 where left out. */
  readonly alpha?: number;
}

export interface TextStyle {
  readonly color: string;
  /** Pixels. */
  readonly size: number;
  readonly align?: 'left' | 'center' | 'right';
  readonly baseline?: 'top' | 'middle' | 'alphabetic' | 'bottom';
  readonly weight?: 400 | 500 | 600;
  /** Longer text is cut with an ellipsis. */
  readonly maxWidth?: number;
}

export interface Painter {
  rect(x: number, y: number, width: number, height: number, ink: Ink): void;
  /** Polyline through x0, y0, x1, y1, ...; closed shapes may be filled. */
  path(points: ArrayLike<number>, ink: Ink, closed?: boolean): void;
  /** A connector that leaves and arrives vertically (or horizontally). */
  curve(x0: number, y0: number, x1: number, y1: number, ink: Ink, direction?: 'vertical' | 'horizontal'): void;
  circle(x: number, y: number, radius: number, ink: Ink): void;
  text(x: number, y: number, text: string, style: TextStyle): void;
  /** Width of a text in pixels. */
  measure(text: string, style: TextStyle): number;
  /**
   * `columns x rows` pixels (RGBA) scaled up without smoothing. Several pictures of that size side by side, `pitch` pixels from
   * one to the next, follow each other in `rgba`.
   */
  image(
    x: number,
    y: number,
    width: number,
    height: number,
    columns: number,
    rows: number,
    rgba: Uint8ClampedArray,
    several?: { readonly count: number; readonly pitch: number },
  ): void;
  /** Runs `body` with drawing limited to a rectangle. */
  clip(x: number, y: number, width: number, height: number, body: () => void): void;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}
