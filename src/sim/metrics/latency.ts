import type { Sequences } from '../sequences.ts';
import { Histogram } from './histogram.ts';

/**
 * Stamps the tokens of a completed batch and collects the gaps between them. Most requests got their last token from
 * the batch before, so their gap is the same number: it is counted and added once.
 */
export class TokenClock {
  readonly ttft = new Histogram();
  readonly itl = new Histogram();
  private readonly sequences: Sequences;
  private readonly isCounting: boolean;
  /** Tokens delivered so far. */
  delivered = 0;
  private nowUs = 0;
  private previousUs = 0;
  private commonGaps = 0;

  /** Without `isCounting` only the stamps are kept, for looking at single steps. */
  constructor(sequences: Sequences, isCounting: boolean) {
    this.sequences = sequences;
    this.isCounting = isCounting;
  }

  /** A batch delivers its tokens now. */
  begin(nowUs: number): void {
    this.nowUs = nowUs;
    this.commonGaps = 0;
  }

  /** One more token of a request. */
  token(request: number): void {
    const { sequences } = this;
    const last = sequences.lastTokenUs[request];
    this.delivered++;
    if (sequences.generated[request]++ === 0) {
      sequences.firstTokenUs[request] = this.nowUs;
      if (this.isCounting) this.ttft.add(this.nowUs - sequences.requests.arrivalUs[request], 1);
    } else if (last === this.previousUs) this.commonGaps++;
    else if (this.isCounting) this.itl.add(this.nowUs - last, 1);
    sequences.lastTokenUs[request] = this.nowUs;
  }

  /** One more token of each of `count` requests that got their last one from the batch before. */
  tokens(count: number): void {
    this.delivered += count;
    this.commonGaps += count;
  }

  end(): void {
    if (this.commonGaps > 0 && this.isCounting) this.itl.add(this.nowUs - this.previousUs, this.commonGaps);
    this.previousUs = this.nowUs;
  }

  save(): TokenClockState {
    return { previousUs: this.previousUs, delivered: this.delivered };
  }

  restore(state: TokenClockState): void {
    this.previousUs = state.previousUs;
    this.delivered = state.delivered;
  }
}

export interface TokenClockState {
  readonly previousUs: number;
  readonly delivered: number;
}
