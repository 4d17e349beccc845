/** What dispatches, passes, submits and read-backs cost when there is nothing to compute. */

import type { Session } from './device.ts';
import { CalibrationError } from './failure.ts';
import type { Overhead } from './result.ts';
import { encodePass, type Job, median, type Timer } from './timing.ts';

const repeats = 5;
const fewDispatches = 64;
const manyDispatches = 1024;
const manyPasses = 64;
const manySubmits = 64;
const readbacks = 10;

/** Throws `CalibrationError` wrong-result if not every dispatch ran. */
export async function measureOverhead(
  session: Session,
  timer: Timer,
  id: string,
  pipeline: GPUComputePipeline,
): Promise<Overhead> {
  const { device } = session;
  const count = device.createBuffer({ size: 4, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC });
  const readable = device.createBuffer({ size: 4, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ });
  const bindGroup = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [{ binding: 0, resource: { buffer: count } }],
  });
  const job: Job = { stages: [{ pipeline, grid: [1, 1, 1], bindGroups: [bindGroup] }] };

  /** Fastest of a few: what it costs when nothing disturbs. */
  const fastest = async (passes: number, dispatches: number, submits: number): Promise<number> => {
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i < repeats; i++) {
      const us = await timer.wallOnce((encoder) => {
        for (let pass = 0; pass < passes; pass++) encodePass(encoder, job, dispatches);
      }, submits);
      best = Math.min(best, us);
    }
    return best;
  };

  const one = await fastest(1, 1, 1);
  const few = await fastest(1, fewDispatches, 1);
  const many = await fastest(1, manyDispatches, 1);
  const passes = await fastest(manyPasses, 1, 1);
  const submits = await fastest(1, 1, manySubmits);
  const expected = repeats * (1 + fewDispatches + manyDispatches + manyPasses + manySubmits);

  const trips: number[] = [];
  let found = 0;
  for (let i = 0; i < readbacks; i++) {
    const start = session.now();
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(count, 0, readable, 0, 4);
    device.queue.submit([encoder.finish()]);
    await session.wait(readable.mapAsync(GPUMapMode.READ));
    trips.push((session.now() - start) * 1000);
    found = new Uint32Array(readable.getMappedRange())[0];
    readable.unmap();
  }
  if (found !== expected) throw new CalibrationError({ kind: 'wrong-result', kernel: id, expected, found });

  // A pass of 4,096 tiny dispatches: the timer divides it by their number.
  const tiny = await timer.measure(job, 'copy');
  count.destroy();
  readable.destroy();

  const dispatchUs = slope(many - few, manyDispatches - fewDispatches);
  return {
    roundTripUs: timer.clock.roundTripUs,
    dispatchGpuUs: timer.source() === 'timestamps' ? tiny.us : dispatchUs,
    dispatchUs,
    passUs: slope(passes - one, manyPasses - 1),
    submitUs: slope(submits - one, manySubmits - 1),
    readbackUs: median(trips),
  };
}

/** A difference can come out negative by the clock's rounding; a cost cannot. */
function slope(differenceUs: number, steps: number): number {
  return Math.max(0, differenceUs) / steps;
}
