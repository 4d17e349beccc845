/** Brings the GPU's clock up before anything is timed. */

import type { Session } from './device.ts';
import type { GemmShape } from './kernels/kernel.ts';
import type { Plan } from './plan.ts';
import { encodePass, type Timer } from './timing.ts';
import type { Work } from './work.ts';

export interface WarmUp {
  /** The largest shape that takes a few milliseconds here: the anchor of the run. */
  readonly shape: GemmShape;
  readonly ms: number;
  readonly firstFlopsPerSecond: number;
  readonly lastFlopsPerSecond: number;
}

interface WarmUpOptions {
  /** In growing order, at least one. */
  readonly shapes: readonly GemmShape[];
  readonly work: (shape: GemmShape) => Work;
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
  let work = options.work(options.shapes[0]);
  let us = await timeOnce(timer, work);
  for (const shape of options.shapes.slice(1)) {
    const next = options.work(shape);
    if ((us * next.flops) / work.flops > maxAnchorUs) break;
    work = next;
    us = await timeOnce(timer, work);
  }

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
      rates.push((sliceDispatches * work.flops * 1000) / (nowMs - sliceStartMs));
      sliceStartMs = nowMs;
      sliceDispatches = 0;
      options.onProgress(Math.min(1, elapsedMs / plan.minWarmUpMs));
    }
    const isEnough = elapsedMs >= plan.minWarmUpMs && rates.length > 0;
    if (isEnough && (elapsedMs >= plan.maxWarmUpMs || !isRising(rates))) break;
  }
  await session.wait(inFlight);

  return {
    shape: work.shape,
    ms: session.now() - startMs,
    firstFlopsPerSecond: rates[0],
    lastFlopsPerSecond: rates[rates.length - 1],
  };
}

/** True if the last half second was still faster than the half second before it. */
export function isRising(rates: readonly number[]): boolean {
  if (rates.length < 4) return false;
  const [a, b, c, d] = rates.slice(-4);
  return c + d > (a + b) * minRise;
}

/** Time of one dispatch by the wall: three in a pass, less the round trip. An overestimate is harmless here. */
async function timeOnce(timer: Timer, work: Work): Promise<number> {
  const us = await timer.wallOnce((encoder) => encodePass(encoder, work.job, 3));
  return Math.max(us - timer.clock.roundTripUs, us / 10) / 3;
}
