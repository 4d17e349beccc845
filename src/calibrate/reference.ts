/**
 * The CPU's answers. f32 inputs are multiples of 1/16 in [-1, 1): products are multiples of 1/256 and sums of 4,096 of them stay
 * below 2^24 steps, so f32 holds every partial sum exactly in any order, and results are compared for equality. Halves are multiples
 * of 1/4, so that even a half holds every sum of up to 128 products.
 */

/** Word `index` of the f32 test pattern; the fill kernel does the same. */
export function patternValue(index: number): number {
  return ((mixed(index) & 31) - 16) / 16;
}

/** Half `index` of the packed test pattern; the fill kernel does the same. */
export function halfValue(index: number): number {
  return ((mixed(index) & 7) - 4) / 4;
}

/** Mixes an index with the final steps of MurmurHash3 (public domain). */
function mixed(index: number): number {
  let h = index | 0;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** `count` indices below `length`, spread over the whole range, first and last included. */
export function sampleIndices(length: number, count: number): number[] {
  if (length <= count) return Array.from({ length }, (_, i) => i);
  return Array.from({ length: count }, (_, i) => {
    if (i === 0) return 0;
    if (i === count - 1) return length - 1;
    // An odd multiplier leaves no power-of-two stride, which would always hit the same place in a tile.
    return (Math.floor((i * length) / (count - 1)) + i * 7919) % length;
  });
}

/**
 * Softmax-weighted sums of one query row, remembering the weights of the last row asked for: neighbouring words share them.
 * @param score of the row's query and a key, before softmax
 * @param value element `dim` of the row's value at a key
 */
export function attentionRows(
  keysOf: (row: number) => number,
  score: (row: number, key: number) => number,
  value: (row: number, key: number, dim: number) => number,
): (row: number, dim: number) => number {
  let known = -1;
  let weights: number[] = [];
  return (row, dim) => {
    if (row !== known) {
      const scores = Array.from({ length: keysOf(row) }, (_, key) => score(row, key));
      const largest = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
      const exponentials = scores.map((s) => Math.exp(s - largest));
      const total = exponentials.reduce((a, b) => a + b, 0);
      weights = exponentials.map((e) => e / total);
      known = row;
    }
    let sum = 0;
    for (let key = 0; key < weights.length; key++) sum += weights[key] * value(row, key, dim);
    return sum;
  };
}
