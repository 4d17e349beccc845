export type Span = readonly [fromUs: number, toUs: number];

/** Adds what a level of `height` over a span makes to the mean of each bin. */
export function spread(levels: Float32Array | Float64Array, [fromUs, toUs]: Span, height: number, binUs: number): void {
  const first = Math.max(0, Math.floor(fromUs / binUs));
  for (let bin = first; bin < levels.length && bin * binUs < toUs; bin++) {
    const us = Math.min(toUs, (bin + 1) * binUs) - Math.max(fromUs, bin * binUs);
    levels[bin] += (height * us) / binUs;
  }
}
