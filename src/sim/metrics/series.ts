import type { Series } from './result.ts';

/** Most bins kept; when a run outgrows them, pairs are joined and bins become twice as wide. */
const MOST_BINS = 1024;

/** Columns of a series, in one order for adding, joining and reading. */
const columns = [
  'busyUs',
  'prefillTokens',
  'decodeTokens',
  'paddingTokens',
  'waitingUs',
  'runningUs',
  'usedBlocksUs',
  'wastedTokensUs',
  'preemptions',
] as const;

/** What happened in a stretch of time, as levels and counts. */
export interface Stretch {
  readonly step: number;
  readonly startUs: number;
  readonly endUs: number;
  readonly isBusy: boolean;
  readonly prefillTokens: number;
  readonly decodeTokens: number;
  readonly paddingTokens: number;
  readonly waiting: number;
  readonly running: number;
  readonly usedBlocks: number;
  readonly wastedTokens: number;
  readonly preemptions: number;
}

/** Sums over equal bins of simulated time, in fixed memory however long the run is. */
export class SeriesRecorder {
  private binUs = 1024;
  private used = 0;
  private readonly sums = columns.map(() => new Float64Array(MOST_BINS));
  private readonly firstStep = new Float64Array(MOST_BINS).fill(Number.POSITIVE_INFINITY);

  /** Levels are spread over the time of the stretch; tokens and preemptions count where it ends. */
  add(stretch: Stretch): void {
    const { startUs, endUs } = stretch;
    while (endUs >= this.binUs * MOST_BINS) this.joinPairs();
    const last = Math.floor(endUs / this.binUs);
    const first = Math.floor(startUs / this.binUs);
    if (last >= this.used) this.used = last + 1;
    if (stretch.step >= 0 && stretch.step < this.firstStep[first]) this.firstStep[first] = stretch.step;
    const [busy, prefill, decode, padding, waiting, running, usedBlocks, wasted, preemptions] = this.sums;
    prefill[last] += stretch.prefillTokens;
    decode[last] += stretch.decodeTokens;
    padding[last] += stretch.paddingTokens;
    preemptions[last] += stretch.preemptions;
    for (let bin = first; bin <= last; bin++) {
      const us = Math.min(endUs, (bin + 1) * this.binUs) - Math.max(startUs, bin * this.binUs);
      if (stretch.isBusy) busy[bin] += us;
      waiting[bin] += stretch.waiting * us;
      running[bin] += stretch.running * us;
      usedBlocks[bin] += stretch.usedBlocks * us;
      wasted[bin] += stretch.wastedTokens * us;
    }
  }

  /** The series so far. A bin in which no step starts gets the number of the next step. */
  finish(steps: number): Series {
    const firstStep = this.firstStep.slice(0, this.used);
    let next = steps;
    for (let bin = this.used - 1; bin >= 0; bin--) {
      next = Math.min(next, firstStep[bin]);
      firstStep[bin] = next;
    }
    const read = (name: (typeof columns)[number]): Float64Array => this.sums[columns.indexOf(name)].slice(0, this.used);
    return {
      count: this.used,
      binUs: this.binUs,
      firstStep,
      busyUs: read('busyUs'),
      prefillTokens: read('prefillTokens'),
      decodeTokens: read('decodeTokens'),
      paddingTokens: read('paddingTokens'),
      waitingUs: read('waitingUs'),
      runningUs: read('runningUs'),
      usedBlocksUs: read('usedBlocksUs'),
      wastedTokensUs: read('wastedTokensUs'),
      preemptions: read('preemptions'),
    };
  }

  private joinPairs(): void {
    for (const sum of this.sums) {
      for (let bin = 0; bin < MOST_BINS / 2; bin++) sum[bin] = sum[2 * bin] + sum[2 * bin + 1];
      sum.fill(0, MOST_BINS / 2);
    }
    for (let bin = 0; bin < MOST_BINS / 2; bin++) {
      this.firstStep[bin] = Math.min(this.firstStep[2 * bin], this.firstStep[2 * bin + 1]);
    }
    this.firstStep.fill(Number.POSITIVE_INFINITY, MOST_BINS / 2);
    this.used = Math.ceil(this.used / 2);
    this.binUs *= 2;
  }
}
