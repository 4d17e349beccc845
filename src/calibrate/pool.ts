/** The large buffers that all kernels share: f32 inputs lie in `source`, packed halves in `halves`, results in `destination`. */

import type { Session } from './device.ts';
import { CalibrationError } from './failure.ts';
import type { PoolName, Room } from './kernels/kernel.ts';
import { blockTables } from './kernels/paged-attention.ts';

export interface Pool {
  /** Bytes of each; powers of two. */
  readonly room: Room;
  readonly buffers: Readonly<Record<PoolName, GPUBuffer>>;
  readonly destroy: () => void;
}

export interface PoolSizes {
  readonly poolBytes: number;
  readonly minPoolBytes: number;
  readonly halfPoolBytes: number;
}

type Allocator = Pick<Session, 'device' | 'wait' | 'maxBufferBytes' | 'maxBindingBytes'>;

/**
 * Allocates as much as wanted, halving while memory is short: first source and destination, then the halves. The block tables hold
 * every block of the halves once, shuffled.
 * Throws `CalibrationError` out-of-memory if `minPoolBytes` do not fit.
 */
export async function allocatePool(session: Allocator, wanted: PoolSizes): Promise<Pool> {
  const { minPoolBytes } = wanted;
  const floats = await allocate(session, ['source', 'destination'], wanted.poolBytes, minPoolBytes);
  const [source, destination] = floats.buffers;
  const halves = await allocate(session, ['halves'], wanted.halfPoolBytes, minPoolBytes).catch((thrown) => {
    for (const buffer of floats.buffers) buffer.destroy();
    throw thrown;
  });
  const tables = blockTables(halves.bytes);
  const blocks = session.device.createBuffer({ label: 'blocks', size: tables.byteLength, usage: usage() });
  session.device.queue.writeBuffer(blocks, 0, tables);
  const buffers = { source, destination, halves: halves.buffers[0], blocks };
  return {
    room: { source: floats.bytes, destination: floats.bytes, halves: halves.bytes },
    buffers,
    destroy: () => {
      for (const buffer of Object.values(buffers)) buffer.destroy();
    },
  };
}

/** A function, because outside browsers the constants come later than this module. */
const usage = () => GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;

/**
 * Browsers may report a shortage only through an error scope, and a buffer made in spite of it gives garbage, so each attempt has its
 * own scope.
 */
async function allocate(
  session: Allocator,
  labels: readonly string[],
  wantedBytes: number,
  minBytes: number,
): Promise<{ bytes: number; buffers: GPUBuffer[] }> {
  const { device } = session;
  let bytes = wantedBytes;
  while (bytes > session.maxBufferBytes || bytes > session.maxBindingBytes) bytes /= 2;
  for (; bytes >= minBytes; bytes /= 2) {
    device.pushErrorScope('out-of-memory');
    const buffers = labels.map((label) => device.createBuffer({ label, size: bytes, usage: usage() }));
    // Clearing makes a lazy driver commit the memory now, inside the scope.
    const encoder = device.createCommandEncoder();
    for (const buffer of buffers) encoder.clearBuffer(buffer);
    device.queue.submit([encoder.finish()]);
    const error = await session.wait(device.popErrorScope());
    if (!error) return { bytes, buffers };
    for (const buffer of buffers) buffer.destroy();
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
