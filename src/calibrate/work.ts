/** Kernels bound to the pool: jobs that can be timed, and the check of what they computed. */

import type { Session } from './device.ts';
import { CalibrationError } from './failure.ts';
import type { Computation, Kernel } from './kernels/kernel.ts';
import { type Pool, readRange, readWords } from './pool.ts';
import type { Shape } from './result.ts';
import { encodePass, type Job } from './timing.ts';

/** A kernel with a pipeline for each of its programs. */
export interface ReadyKernel {
  readonly kernel: Kernel;
  readonly pipelines: readonly GPUComputePipeline[];
}

/** One shape of one kernel, ready to run. */
export interface BoundWork {
  readonly kernel: Kernel;
  readonly shape: Shape;
  readonly computation: Computation;
  readonly job: Job;
  /** Frees what `bind` made. Queued commands keep what they need. */
  readonly destroy: () => void;
}

/** Uniforms start at multiples of WebGPU's default alignment. */
const uniformStride = 256;

/** Null if this kernel does not compute such a shape, or its operands do not fit the pool. */
export function bind(session: Session, pool: Pool, { kernel, pipelines }: ReadyKernel, shape: Shape): BoundWork | null {
  const computation = kernel.compute(shape, pool.room);
  if (computation === null) return null;
  const { device } = session;
  const { stages, rotations } = computation;
  const uniforms = device.createBuffer({
    size: stages.length * rotations * uniformStride,
    usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
  });
  const values = new Uint32Array((stages.length * rotations * uniformStride) / 4);

  const job: Job = {
    stages: stages.map((stage, s) => {
      const pipeline = pipelines[stage.program];
      const layout = pipeline.getBindGroupLayout(0);
      const bindGroups = Array.from({ length: rotations }, (_, rotation) => {
        const offset = (s * rotations + rotation) * uniformStride;
        const entries = stage.operands(rotation).map((operand, binding): GPUBindGroupEntry => {
          if ('pool' in operand) {
            const { pool: name, offset, bytes } = operand;
            return { binding, resource: { buffer: pool.buffers[name], offset, size: bytes } };
          }
          values.set(operand.uniform, offset / 4);
          return { binding, resource: { buffer: uniforms, offset, size: operand.uniform.length * 4 } };
        });
        return device.createBindGroup({ layout, entries });
      });
      return { pipeline, bindGroups, grid: stage.grid };
    }),
  };
  device.queue.writeBuffer(uniforms, 0, values);
  return { kernel, shape, computation, job, destroy: () => uniforms.destroy() };
}

/** Every word that a work should compute, by the CPU. For small shapes. */
export function expectedWords({ computation }: BoundWork): Float64Array {
  return Float64Array.from({ length: computation.resultWords }, (_, word) => computation.expected(word, 0));
}

/** Runs the work once over cleared memory and compares every word with the CPU's. Throws wrong-result. */
export async function checkAll(
  session: Session,
  pool: Pool,
  work: BoundWork,
  expected: Float64Array = expectedWords(work),
): Promise<void> {
  clearResult(session, pool, work);
  const encoder = session.device.createCommandEncoder();
  encodePass(encoder, work.job, 1);
  session.device.queue.submit([encoder.finish()]);
  const found = await readRange(session, pool.buffers.destination, work.computation.resultWords);
  found.forEach((value, word) => {
    compare(work, expected[word], value);
  });
}

/** Clears the result, so that a kernel that does nothing cannot profit from an earlier one. Queued, not awaited. */
export function clearResult(session: Session, pool: Pool, { computation }: BoundWork): void {
  const encoder = session.device.createCommandEncoder();
  const { resultWords, resultStart, rotations } = computation;
  const end = (resultStart?.(rotations - 1) ?? 0) + resultWords;
  encoder.clearBuffer(pool.buffers.destination, 0, end * 4);
  session.device.queue.submit([encoder.finish()]);
}

/** Compares some words of the result that lies in the pool, after a pass of `count` jobs, with the CPU. Throws wrong-result. */
export async function checkSome(session: Session, pool: Pool, work: BoundWork, count: number): Promise<void> {
  const { samples, rotations, resultStart } = work.computation;
  const rotation = (count - 1) % rotations;
  const start = resultStart?.(rotation) ?? 0;
  const found = await readWords(
    session,
    pool.buffers.destination,
    samples.map((word) => start + word),
  );
  samples.forEach((word, i) => {
    compare(work, work.computation.expected(word, rotation), found[i]);
  });
}

function compare({ kernel, computation }: BoundWork, expected: number, found: number): void {
  // Not-a-number is no smaller than anything, so it fails as it should; JSON cannot carry it.
  if (!(Math.abs(found - expected) <= computation.tolerance)) {
    throw new CalibrationError({
      kind: 'wrong-result',
      kernel: kernel.id,
      expected,
      found: Number.isFinite(found) ? found : 0,
    });
  }
}
