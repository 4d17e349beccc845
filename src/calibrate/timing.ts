/**
 * Times a kernel. Never one dispatch: browsers round timestamps (Chrome to 100 us), so a pass holds as many dispatches as make
 * it last a window that swamps the rounding, and the time of one is the pass divided by their number.
 */

import type { Session } from './device.ts';
import { CalibrationError } from './failure.ts';
import type { Grid } from './kernels/kernel.ts';
import type { Family } from './result.ts';

/** Something that can be done again and again with the same outcome: a few dispatches, one after the other. */
export interface Job {
  readonly stages: readonly {
    readonly pipeline: GPUComputePipeline;
    /** One for each set of operands, used in turn. */
    readonly bindGroups: readonly GPUBindGroup[];
    readonly grid: Grid;
  }[];
}

export type TimeSource = 'timestamps' | 'wall';

/** Times of one job in microseconds, over the repeats of a pass. */
export interface Measurement {
  /** The fastest repeat: what the GPU does when nothing disturbs it. */
  readonly us: number;
  readonly medianUs: number;
  readonly maxUs: number;
  /** Submit to done by the wall clock, per job, waiting included. */
  readonly wallUs: number;
  readonly dispatches: number;
  /** Jobs in the pass that ran last, whose result is still there. */
  readonly lastPass: number;
  readonly repeats: number;
  readonly source: TimeSource;
}

export interface Clock {
  /** Steps of the wall clock (browsers: 5 us when cross-origin isolated, else 100 us or more). */
  readonly stepUs: number;
  /** Median time from submitting nothing to hearing that it is done. */
  readonly roundTripUs: number;
}

export interface Timer {
  readonly clock: Clock;
  /** Where times come from at the moment; falls back to the wall when timestamps turn out useless. */
  readonly source: () => TimeSource;
  /** Greatest common divisor of all timestamps seen, in nanoseconds: the rounding step. 0 without timestamps. */
  readonly quantumNs: () => number;
  /** Throws `CalibrationError` no-usable-time if neither clock gives a positive time. */
  readonly measure: (job: Job, family: Family, expectedUs?: number) => Promise<Measurement>;
  /** Wall time in microseconds of one submit, from before encoding until the queue is empty. */
  readonly wallOnce: (encode: (encoder: GPUCommandEncoder) => void, submits?: number) => Promise<number>;
  readonly close: () => void;
}

/** More jobs than this in a pass make encoding dominate. */
const maxDispatches = 4096;
/** A pass is lengthened at most by this factor at a time, so that a bad first time cannot make a pass of seconds. */
const maxGrowth = 16;
const maxRepeats = 5;
/** Passes whose times differ by less than this factor agree. */
const agreement = 1.02;
/** Even with exact stamps a pass should not be shorter. */
const minWindowUs = 3000;
/** A completion that browsers poll for can be late by a whole round trip; the window keeps that below an eighth of the time. */
const roundTripsPerWindow = 8;
const maxWallWindowUs = 500_000;

/** Timestamps are believed only while they agree this far with the wall clock: not longer than it, not a twentieth of it. */
const maxStampExcess = 1.5;
const minStampShare = 20;
const stampSlackUs = 20_000;

