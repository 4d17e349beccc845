/** Sizes of captured CUDA graphs: a step is padded to the next one. */

/** The smallest multiple of `interval` that is no less than `size` and no less than one interval, `most` at most. */
export function padToInterval(size: number, interval: number, most: number): number {
  return Math.min(most, Math.max(1, Math.ceil(size / interval)) * interval);
}

/** The smallest power of two that is no less than `size`, `most` at most. */
export function padToPowerOfTwo(size: number, most: number): number {
  let padded = 1;
  while (padded < size) padded *= 2;
  return Math.min(padded, most);
}
