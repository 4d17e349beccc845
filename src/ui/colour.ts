/** Arithmetic of the theme's colours, all of them `#rrggbb`. */

/** Red, green and blue, 0 to 255. */
function partsOf(colour: string): readonly [red: number, green: number, blue: number] {
  const value = Number.parseInt(colour.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

/** The colour a share of the way from one to the other. */
export function mix(from: string, to: string, share: number): string {
  const ends = partsOf(to);
  const parts = partsOf(from).map((part, i) => Math.round(part + share * (ends[i] - part)));
  return `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}

/** An opaque pixel in the memory order (little endian) of every platform that browsers run on. */
export function pixelOf(colour: string): number {
  const [red, green, blue] = partsOf(colour);
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}