export async function createTimer(session: Session, windowUs: number): Promise<Timer> {
  const { device } = session;
  let source: TimeSource = device.features.has('timestamp-query') ? 'timestamps' : 'wall';
  let quantum = 0n;
  let stampsSeen = 0;

  const stampBytes = maxRepeats * 2 * 8;
  const stamps = source === 'timestamps' ? createStamps(device, stampBytes) : undefined;

  async function wallOnce(encode: (encoder: GPUCommandEncoder) => void, submits = 1): Promise<number> {
    const start = session.now();
    for (let i = 0; i < submits; i++) {
      const encoder = device.createCommandEncoder();
      encode(encoder);
      device.queue.submit([encoder.finish()]);
    }
    await session.wait(device.queue.onSubmittedWorkDone());
    return (session.now() - start) * 1000;
  }

  const clock: Clock = { stepUs: findClockStep(session.now), roundTripUs: await findRoundTrip(wallOnce) };
  const wallWindowUs = Math.min(
    maxWallWindowUs,
    Math.max(windowUs, clock.stepUs * 100, clock.roundTripUs * roundTripsPerWindow),
  );

  /** Runs `repeats` passes of `dispatches` and returns the time of each in microseconds, zero or less if unusable, and the wall time of all. */
  async function timeStamped(
    job: Job,
    dispatches: number,
    repeats: number,
  ): Promise<{ gpuUs: number[]; wallUs: number }> {
    if (!stamps) throw new Error('timestamps were not set up');
    const start = session.now();
    for (let repeat = 0; repeat < repeats; repeat++) {
      const encoder = device.createCommandEncoder();
      encodePass(encoder, job, dispatches, {
        querySet: stamps.querySet,
        beginningOfPassWriteIndex: repeat * 2,
        endOfPassWriteIndex: repeat * 2 + 1,
      });
      device.queue.submit([encoder.finish()]);
    }
    await session.wait(device.queue.onSubmittedWorkDone());
    const wallUs = (session.now() - start) * 1000;

    const encoder = device.createCommandEncoder();
    encoder.resolveQuerySet(stamps.querySet, 0, repeats * 2, stamps.resolved, 0);
    encoder.copyBufferToBuffer(stamps.resolved, 0, stamps.readable, 0, repeats * 16);
    device.queue.submit([encoder.finish()]);
    await session.wait(stamps.readable.mapAsync(GPUMapMode.READ));
    const values = new BigInt64Array(stamps.readable.getMappedRange().slice(0, repeats * 16));
    stamps.readable.unmap();

    stampsSeen += values.length;
    for (const value of values) quantum = greatestCommonDivisor(quantum, value < 0n ? -value : value);
    const gpuUs = Array.from({ length: repeats }, (_, i) => Number(values[2 * i + 1] - values[2 * i]) / 1000);
    return { gpuUs, wallUs };
  }

  async function measureByStamps(job: Job, expectedUs: number): Promise<Measurement | undefined> {
    // A prediction may be far too low for a small shape, so it is trusted for half of the window only.
    let dispatches = expectedUs > 0 ? Math.max(1, Math.round(stampWindowUs() / 2 / expectedUs)) : 1;
    dispatches = Math.min(maxDispatches, dispatches);
    let passUs: number;
    for (;;) {
      const once = await timeStamped(job, dispatches, 1);
      // A zero or negative duration is the rounding's or a driver's fault; the wall is an upper bound that still lets us grow.
      passUs = once.gpuUs[0] > 0 ? once.gpuUs[0] : Math.min(once.wallUs, windowUs / 2);
      if (passUs >= stampWindowUs() / 3 || dispatches === maxDispatches) break;
      dispatches = grow(dispatches, passUs, stampWindowUs());
    }
    if (passUs < stampWindowUs()) dispatches = grow(dispatches, passUs, stampWindowUs());
    const gpuUs: number[] = [];
    let wallUs = 0;
    // Two passes that agree are enough; else three more.
    for (const repeats of [2, maxRepeats - 2]) {
      const timed = await timeStamped(job, dispatches, repeats);
      gpuUs.push(...timed.gpuUs);
      wallUs += timed.wallUs;
      const usable = gpuUs.filter((us) => us > 0);
      if (usable.length === 2 && Math.max(...usable) <= Math.min(...usable) * agreement) break;
    }
    const usable = gpuUs.filter((us) => us > 0 && us <= wallUs * maxStampExcess + stampSlackUs);
    if (usable.length * 2 <= gpuUs.length) return undefined;
    // Stamps in a wrong unit look like a GPU that is a hundred times too fast.
    if (sum(usable) * minStampShare < wallUs - stampSlackUs) return undefined;
    return { ...summarise(usable, dispatches, wallUs / gpuUs.length, 'timestamps'), lastPass: dispatches };
  }

  /** Long enough that rounding is within 1 %; how stamps are rounded is known only after some. */
  const stampWindowUs = () =>
    stampsSeen > 16 ? Math.min(windowUs, Math.max(minWindowUs, Number(quantum) / 10)) : windowUs;

  /** Time of n dispatches more: the difference between 2n and n cancels the round trip. */
  async function measureByWall(job: Job): Promise<Measurement | undefined> {
    let dispatches = 1;
    for (;;) {
      const us = await wallOnce((encoder) => encodePass(encoder, job, dispatches));
      const workUs = Math.max(us - clock.roundTripUs, us / maxGrowth);
      if (workUs >= wallWindowUs / 2 || dispatches === maxDispatches) break;
      dispatches = grow(dispatches, workUs, wallWindowUs);
    }
    const repeats = 3;
    const short: number[] = [];
    const long: number[] = [];
    for (let repeat = 0; repeat < repeats; repeat++) {
      short.push(await wallOnce((encoder) => encodePass(encoder, job, dispatches)));
      long.push(await wallOnce((encoder) => encodePass(encoder, job, 2 * dispatches)));
    }
    const shortest = Math.min(...short);
    const slopes = long.map((us) => us - shortest).filter((us) => us > 0);
    if (slopes.length === 0) return undefined;
    return { ...summarise(slopes, dispatches, Math.min(...long) / 2, 'wall'), lastPass: 2 * dispatches };
  }

  return {
    clock,
    source: () => source,
    quantumNs: () => Number(quantum),
    wallOnce,
    async measure(job, family, expectedUs = 0) {
      if (source === 'timestamps') {
        // A hiccup of the whole machine can spoil a pass; two in a row are the clock's fault.
        const measured = (await measureByStamps(job, expectedUs)) ?? (await measureByStamps(job, expectedUs));
        if (measured) return measured;
        source = 'wall';
      }
      const measured = await measureByWall(job);
      if (!measured) throw new CalibrationError({ kind: 'no-usable-time', family });
      return measured;
    },
    close() {
      stamps?.querySet.destroy();
      stamps?.resolved.destroy();
      stamps?.readable.destroy();
    },
  };
}

