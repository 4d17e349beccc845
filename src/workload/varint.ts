/**
 * Columns of whole numbers as bytes: each number as its difference from the one before, folded to be non-negative
 * (0, -1, 1, -2, ... become 0, 1, 2, 3, ...), seven bits a byte, least significant first, high bit set on all but the
 * last. Sorted and slowly changing columns take one or two bytes a number. Exact up to differences of 2^52.
 */

export function encodeColumn(values: ArrayLike<number>): Uint8Array {
  let bytes = new Uint8Array(values.length * 2 + 16);
  let length = 0;
  let previous = 0;
  for (let i = 0; i < values.length; i++) {
    if (length + 8 > bytes.length) {
      const larger = new Uint8Array(bytes.length * 2);
      larger.set(bytes);
      bytes = larger;
    }
    const difference = values[i] - previous;
    previous = values[i];
    let rest = difference >= 0 ? difference * 2 : -difference * 2 - 1;
    while (rest >= 128) {
      bytes[length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    bytes[length++] = rest;
  }
  return bytes.slice(0, length);
}

/** Fills `into` from bytes of `encodeColumn`. Answers whether there were exactly as many numbers, all whole. */
export function decodeColumn(bytes: Uint8Array, into: Float64Array | Int32Array): boolean {
  let at = 0;
  let previous = 0;
  for (let i = 0; i < into.length; i++) {
    let folded = 0;
    let factor = 1;
    for (;;) {
      if (at === bytes.length || factor > 2 ** 49) return false;
      const byte = bytes[at++];
      folded += (byte & 127) * factor;
      if (byte < 128) break;
      factor *= 128;
    }
    previous += folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
    into[i] = previous;
    if (into[i] !== previous) return false;
  }
  return at === bytes.length;
}
