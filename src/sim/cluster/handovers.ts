import type { Attempts } from './attempts.ts';
import type { Life } from './life.ts';
import { bytesLeft, type SplitConfig } from './split.ts';
import { Transfers } from './transfers.ts';

/** Where the KV of a prompt is that was computed elsewhere, one row a handover. Times are NaN until they come. */
export interface HandoverRow {
  readonly request: number;
  /** The tries that computed the prompt and that goes on with it. */
  readonly prefill: number;
  readonly decode: number;
  /** The instances of the two. */
  readonly from: number;
  readonly to: number;
  /** The prompt was done: from here on its blocks are held on both or either side. */
  readonly readyUs: number;
  /** The instance that decodes had blocks for it and asked for it; what had to come. */
  askedUs: number;
  bytes: number;
  /** The last byte had come, or (`isGivenUp`) nobody wanted it any more. */
  endUs: number;
  isGivenUp: boolean;
}

/**
 * The ways of KV from instances that prefill to those that decode. The decoding side asks for it as soon as it has blocks (it pulls); until it
 * has come the other side keeps its own. So a full pool of the one holds up the other.
 */
export class Handovers {
  readonly rows: HandoverRow[] = [];
  /** When prompts were thrown away that nobody could take, by the try that had computed them. */
  readonly discarded = new Map<number, number>();
  readonly transfers: Transfers;
  private readonly split: SplitConfig;
  private readonly attempts: Attempts;
  private readonly lives: readonly Life[];
  private readonly changed: (life: Life) => void;
  /** Rows on their way by the try that decodes. */
  private readonly open = new Map<number, number>();

  /** `changed`: told of lives that hear of the end of a transfer. */
  constructor(
    split: SplitConfig,
    instances: number,
    attempts: Attempts,
    lives: readonly Life[],
    changed: (life: Life) => void,
  ) {
    this.split = split;
    this.attempts = attempts;
    this.lives = lives;
    this.changed = changed;
    this.transfers = new Transfers(split.link, instances);
  }

  /** A prompt is done; `decode` is the try that goes on with it. */
  begin(decode: number, nowUs: number): void {
    const prefill = this.attempts.prefill[decode];
    this.open.set(decode, this.rows.length);
    this.rows.push({
      request: this.attempts.request[decode],
      prefill,
      decode,
      from: this.lifeOf(prefill).instance,
      to: this.lifeOf(decode).instance,
      readyUs: nowUs,
      askedUs: Number.NaN,
      bytes: 0,
      endUs: Number.NaN,
      isGivenUp: false,
    });
  }

  /** The try has blocks for `tokens` tokens and asks for their KV. */
  ask(decode: number, tokens: number, nowUs: number): void {
    const row = this.rowOf(decode);
    if (row === null) return;
    const { sequences } = this.lifeOf(row.prefill).simulation.engine;
    const local = this.attempts.local[row.prefill];
    // What was found in the cache left at once.
    const prefillUs = row.readyUs - sequences.firstScheduledUs[local];
    row.askedUs = nowUs;
    // The token that was given already has no KV yet.
    const known = this.split.firstToken === 'prefill' ? tokens - 1 : tokens;
    row.bytes = bytesLeft(this.split, Math.max(0, known), prefillUs);
  }

  /** The two sides have found each other: bytes flow. */
  flow(decode: number, nowUs: number): void {
    const number = this.open.get(decode);
    if (number === undefined) return;
    const { from, to, bytes } = this.rows[number];
    this.transfers.begin(number, from, to, bytes, nowUs);
  }

  /** Transfers that are complete: both sides know now. */
  complete(nowUs: number): void {
    for (const number of this.transfers.takeComplete(nowUs)) this.close(this.rows[number], nowUs, false);
  }

  /** The try has ended or is given up: nobody wants the rest, and both sides may free their blocks. */
  drop(decode: number, nowUs: number): void {
    const row = this.rowOf(decode);
    if (row !== null) this.close(row, nowUs, true);
  }

  /** Tries that wait for KV of a life that died. */
  waitingFor(life: number): readonly number[] {
    return [...this.open.keys()].filter((decode) => this.attempts.life[this.attempts.prefill[decode]] === life);
  }

  /** Nobody could take a prompt that is done: its blocks are free. */
  discard(prefill: number, nowUs: number): void {
    this.discarded.set(prefill, nowUs);
    this.tell(prefill, nowUs);
  }

  private rowOf(decode: number): HandoverRow | null {
    const number = this.open.get(decode);
    return number === undefined ? null : this.rows[number];
  }

  private close(row: HandoverRow, nowUs: number, isGivenUp: boolean): void {
    const number = this.open.get(row.decode);
    if (number !== undefined) this.transfers.cancel(number, nowUs);
    this.open.delete(row.decode);
    row.endUs = nowUs;
    row.isGivenUp = isGivenUp;
    this.tell(row.prefill, nowUs);
    this.tell(row.decode, nowUs);
  }

  private tell(attempt: number, nowUs: number): void {
    const life = this.lifeOf(attempt);
    if (life.endUs <= nowUs) return;
    life.connector?.endTransfer(this.attempts.local[attempt], nowUs);
    this.changed(life);
  }

  private lifeOf(attempt: number): Life {
    return this.lives[this.attempts.life[attempt]];
  }
}
