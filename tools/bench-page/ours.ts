/** This project's kernels: the fastest of the calibration's f32 products at each size. */

import { type Host, openSession } from '../../src/calibrate/device.ts';
import type { Kernel } from '../../src/calibrate/kernels/kernel.ts';
import { standardKernels } from '../../src/calibrate/kernels/kernels.ts';
import { compile } from '../../src/calibrate/pipelines.ts';
import { allocatePool, readRange } from '../../src/calibrate/pool.ts';
import { encodePass, type Job } from '../../src/calibrate/timing.ts';
import { bind, type ReadyKernel } from '../../src/calibrate/work.ts';
import type { Contender } from './contender.ts';

/** Always the same operands, as the others have them. */
function withoutRotation(kernel: Kernel): Kernel {
  return {
    ...kernel,
    compute: (shape, room) => {
      const computation = kernel.compute(shape, room);
      return computation && { ...computation, rotations: 1 };
    },
  };
}

export async function ours(host: Host, poolBytes: number): Promise<Contender> {
  const session = await openSession(host, { waitMs: 60_000, bufferBytes: poolBytes });
  const { device } = session;
  const pool = await allocatePool(session, {
    poolBytes,
    minPoolBytes: poolBytes,
    halfPoolBytes: poolBytes,
  });
  const candidates = standardKernels.tasks['gemm-f32'].filter(
    ({ hasBarriers }) => !(hasBarriers && session.adapter.isSoftware),
  );
  const kernels: ReadyKernel[] = [];
  for (const kernel of candidates) {
    const pipelines: GPUComputePipeline[] = [];
    for (const program of kernel.programs) pipelines.push(await compile(session, program));
    kernels.push({ kernel: withoutRotation(kernel), pipelines });
  }
  const submit = (job: Job) => {
    const encoder = device.createCommandEncoder();
    encodePass(encoder, job, 1);
    device.queue.submit([encoder.finish()]);
  };
  const finish = async () => {
    await device.queue.onSubmittedWorkDone();
  };
  const time = async (job: Job) => {
    for (let i = 0; i < 2; i++) submit(job);
    await finish();
    const start = performance.now();
    for (let i = 0; i < 3; i++) submit(job);
    await finish();
    return performance.now() - start;
  };

  return {
    name: `tokenyard (${session.adapter.vendor} ${session.adapter.architecture || session.adapter.device})`,
    async prepare(n, a, b) {
      device.queue.writeBuffer(pool.buffers.source, 0, a as Float32Array<ArrayBuffer>);
      device.queue.writeBuffer(pool.buffers.source, a.byteLength, b as Float32Array<ArrayBuffer>);
      let best: { us: number; job: Job } | undefined;
      for (const ready of kernels) {
        const work = bind(session, pool, ready, { kind: 'product', m: n, n, k: n });
        if (work === null) continue;
        const us = await time(work.job);
        if (best === undefined || us < best.us) best = { us, job: work.job };
      }
      if (best === undefined) throw new Error('no kernel for this size');
      const { job } = best;
      return {
        run: () => submit(job),
        finish,
        read: () => readRange(session, pool.buffers.destination, n * n),
        dispose: () => undefined,
      };
    },
  };
}
