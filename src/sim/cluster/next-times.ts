/**
 * When something happens next at each of several instances, and at which first; of equal times the first instance's. A tree of matches
 * between neighbours: a changed time is played up to the top, so that it costs the logarithm of their number.
 *
 * Layout: node 1 is the top, those below node n are 2n and 2n + 1, and instance i is the leaf `leaves + i`; a node names its winner.
 */
export class NextTimes {
  private readonly leaves: number;
  private readonly us: Float64Array;
  private readonly winners: Int32Array;

  /** Nothing happens anywhere yet. */
  constructor(instances: number) {
    let leaves = 1;
    while (leaves < instances) leaves *= 2;
    this.leaves = leaves;
    this.us = new Float64Array(this.leaves).fill(Number.POSITIVE_INFINITY);
    this.winners = new Int32Array(2 * this.leaves);
    for (let i = 0; i < this.leaves; i++) this.winners[this.leaves + i] = i;
    for (let node = this.leaves - 1; node > 0; node--) this.winners[node] = this.winners[2 * node];
  }

  /** The instance at which something happens first. */
  get first(): number {
    return this.winners[1];
  }

  /** When; Infinity = nothing happens anywhere. */
  get firstUs(): number {
    return this.us[this.winners[1]];
  }

  set(instance: number, us: number): void {
    const times = this.us;
    if (times[instance] === us) return;
    times[instance] = us;
    const { winners } = this;
    for (let node = (this.leaves + instance) >> 1; node > 0; node >>= 1) {
      const left = winners[2 * node];
      const right = winners[2 * node + 1];
      winners[node] = times[right] < times[left] ? right : left;
    }
  }
}
