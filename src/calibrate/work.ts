/** Kernels bound to the pool: jobs that can be timed, and the check of what they computed. */

import type { Session } from './device.ts';
import { CalibrationError, type Family } from './failure.ts';
import type { GemmKernel, GemmShape, MemoryKernel } from './kernels/kernel.ts';
import { bytesWrittenByRead } from './kernels/memory.ts';
import type { Compiled } from './pipelines.ts';
import { type Pool, readRange, readWords } from './pool.ts';
import { gemmEntry, patternValue, readSum, sampleIndices } from './reference.ts';
import type { Job } from './timing.ts';
import { encodePass } from './timing.ts';

/** One shape of one kernel. */
export interface Work {
  readonly family: Family;
  readonly kernel: string;
  readonly shape: GemmShape;
  readonly bytes: number;
  readonly flops: number;
  readonly job: Job;
  /** f32 words of the result, and the right value of each. */
  readonly resultWords: number;
  readonly expected: (word: number) => number;
}

const noShape: GemmShape = { m: 0, n: 0, k: 0 };

export function copyWork(session: Session, pool: Pool, kernel: MemoryKernel, compiled: Compiled, bytes: number): Work {
  return {
    family: 'copy',
    kernel: kernel.id,
    shape: noShape,
    bytes: 2 * bytes,
    flops: 0,
    job: memoryJob(session, pool, kernel, compiled, bytes, bytes),
    resultWords: bytes / 4,
    expected: patternValue,
  };
}

export function readWork(session: Session, pool: Pool, kernel: MemoryKernel, compiled: Compiled, bytes: number): Work {
  const written = bytesWrittenByRead(bytes);
  return {
    family: 'read',
    kernel: kernel.id,
    shape: noShape,
    bytes: bytes + written,
    flops: 0,
    job: memoryJob(session, pool, kernel, compiled, bytes, written),
    resultWords: written / 4,
    expected: readSum,
  };
}

function memoryJob(
  session: Session,
  pool: Pool,
  kernel: MemoryKernel,
  { pipeline }: Compiled,
  sourceBytes: number,
  destinationBytes: number,
): Job {
  return {
    pipeline,
    grid: kernel.grid(sourceBytes),
    bindGroup: session.device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [
        { binding: 0, resource: { buffer: pool.source, size: sourceBytes } },
        { binding: 1, resource: { buffer: pool.destination, size: destinationBytes } },
      ],
    }),
  };
}

/** Bytes of A, B and C. */
export function gemmBytes({ m, n, k }: GemmShape): number {
  return 4 * (m * k + k * n + m * n);
}

/** True if A and B fit into one buffer of the pool, and C into the other. */
export function gemmFits(shape: GemmShape, pool: Pool): boolean {
  const { m, n, k } = shape;
  return 4 * (m * k + k * n) <= pool.bytes && 4 * m * n <= pool.bytes;
}

export function gemmFlops({ m, n, k }: GemmShape): number {
  return 2 * m * n * k;
}

export function gemmWork(
  session: Session,
  pool: Pool,
  kernel: GemmKernel,
  { pipeline }: Compiled,
  shape: GemmShape,
): Work {
  const { device } = session;
  const { m, n, k } = shape;
  const dimensions = device.createBuffer({ size: 16, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
  device.queue.writeBuffer(dimensions, 0, new Uint32Array([m, n, k, 0]));
  return {
    family: 'gemm-f32',
    kernel: kernel.id,
    shape,
    bytes: gemmBytes(shape),
    flops: gemmFlops(shape),
    resultWords: m * n,
    expected: (word) => gemmEntry(Math.floor(word / n), word % n, shape, m * k),
    job: {
      pipeline,
      grid: kernel.grid(shape),
      bindGroup: device.createBindGroup({
        layout: pipeline.getBindGroupLayout(0),
        entries: [
          { binding: 0, resource: { buffer: dimensions } },
          { binding: 1, resource: { buffer: pool.source, size: 4 * m * k } },
          { binding: 2, resource: { buffer: pool.source, offset: 4 * m * k, size: 4 * k * n } },
          { binding: 3, resource: { buffer: pool.destination, size: 4 * m * n } },
        ],
      }),
    },
  };
}

/** Runs the work once over cleared memory and compares every word with the CPU. For small shapes. Throws wrong-result. */
export async function checkAll(session: Session, pool: Pool, work: Work): Promise<void> {
  const encoder = session.device.createCommandEncoder();
  encoder.clearBuffer(pool.destination, 0, work.resultWords * 4);
  encodePass(encoder, work.job, 1);
  session.device.queue.submit([encoder.finish()]);
  const found = await readRange(session, pool.destination, work.resultWords);
  found.forEach((value, word) => {
    compare(work, word, value);
  });
}

/** Clears the result, so that a kernel that does nothing cannot profit from an earlier one. Queued, not awaited. */
export function clearResult(session: Session, pool: Pool, work: Work): void {
  const encoder = session.device.createCommandEncoder();
  encoder.clearBuffer(pool.destination, 0, work.resultWords * 4);
  session.device.queue.submit([encoder.finish()]);
}

/** Compares some words of the result that lies in the pool with the CPU. Throws wrong-result. */
export async function checkSome(session: Session, pool: Pool, work: Work): Promise<void> {
  const words = sampleIndices(work.resultWords, 16);
  const found = await readWords(session, pool.destination, words);
  words.forEach((word, i) => {
    compare(work, word, found[i]);
  });
}

function compare(work: Work, word: number, found: number): void {
  const expected = work.expected(word);
  // Not-a-number is unequal to everything, itself included, so it fails as it should; JSON cannot carry it.
  if (found !== expected) {
    throw new CalibrationError({
      kind: 'wrong-result',
      kernel: work.kernel,
      expected,
      found: Number.isFinite(found) ? found : 0,
    });
  }
}
