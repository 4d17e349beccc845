import type { Simulation } from '../simulation.ts';

/** Free blocks that the next request cannot have, asked for again only when something was decided, taken, freed or has arrived. */
export class ExternalBlocks {
  private freeBlocks = -1;
  private waitingCount = -1;
  private last = 0;

  blocks({ engine }: Simulation): number {
    const { memory, policy, decisions } = engine;
    if (memory.unusableBlocks === undefined) return 0;
    const { freeBlocks } = memory;
    const { waitingCount } = policy;
    if (freeBlocks === this.freeBlocks && waitingCount === this.waitingCount && decisions.count === 0) return this.last;
    this.freeBlocks = freeBlocks;
    this.waitingCount = waitingCount;
    this.last = memory.unusableBlocks(policy.waitingHead ?? policy.waiting()[0] ?? -1);
    return this.last;
  }
}
