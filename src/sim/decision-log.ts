import type { Because, DecisionKind } from './decision.ts';

/** What stands in the way of something, with its numbers in the rule's unit. */
export interface Obstacle {
  readonly because: Because;
  readonly need: number;
  readonly have: number;
}

/** The decisions of one step in columns, in the order they were taken. Codes and units: `decision.ts`. */
export class DecisionLog {
  count = 0;
  kind = new Uint8Array(64);
  request = new Int32Array(64);
  because = new Uint8Array(64);
  need = new Int32Array(64);
  have = new Int32Array(64);
  other = new Int32Array(64);

  clear(): void {
    this.count = 0;
  }

  add(kind: DecisionKind, request: number, because: Because, need: number, have: number, other = -1): void {
    const at = this.count;
    if (at === this.kind.length) this.grow();
    this.kind[at] = kind;
    this.request[at] = request;
    this.because[at] = because;
    this.need[at] = need;
    this.have[at] = have;
    this.other[at] = other;
    this.count = at + 1;
  }

  /** What the last decision says stood in the way. */
  last(): Obstacle {
    const at = this.count - 1;
    return { because: this.because[at] as Because, need: this.need[at], have: this.have[at] };
  }

  /** The same, of a decision that is taken back: as though it had not been made. */
  takeBack(): Obstacle {
    const obstacle = this.last();
    this.count -= 1;
    return obstacle;
  }

  private grow(): void {
    const size = this.kind.length * 2;
    const ints = (from: Int32Array): Int32Array<ArrayBuffer> => {
      const to = new Int32Array(size);
      to.set(from);
      return to;
    };
    const bytes = (from: Uint8Array): Uint8Array<ArrayBuffer> => {
      const to = new Uint8Array(size);
      to.set(from);
      return to;
    };
    this.kind = bytes(this.kind);
    this.because = bytes(this.because);
    this.request = ints(this.request);
    this.need = ints(this.need);
    this.have = ints(this.have);
    this.other = ints(this.other);
  }
}
