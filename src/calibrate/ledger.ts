/** The measured points so far, and the decision whether to take another one. */

import type { Session } from './device.ts';
import { isSameSeries } from './model.ts';
import type { Plan } from './plan.ts';
import type { Pool } from './pool.ts';
import type { Point, Shape, SkippedShape, Work } from './result.ts';
import type { Measurement, Timer } from './timing.ts';
import { type BoundWork, bind, checkSome, clearResult, type ReadyKernel } from './work.ts';

export interface Ledger {
  readonly points: Point[];
  readonly skipped: SkippedShape[];
  /** Measures and checks a shape, unless there is no room or time for it, or the points so far predict that it takes too long. */
  take(kernel: ReadyKernel, shape: Shape): Promise<void>;
  /** Microseconds of a shape, without keeping the point; infinite where there is no room. */
  timeOnly(kernel: ReadyKernel, shape: Shape): Promise<number>;
  /** The shapes to try: by the wall clock a shape takes several times as long, so every second one has to do. */
  affordable(shapes: readonly Shape[]): readonly Shape[];
  /** The first of some shapes, largest first, that should take a few milliseconds; the last one if none does. */
  firstShort(shapes: readonly Shape[]): Shape;
  /** Drops all points of a kernel. */
  forget(kernel: ReadyKernel): void;
  clear(): void;
}

export interface Pace {
  /** The time of the whole run is up. */
  readonly isLate: () => boolean;
  /** Rate of f32 products that the warm GPU reached: what is known before there are points. */
  readonly flopsPerSecond: number;
}

/** A shape of a contest takes about this long at most. */
const contestUs = 20_000;

export function createLedger(session: Session, pool: Pool, timer: Timer, plan: Plan, pace: Pace): Ledger {
  const points: Point[] = [];
  const skipped: SkippedShape[] = [];

  /** Times the work and believes the time only if the result is right. */
  const measure = async (work: BoundWork, expectedUs: number): Promise<Measurement> => {
    clearResult(session, pool, work);
    const measured = await timer.measure(work.job, work.kernel.family, expectedUs);
    await checkSome(session, pool, work, measured.lastPass);
    return measured;
  };

  return {
    points,
    skipped,
    async take(ready, shape) {
      const { family, precision, variant, id } = ready.kernel;
      const key = { family, precision, variant };
      const work = bind(session, pool, ready, shape);
      if (work === null) {
        skipped.push({ ...key, shape, because: 'no-room', predictedUs: 0 });
        return;
      }
      try {
        const own = points.filter((point) => isSameSeries(point, key));
        const predicted = predictFromRates(own, work.computation.work);
        // The first of a series is small, and without it there is nothing to report.
        if (own.length > 0 && (predicted > plan.maxShapeUs || pace.isLate())) {
          const because = predicted > plan.maxShapeUs ? 'too-long' : 'out-of-time';
          skipped.push({ ...key, shape, because, predictedUs: predicted });
          return;
        }
        const { lastPass: _, ...times } = await measure(work, predicted);
        points.push({ ...key, kernel: id, shape, work: work.computation.work, ...times, isHeldOut: false });
      } finally {
        work.destroy();
      }
    },
    async timeOnly(ready, shape) {
      const work = bind(session, pool, ready, shape);
      if (work === null) return Number.POSITIVE_INFINITY;
      const { us } = await measure(work, 0);
      work.destroy();
      return us;
    },
    affordable: (shapes) => (timer.source() === 'wall' ? shapes.filter((_, i) => i % 2 === 0) : shapes),
    firstShort(shapes) {
      const flops = (shape: Shape) => (shape.kind === 'product' ? 2 * shape.m * shape.n * shape.k : 0);
      const isShort = (shape: Shape) => (flops(shape) * 1e6) / pace.flopsPerSecond <= contestUs;
      return shapes.find(isShort) ?? shapes[shapes.length - 1];
    },
    forget({ kernel }) {
      const kept = points.filter((point) => point.kernel !== kernel.id);
      points.splice(0, points.length, ...kept);
    },
    clear() {
      points.length = 0;
      skipped.length = 0;
    },
  };
}

/** Time by the best rates that the series has reached so far; 0 if it has no point. Larger shapes rarely run slower. */
export function predictFromRates(points: readonly Point[], work: Pick<Work, 'bytes' | 'flops'>): number {
  if (points.length === 0) return 0;
  const best = (amount: (work: Point['work']) => number) => Math.max(...points.map((p) => amount(p.work) / p.us));
  const flopsRate = best(({ flops }) => flops);
  return Math.max(work.bytes / best(({ bytes }) => bytes), flopsRate > 0 ? work.flops / flopsRate : 0);
}