/** Does the same job `count` times in one pass, with its sets of operands in turn. */
export function encodePass(
  encoder: GPUCommandEncoder,
  job: Job,
  count: number,
  timestampWrites?: GPUComputePassTimestampWrites,
): void {
  const pass = encoder.beginComputePass(timestampWrites ? { timestampWrites } : undefined);
  let pipeline: GPUComputePipeline | undefined;
  let bindGroup: GPUBindGroup | undefined;
  for (let i = 0; i < count; i++) {
    for (const stage of job.stages) {
      if (stage.pipeline !== pipeline) {
        pipeline = stage.pipeline;
        pass.setPipeline(pipeline);
      }
      const operands = stage.bindGroups[i % stage.bindGroups.length];
      if (operands !== bindGroup) {
        bindGroup = operands;
        pass.setBindGroup(0, bindGroup);
      }
      pass.dispatchWorkgroups(...stage.grid);
    }
  }
  pass.end();
}

interface Stamps {
  readonly querySet: GPUQuerySet;
  readonly resolved: GPUBuffer;
  readonly readable: GPUBuffer;
}

function createStamps(device: GPUDevice, bytes: number): Stamps {
  return {
    querySet: device.createQuerySet({ type: 'timestamp', count: bytes / 8 }),
    resolved: device.createBuffer({ size: bytes, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC }),
    readable: device.createBuffer({ size: bytes, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ }),
  };
}

function grow(dispatches: number, passUs: number, windowUs: number): number {
  const wanted = Math.ceil((dispatches * windowUs) / passUs);
  return Math.min(maxDispatches, dispatches * maxGrowth, Math.max(wanted, dispatches + 1));
}

function summarise(
  passesUs: number[],
  dispatches: number,
  wallUs: number,
  source: TimeSource,
): Omit<Measurement, 'lastPass'> {
  const sorted = [...passesUs].sort((a, b) => a - b);
  return {
    us: sorted[0] / dispatches,
    medianUs: median(sorted) / dispatches,
    maxUs: sorted[sorted.length - 1] / dispatches,
    wallUs: wallUs / dispatches,
    dispatches,
    repeats: sorted.length,
    source,
  };
}

/** The middle value, or the mean of the two in the middle. NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

export function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

/** The smallest step the clock takes in a few tries, in microseconds; 0 if it takes none (a clock that stands still). */
export function findClockStep(now: () => number): number {
  let smallest = Number.POSITIVE_INFINITY;
  const tries = 200_000;
  let last = now();
  let steps = 0;
  for (let i = 0; i < tries && steps < 20; i++) {
    const next = now();
    if (next > last) {
      smallest = Math.min(smallest, next - last);
      last = next;
      steps++;
    }
  }
  return Number.isFinite(smallest) ? smallest * 1000 : 0;
}

async function findRoundTrip(wallOnce: Timer['wallOnce']): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 12; i++) times.push(await wallOnce(() => undefined));
  return median(times.slice(2));
}
