import type { RunResult } from '../../protocol/run.ts';
import type { Bookmark } from '../../scenario/lecture.ts';

/** A bookmark on the overview. */
export interface Flag {
  readonly bookmark: Bookmark;
  /** Place along the run's simulated time, 0 to 1. */
  readonly at: number;
}

/** Where bookmarks lie. Steps within a bin of the run's series are taken as evenly spaced: a bin is about a pixel. */
export function flagsOf(bookmarks: readonly Bookmark[], { series, summary }: RunResult): readonly Flag[] {
  const { durationUs, steps } = summary;
  return bookmarks
    .filter(({ step }) => step < steps)
    .map((bookmark) => ({
      bookmark,
      at: durationUs <= 0 ? 0 : Math.min(1, timeOf(bookmark.step, series, steps) / durationUs),
    }));
}

function timeOf(step: number, { firstStep, count, binUs }: RunResult['series'], steps: number): number {
  let bin = 0;
  while (bin + 1 < count && firstStep[bin + 1] <= step) bin++;
  const next = bin + 1 < count ? firstStep[bin + 1] : steps;
  const inside = next > firstStep[bin] ? (step - firstStep[bin]) / (next - firstStep[bin]) : 0;
  return (bin + Math.max(0, inside)) * binUs;
}
