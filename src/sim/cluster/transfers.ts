/**
 * KV on its way between instances. Every instance has a link out and a link in; the transfers on a link share it equally, and
 * one that crosses two goes at the slower of its two shares (processor sharing, not max-min: what it leaves unused elsewhere stays unused).
 */

/** The link between pools. */
export interface TransferLink {
  /** Effective rate out of an instance, and into one. */
  readonly outBytesPerS: number;
  readonly inBytesPerS: number;
  /** Before the first byte leaves: the two instances find each other and register memory. */
  readonly setupUs: number;
}

interface Flow {
  readonly id: number;
  readonly from: number;
  readonly to: number;
  left: number;
  bytesPerUs: number;
  dueUs: number;
}

export class Transfers {
  /** When the next transfer is complete; Infinity if none is on its way. */
  nextUs = Number.POSITIVE_INFINITY;
  private readonly link: TransferLink;
  private readonly leaving: Int32Array;
  private readonly entering: Int32Array;
  private readonly flows: Flow[] = [];
  private sinceUs = 0;

  constructor(link: TransferLink, instances: number) {
    this.link = link;
    this.leaving = new Int32Array(instances);
    this.entering = new Int32Array(instances);
  }

  /** Transfers on their way. */
  get size(): number {
    return this.flows.length;
  }

  /** Bytes that are still to come to an instance. */
  enteringBytes(to: number, nowUs: number): number {
    let bytes = 0;
    for (const flow of this.flows) {
      if (flow.to === to) bytes += Math.max(0, flow.left - flow.bytesPerUs * (nowUs - this.sinceUs));
    }
    return bytes;
  }

  begin(id: number, from: number, to: number, bytes: number, nowUs: number): void {
    this.advance(nowUs);
    this.leaving[from]++;
    this.entering[to]++;
    this.flows.push({ id, from, to, left: bytes, bytesPerUs: 0, dueUs: 0 });
    this.share(nowUs);
  }

  /** Gives a transfer up, if it is on its way. */
  cancel(id: number, nowUs: number): void {
    const at = this.flows.findIndex((flow) => flow.id === id);
    if (at < 0) return;
    this.advance(nowUs);
    this.remove(at);
    this.share(nowUs);
  }

  /** Takes out the transfers that are complete by `nowUs`, in the order in which they began. */
  takeComplete(nowUs: number): readonly number[] {
    this.advance(nowUs);
    const done: number[] = [];
    for (let at = 0; at < this.flows.length; ) {
      if (this.flows[at].dueUs > nowUs) at++;
      else {
        done.push(this.flows[at].id);
        this.remove(at);
      }
    }
    if (done.length > 0) this.share(nowUs);
    return done;
  }

  private remove(at: number): void {
    const [{ from, to }] = this.flows.splice(at, 1);
    this.leaving[from]--;
    this.entering[to]--;
  }

  /** Moves the bytes of the time since the last change. */
  private advance(nowUs: number): void {
    const spentUs = nowUs - this.sinceUs;
    if (spentUs > 0) for (const flow of this.flows) flow.left = Math.max(0, flow.left - flow.bytesPerUs * spentUs);
    this.sinceUs = nowUs;
  }

  /** Divides the links anew. */
  private share(nowUs: number): void {
    const { outBytesPerS, inBytesPerS } = this.link;
    this.nextUs = Number.POSITIVE_INFINITY;
    for (const flow of this.flows) {
      flow.bytesPerUs = Math.min(outBytesPerS / this.leaving[flow.from], inBytesPerS / this.entering[flow.to]) / 1e6;
      flow.dueUs = Math.ceil(nowUs + flow.left / flow.bytesPerUs);
      if (flow.dueUs < this.nextUs) this.nextUs = flow.dueUs;
    }
  }
}
