/** The two large buffers that all kernels share: inputs lie in `source`, results in `destination`. */

import type { Session } from './device.ts';
import { CalibrationError } from './failure.ts';

export interface Pool {
  readonly bytes: number;
  /** Holds the test pattern. */
  readonly source: GPUBuffer;
  readonly destination: GPUBuffer;
  readonly destroy: () => void;
}

/**
 * Allocates as much as wanted, halving while memory is short. Browsers may report the shortage only through an error scope, and a
 * buffer made in spite of it gives garbage, so each attempt has its own scope.
 * Throws `CalibrationError` out-of-memory if `minBytes` does not fit.
 */
export async function allocatePool(
  session: Pick<Session, 'device' | 'wait' | 'maxBufferBytes' | 'maxBindingBytes'>,
  wantedBytes: number,
  minBytes: number,
): Promise<Pool> {
  const { device } = session;
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  let bytes = wantedBytes;
  while (bytes > session.maxBufferBytes || bytes > session.maxBindingBytes) bytes /= 2;
  for (; bytes >= minBytes; bytes /= 2) {
    device.pushErrorScope('out-of-memory');
    const source = device.createBuffer({ label: 'source', size: bytes, usage });
    const destination = device.createBuffer({ label: 'destination', size: bytes, usage });
    // Clearing makes a lazy driver commit the memory now, inside the scope.
    const encoder = device.createCommandEncoder();
    encoder.clearBuffer(source);
    encoder.clearBuffer(destination);
    device.queue.submit([encoder.finish()]);
    const destroy = () => {
      source.destroy();
      destination.destroy();
    };
    const error = await session.wait(device.popErrorScope());
    if (!error) return { bytes, source, destination, destroy };
    destroy();
  }
  throw new CalibrationError({ kind: 'out-of-memory', bytes: bytes * 2 });
}

/** Reads single f32 words of a buffer. At most a few hundred: each is a copy command. */
export async function readWords(session: Session, buffer: GPUBuffer, words: readonly number[]): Promise<Float32Array> {
  const { device } = session;
  const size = Math.max(16, words.length * 4);
  const readable = device.createBuffer({ size, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ });
  const encoder = device.createCommandEncoder();
  words.forEach((word, i) => {
    encoder.copyBufferToBuffer(buffer, word * 4, readable, i * 4, 4);
  });
  return takeAndDestroy(session, encoder, readable, words.length);
}

/** Reads the first `count` f32 words of a buffer. */
export async function readRange(session: Session, buffer: GPUBuffer, count: number): Promise<Float32Array> {
  const { device } = session;
  const readable = device.createBuffer({ size: count * 4, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, readable, 0, count * 4);
  return takeAndDestroy(session, encoder, readable, count);
}

async function takeAndDestroy(
  session: Session,
  encoder: GPUCommandEncoder,
  readable: GPUBuffer,
  count: number,
): Promise<Float32Array> {
  session.device.queue.submit([encoder.finish()]);
  await session.wait(readable.mapAsync(GPUMapMode.READ));
  const values = new Float32Array(readable.getMappedRange().slice(0, count * 4));
  readable.destroy();
  return values;
}
