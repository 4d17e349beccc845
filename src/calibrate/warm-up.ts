/** Brings the GPU's clock up before anything is timed. */

import type { Session } from './device.ts';
import type { Plan } from './plan.ts';
import type { Shape } from './result.ts';
import { encodePass, type Timer } from './timing.ts';
import type { BoundWork } from './work.ts';

export interface WarmUp {
  /** The largest shape that takes a few milliseconds here: the anchor of the run. */
  readonly work: BoundWork;
  readonly ms: number;
  readonly firstFlopsPerSecond: number;
  readonly lastFlopsPerSecond: number;
  readonly bestFlopsPerSecond: number;
}

interface WarmUpOptions {
  /** Null for a shape that does not fit. */
  readonly work: (shape: Shape) => BoundWork | null;
  readonly onProgress: (share: number) => void;
}

/** The anchor shape takes at most this long, even on a cold GPU. */
const maxAnchorUs = 10_000;
/** Work queued per submit. Two are in flight, so the GPU never idles. */
const submitUs = 20_000;
const sliceMs = 250;
/** Still getting faster: the last two slices beat the two before by more than this. */
const minRise = 1.02;

export async function warmUp(session: Session, timer: Timer, plan: Plan, options: WarmUpOptions): Promise<WarmUp> {
  const { device } = session;
  const fitting = plan.warmUp.map(options.work).filter((work) => work !== null);
  let [work] = fitting;
  let us = await timeOnce(timer, work);
  const flops = ({ computation }: BoundWork) => computation.work.flops;
  for (const next of fitting.slice(1)) {
    if ((us * flops(next)) / flops(work) > maxAnchorUs) break;
    work = next;
    us = await timeOnce(timer, work);
  }
  for (const other of fitting) if (other !== work) other.destroy();

  const dispatches = Math.max(1, Math.min(1000, Math.round(submitUs / us)));
  const submit = (): Promise<undefined> => {
    const encoder = device.createCommandEncoder();
    encodePass(encoder, work.job, dispatches);
    device.queue.submit([encoder.finish()]);
    const done = device.queue.onSubmittedWorkDone();
    // One submit is always ahead of the one being waited for; if the run ends there, nobody listens to it.
    done.catch(() => undefined);
    return done;
  };

  const startMs = session.now();
  const rates: number[] = [];
  let sliceStartMs = startMs;
  let sliceDispatches = 0;
  let inFlight = submit();
  for (;;) {
    const next = submit();
    await session.wait(inFlight);
    inFlight = next;
    sliceDispatches += dispatches;

    const nowMs = session.now();
    const elapsedMs = nowMs - startMs;
    if (nowMs - sliceStartMs >= Math.min(sliceMs, plan.minWarmUpMs)) {
      rates.push((sliceDispatches * flops(work) * 1000) / (nowMs - sliceStartMs));
      sliceStartMs = nowMs;
      sliceDispatches = 0;
      options.onProgress(Math.min(1, elapsedMs / plan.minWarmUpMs));
    }
    const isEnough = elapsedMs >= plan.minWarmUpMs && rates.length > 0;
    if (isEnough && (elapsedMs >= plan.maxWarmUpMs || !isRising(rates))) break;
  }
  await session.wait(inFlight);

  return {
    work,
    ms: session.now() - startMs,
    firstFlopsPerSecond: rates[0],
    lastFlopsPerSecond: rates[rates.length - 1],
    bestFlopsPerSecond: Math.max(...rates),
  };
}

/** True if the last half second was still faster than the half second before it. */
export function isRising(rates: readonly number[]): boolean {
  if (rates.length < 4) return false;
  const [a, b, c, d] = rates.slice(-4);
  return c + d > (a + b) * minRise;
}

/**
 * Time of one product by the wall: three in a pass, less the round trip. An overestimate of a tenth is harmless here, the hiccup of a
 * first run is not: it would make the GPU look too slow for any larger shape. So the best of three counts.
 */
async function timeOnce(timer: Timer, work: BoundWork): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i++) {
    const us = await timer.wallOnce((encoder) => encodePass(encoder, work.job, 3));
    best = Math.min(best, Math.max(us - timer.clock.roundTripUs, us / 10) / 3);
  }
  return best;
}
