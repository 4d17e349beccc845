import type { Series, StageSeries } from './result.ts';

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
  'prefillUs',
  'mixedUs',
  'reservedTokensUs',
  'externalBlocksUs',
  'cachedBlocksUs',
] as const;

/** The same of each stage of a pipeline. */
const stageColumns = ['busyUs', 'prefillUs', 'mixedUs'] as const;

/** What happens in a stretch of time, as levels and counts. One instance is filled again for every stretch. */
export interface Stretch {
  /** -1 where nothing runs. */
  step: number;
  startUs: number;
  endUs: number;
  isBusy: boolean;
  prefillTokens: number;
  decodeTokens: number;
  paddingTokens: number;
  waiting: number;
  running: number;
  usedBlocks: number;
  wastedTokens: number;
  reservedTokens: number;
  externalBlocks: number;
  cachedBlocks: number;
  preemptions: number;
}

/** Sums over equal bins of simulated time, in fixed memory however long the run is. */
export class SeriesRecorder {
  private binUs = 1024;
  private used = 0;
  private readonly sums = columns.map(() => new Float64Array(MOST_BINS));
  private readonly firstStep = new Float64Array(MOST_BINS).fill(Number.POSITIVE_INFINITY);
  /** The bin of the last stretch and its bounds: most stretches lie in the same one. */
  private bin = 0;
  private binStartUs = 0;
  private binEndUs = 0;
  /** By column, then by stage; without stages in a single one. */
  private readonly stageSums: readonly (readonly Float64Array[])[];

  /** `stages`: of the pipeline that is told of beside the whole; a single one is the whole. */
  constructor(stages = 1) {
    const rows = stages > 1 ? stages : 0;
    this.stageSums = stageColumns.map(() => Array.from({ length: rows }, () => new Float64Array(MOST_BINS)));
  }

  /** Levels are spread over the time of the stretch; tokens and preemptions count where it ends. */
  add(stretch: Stretch): void {
    if (stretch.startUs < this.binStartUs || stretch.endUs >= this.binEndUs) this.addAcross(stretch);
    else this.addWithin(stretch, this.bin, stretch.endUs - stretch.startUs);
  }

  /** A step is in a stage from `fromUs` to `toUs`; the end of the whole step has been added before. */
  addStage(stage: number, fromUs: number, toUs: number, hasPrefill: boolean, hasDecodes: boolean): void {
    const { binUs } = this;
    const [busy, prefill, mixed] = this.stageSums;
    const phase = !hasPrefill ? null : hasDecodes ? mixed[stage] : prefill[stage];
    const last = Math.floor(toUs / binUs);
    for (let bin = Math.floor(fromUs / binUs); bin <= last; bin++) {
      const us = Math.min(toUs, (bin + 1) * binUs) - Math.max(fromUs, bin * binUs);
      busy[stage][bin] += us;
      if (phase !== null) phase[bin] += us;
    }
  }

  private addAcross(stretch: Stretch): void {
    const { startUs, endUs } = stretch;
    while (endUs >= this.binUs * MOST_BINS) this.joinPairs();
    const first = Math.floor(startUs / this.binUs);
    const last = Math.floor(endUs / this.binUs);
    if (last >= this.used) this.used = last + 1;
    if (stretch.step >= 0 && stretch.step < this.firstStep[first]) this.firstStep[first] = stretch.step;
    for (let bin = first; bin < last; bin++) {
      this.addLevels(stretch, bin, (bin + 1) * this.binUs - Math.max(startUs, bin * this.binUs));
    }
    this.bin = last;
    this.binStartUs = last * this.binUs;
    this.binEndUs = this.binStartUs + this.binUs;
    this.addWithin(stretch, last, endUs - Math.max(startUs, this.binStartUs));
  }

  /** The part of a stretch in the bin in which it ends. */
  private addWithin(stretch: Stretch, bin: number, us: number): void {
    const { sums } = this;
    if (stretch.step >= 0 && stretch.startUs >= this.binStartUs && stretch.step < this.firstStep[bin]) {
      this.firstStep[bin] = stretch.step;
    }
    sums[1][bin] += stretch.prefillTokens;
    sums[2][bin] += stretch.decodeTokens;
    sums[3][bin] += stretch.paddingTokens;
    sums[8][bin] += stretch.preemptions;
    this.addLevels(stretch, bin, us);
  }

  private addLevels(stretch: Stretch, bin: number, us: number): void {
    const { sums } = this;
    if (stretch.isBusy) {
      sums[0][bin] += us;
      if (stretch.prefillTokens > 0) sums[stretch.decodeTokens > 0 ? 10 : 9][bin] += us;
    }
    sums[4][bin] += stretch.waiting * us;
    sums[5][bin] += stretch.running * us;
    sums[6][bin] += stretch.usedBlocks * us;
    sums[7][bin] += stretch.wastedTokens * us;
    if (stretch.reservedTokens > 0) sums[11][bin] += stretch.reservedTokens * us;
    if (stretch.externalBlocks > 0) sums[12][bin] += stretch.externalBlocks * us;
    sums[13][bin] += stretch.cachedBlocks * us;
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
      prefillUs: read('prefillUs'),
      mixedUs: read('mixedUs'),
      reservedTokensUs: read('reservedTokensUs'),
      externalBlocksUs: read('externalBlocksUs'),
      cachedBlocksUs: read('cachedBlocksUs'),
    };
  }

  /** The stages' series so far, in the same bins. */
  finishStages(): StageSeries {
    const read = (name: (typeof stageColumns)[number]): Float64Array => {
      const rows = this.stageSums[stageColumns.indexOf(name)];
      const all = new Float64Array(rows.length * this.used);
      rows.forEach((row, stage) => {
        all.set(row.subarray(0, this.used), stage * this.used);
      });
      return all;
    };
    return { busyUs: read('busyUs'), prefillUs: read('prefillUs'), mixedUs: read('mixedUs') };
  }

  private joinPairs(): void {
    for (const sum of [...this.sums, ...this.stageSums.flat()]) {
      for (let bin = 0; bin < MOST_BINS / 2; bin++) sum[bin] = sum[2 * bin] + sum[2 * bin + 1];
      sum.fill(0, MOST_BINS / 2);
    }
    for (let bin = 0; bin < MOST_BINS / 2; bin++) {
      this.firstStep[bin] = Math.min(this.firstStep[2 * bin], this.firstStep[2 * bin + 1]);
    }
    this.firstStep.fill(Number.POSITIVE_INFINITY, MOST_BINS / 2);
    this.used = Math.ceil(this.used / 2);
    this.binUs *= 2;
    this.bin = Math.floor(this.bin / 2);
  }
}
