/** Two pools, block by block: which of the two runs uses it. */

import { BlockState, type PoolColumns } from '../../protocol/frame.ts';

/** Who uses a block. `same`: the same request in both; `other`: two different ones. */
export const Held = { neither: 0, onlyA: 1, onlyB: 2, same: 3, other: 4 } as const;

export type Pool = Pick<PoolColumns, 'count' | 'state' | 'owner'>;

/** Neither free nor only cached: what a run cannot give to somebody else at once. By `BlockState`. */
const isHeld = Uint8Array.from(Object.values(BlockState), (state) =>
  state === BlockState.free || state === BlockState.cached ? 0 : 1,
);

export function isUsed({ state, count }: Pool, block: number): boolean {
  return block < count && isHeld[state[block]] !== 0;
}

/** A `Held`. */
export function heldIn(a: Pool, b: Pool, block: number): number {
  if (!isUsed(a, block)) return isUsed(b, block) ? Held.onlyB : Held.neither;
  if (!isUsed(b, block)) return Held.onlyA;
  return a.owner[block] === b.owner[block] ? Held.same : Held.other;
}

export interface PoolDifference {
  /** By block, its `Held`. Good until another two pools are compared. */
  readonly held: Uint8Array;
  /** Blocks by `Held`. */
  readonly counts: Int32Array;
  readonly usedA: number;
  readonly usedB: number;
}

/** The two that were compared last: the picture, its key and the panel's words ask for the same. */
let last: { readonly a: Pool; readonly b: Pool; readonly difference: PoolDifference } | null = null;

export function poolDifference(a: Pool, b: Pool): PoolDifference {
  if (last !== null && last.a === a && last.b === b) return last.difference;
  const count = Math.max(a.count, b.count);
  const kept = last?.difference.held;
  const held = kept?.length === count ? kept : new Uint8Array(count);
  const counts = new Int32Array(Object.keys(Held).length);
  compareBoth(a, b, held, counts);
  for (let block = Math.min(a.count, b.count); block < count; block++) {
    held[block] = heldIn(a, b, block);
    counts[held[block]]++;
  }
  const both = counts[Held.same] + counts[Held.other];
  const difference = { held, counts, usedA: both + counts[Held.onlyA], usedB: both + counts[Held.onlyB] };
  last = { a, b, difference };
  return difference;
}

/** `heldIn` of every block that both pools have, on their columns: there are tens of thousands, compared with every step. */
function compareBoth(a: Pool, b: Pool, held: Uint8Array, counts: Int32Array): void {
  const count = Math.min(a.count, b.count);
  const { state: stateA, owner: ownerA } = a;
  const { state: stateB, owner: ownerB } = b;
  let [usedA, usedB, usedByBoth, usedByOthers] = [0, 0, 0, 0];
  for (let block = 0; block < count; block++) {
    const inA = isHeld[stateA[block]];
    const inB = isHeld[stateB[block]];
    const inBoth = inA & inB;
    const isOther = inBoth & (ownerA[block] === ownerB[block] ? 0 : 1);
    usedA += inA;
    usedB += inB;
    usedByBoth += inBoth;
    usedByOthers += isOther;
    // A `Held`: `onlyA` and `onlyB` are the bits of `same`, and `other` comes behind it.
    held[block] = inA + 2 * inB + isOther;
  }
  counts[Held.onlyA] += usedA - usedByBoth;
  counts[Held.onlyB] += usedB - usedByBoth;
  counts[Held.same] += usedByBoth - usedByOthers;
  counts[Held.other] += usedByOthers;
  counts[Held.neither] += count - (usedA + usedB - usedByBoth);
}
