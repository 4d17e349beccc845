/** How many holders blocks would have if requests lost theirs, one after the other, while others begin to count on them. Nothing really changes. */
export class HolderTrial {
  private readonly holders: Int32Array;
  /** Holders in thought, of the blocks for which they differ from the real ones. */
  private readonly changed = new Map<number, number>();

  /** `holders`: the real ones, by block. */
  constructor(holders: Int32Array) {
    this.holders = holders;
  }

  /** Whether nobody has lost or taken anything in thought. */
  get isIdle(): boolean {
    return this.changed.size === 0;
  }

  /** Back to what is. */
  begin(): void {
    this.changed.clear();
  }

  /** One holder less for the first `count` blocks of a table; returns how many have none then. */
  lose(table: Int32Array, count: number): number {
    let freed = 0;
    for (let i = 0; i < count; i++) if (this.change(table[i], -1) === 0) freed++;
    return freed;
  }

  /** One holder more for the first `count` blocks. */
  hold(blocks: readonly number[], count: number): void {
    for (let i = 0; i < count; i++) this.change(blocks[i], 1);
  }

  /** How many of the blocks, from the first on, have a holder. */
  stillHeld(blocks: readonly number[]): number {
    let held = 0;
    while (held < blocks.length && this.of(blocks[held]) > 0) held++;
    return held;
  }

  private of(block: number): number {
    return this.changed.get(block) ?? this.holders[block];
  }

  private change(block: number, by: 1 | -1): number {
    const holders = this.of(block) + by;
    this.changed.set(block, holders);
    return holders;
  }
}
