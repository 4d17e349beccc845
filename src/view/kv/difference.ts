/** Two pools, block by block: which of the two runs uses it. Costs one pass and no memory of its own. */

import { BlockState, type PoolColumns } from '../../protocol/frame.ts';

/** Who uses a block. `same`: the same request in both; `other`: two different ones. */
export const Held = { neither: 0, onlyA: 1, onlyB: 2, same: 3, other: 4 } as const;

export type Pool = Pick<PoolColumns, 'count' | 'state' | 'owner'>;

/** Neither free nor only cached: what a run cannot give to somebody else at once. */
export function isUsed(pool: Pool, block: number): boolean {
  const state = pool.state[block];
  return block < pool.count && state !== BlockState.free && state !== BlockState.cached;
}

/** A `Held`. */
export function heldIn(a: Pool, b: Pool, block: number): number {
  const [inA, inB] = [isUsed(a, block), isUsed(b, block)];
  if (inA && inB) return a.owner[block] === b.owner[block] ? Held.same : Held.other;
  if (inA) return Held.onlyA;
  return inB ? Held.onlyB : Held.neither;
}

export interface PoolDifference {
  /** Blocks by `Held`. */
  readonly counts: Int32Array;
  readonly usedA: number;
  readonly usedB: number;
}

export function poolDifference(a: Pool, b: Pool): PoolDifference {
  const counts = new Int32Array(Object.keys(Held).length);
  const count = Math.max(a.count, b.count);
  for (let block = 0; block < count; block++) counts[heldIn(a, b, block)]++;
  const both = counts[Held.same] + counts[Held.other];
  return { counts, usedA: both + counts[Held.onlyA], usedB: both + counts[Held.onlyB] };
}
