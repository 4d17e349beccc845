/** Best of five times of a loop of integer and memory work that no engine can leave out: the unit in which machines are compared. */
export function calibrate(): number {
  const cells = new Int32Array(1 << 16);
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    const startMs = performance.now();
    let x = 0x9e3779b9 | 0;
    for (let i = 0; i < 10_000_000; i++) {
      x ^= x << 13;
      x ^= x >>> 17;
      x ^= x << 5;
      cells[x & 0xffff] += x;
    }
    best = Math.min(best, performance.now() - startMs);
    // Every result has been written where the next round reads it.
    cells[0] = x;
  }
  return best;
}
