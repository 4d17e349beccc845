import type { Fate } from './fates.ts';

/** What has become of the requests of a fleet so far, by request. Columns may be longer than there are requests. */
export class RequestFates {
  /** Tries so far. */
  tries = new Uint16Array(1024);
  /** The last of them; -1 = none was sent. */
  lastAttempt = new Int32Array(1024);
  fate = new Uint8Array(1024);
  fateUs = new Float64Array(1024);

  /** A request has arrived; they do so in order. */
  add(request: number): void {
    if (request === this.tries.length) this.grow(2 * request);
    this.lastAttempt[request] = -1;
  }

  set(request: number, fate: Fate, nowUs: number): void {
    this.fate[request] = fate;
    this.fateUs[request] = nowUs;
  }

  private grow(rows: number): void {
    const { tries, lastAttempt, fate, fateUs } = this;
    this.tries = new Uint16Array(rows);
    this.tries.set(tries);
    this.lastAttempt = new Int32Array(rows);
    this.lastAttempt.set(lastAttempt);
    this.fate = new Uint8Array(rows);
    this.fate.set(fate);
    this.fateUs = new Float64Array(rows);
    this.fateUs.set(fateUs);
  }
}
