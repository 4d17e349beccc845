import { Part } from './split.ts';

/** Tries of requests: each is one request at one instance. A request that is sent again, or whose decode is elsewhere, has several. */

/** What became of a try. */
export const AttemptEnd = {
  open: 0,
  finished: 1,
  /** The engine can never serve it. */
  refused: 2,
  /** The client waited long enough. */
  timedOut: 3,
  /** The instance died. */
  lost: 4,
} as const;
export type AttemptEnd = (typeof AttemptEnd)[keyof typeof AttemptEnd];

/** Columns, one row a try, in the order in which they were sent. */
export class Attempts {
  count = 0;
  /** The fleet's request. */
  request = new Int32Array(1024);
  /** Number of the life it was sent to, and its row there. */
  life = new Int32Array(1024);
  local = new Int32Array(1024);
  /** Which `Part` of the request it is; and the try that computed the prompt, if another one did (else -1). */
  part = new Uint8Array(1024);
  prefill = new Int32Array(1024);
  sentUs = new Float64Array(1024);
  /** An `AttemptEnd`, and when. */
  end = new Uint8Array(1024);
  endUs = new Float64Array(1024);

  /** Appends a try. Its row at the instance is set once it is there. */
  push(request: number, life: number, sentUs: number, part: Part = Part.whole, prefill = -1): number {
    const id = this.count++;
    if (id === this.request.length) this.grow(2 * id);
    this.request[id] = request;
    this.life[id] = life;
    this.sentUs[id] = sentUs;
    this.part[id] = part;
    this.prefill[id] = prefill;
    this.endUs[id] = Number.NaN;
    return id;
  }

  private grow(rows: number): void {
    const longer = <T extends Int32Array | Float64Array | Uint8Array>(to: T, from: T): T => {
      to.set(from);
      return to;
    };
    this.request = longer(new Int32Array(rows), this.request);
    this.life = longer(new Int32Array(rows), this.life);
    this.local = longer(new Int32Array(rows), this.local);
    this.part = longer(new Uint8Array(rows), this.part);
    this.prefill = longer(new Int32Array(rows), this.prefill);
    this.sentUs = longer(new Float64Array(rows), this.sentUs);
    this.end = longer(new Uint8Array(rows), this.end);
    this.endUs = longer(new Float64Array(rows), this.endUs);
  }
}
