/** Two pools, block by block: which of the two runs uses it. */

import { BlockState, type PoolColumns } from '../../protocol/frame.ts';

/** Who uses a block. `same`: the same request in both; `other`: two different ones. */
export const Held = { neither: 0, onlyA: 1, onlyB: 2, same: 3, other: 4 } as const;

export type Pool = Pick<PoolColumns, 'count' | 'state' | 'owner'>;

/** Neither free nor only cached: what a run cannot give to somebody else at once. */
export function isUsed({ state, count }: Pool, block: number): boolean {
  return block < count && state[block] !== BlockState.free && state[block] !== BlockState.cached;
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
  for (let block = 0; block < count; block++) {
    const by = heldIn(a, b, block);
    held[block] = by;
    counts[by]++;
  }
  const both = counts[Held.same] + counts[Held.other];
  const difference = { held, counts, usedA: both + counts[Held.onlyA], usedB: both + counts[Held.onlyB] };
  last = { a, b, difference };
  return difference;
}
