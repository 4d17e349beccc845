/**
 * How the prompts of a step share the tokens that are left for them, in TensorRT-LLM (microBatchScheduler.cpp and scheduler.py,
 * `PyMicroBatchScheduler`, main of 2026). `remaining` and `reusable` are columns, one entry a prompt: tokens not computed yet,
 * and how many of those whole blocks of the cache spare it.
 */

/**
 * Tokens that a chunk makes the step compute. What is in the cache moves the chunk on instead of making it shorter, so
 * only the last chunk of a prompt gets cheaper by it.
 */
export function chunkCost(chunk: number, reusable: number, remaining: number): number {
  if (reusable === 0 || reusable + chunk < remaining) return chunk;
  return Math.max(0, remaining - reusable);
}

/**
 * Drafts that prompts keep which end with their chunk, where chunks had to be cut: no more than there are places for behind the
 * chunk in its last unit, as none may cost a block of its own, than a step may have (`longest`), and than the step has left.
 * The engine counts all those places as used, however few drafts go there.
 */
export function keptDrafts(
  chunks: readonly number[],
  remaining: readonly number[],
  reusable: readonly number[],
  drafts: readonly number[],
  capacity: number,
  unit: number,
  longest: number,
): number[] {
  let used = chunks.reduce((sum, chunk, i) => sum + chunkCost(chunk, reusable[i], remaining[i]), 0);
  return chunks.map((chunk, i) => {
    if (chunk < remaining[i] || drafts[i] === 0) return 0;
    const places = (unit - (chunk % unit)) % unit;
    const space = Math.max(0, Math.min(places, longest - chunk, capacity - used));
    used += space;
    return Math.min(drafts[i], space);
  });
}

/** FIRST_COME_FIRST_SERVED: each takes all it wants, or whole units of what is left. */
export function chunkInOrder(
  remaining: readonly number[],
  reusable: readonly number[],
  capacity: number,
  unit: number,
): number[] {
  let left = capacity;
  return remaining.map((wanted, i) => {
    const fits = chunkCost(wanted, reusable[i], wanted) <= left;
    const chunk = fits ? wanted : Math.floor(Math.min(wanted, left) / unit) * unit;
    left -= chunkCost(chunk, reusable[i], wanted);
    return chunk;
  });
}

/** EQUAL_PROGRESS: each in turn takes one more unit, as long as that fits. */
export function chunkEqually(
  remaining: readonly number[],
  reusable: readonly number[],
  capacity: number,
  unit: number,
): number[] {
  const chunks = remaining.map(() => 0);
  let used = 0;
  for (let progress = 1; progress > 0 && used < capacity; ) {
    progress = 0;
    for (let i = 0; i < chunks.length; i++) {
      const larger = Math.min(chunks[i] + unit, remaining[i]);
      const more = chunkCost(larger, reusable[i], remaining[i]) - chunkCost(chunks[i], reusable[i], remaining[i]);
      if (used + more > capacity) continue;
      progress += larger - chunks[i];
      used += more;
      chunks[i] = larger;
    }
  }
  return chunks;
}
