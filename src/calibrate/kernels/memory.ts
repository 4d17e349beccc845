/** Kernels that move or touch memory: fill, copy, read, and the smallest possible dispatch. */

import { type MemoryKernel, repeat } from './kernel.ts';

const threads = 256;
/** Bytes of a vec4<f32>. */
const vectorBytes = 16;

/**
 * Vectors a thread copies. At four, 16 MiB give 1,024 workgroups and 256 MiB 16,384: enough for any GPU, below the limit of
 * 65,535 without a second dimension.
 */
const copiesPerThread = 4;
/** Vectors a thread adds up before it writes its one sum: the writes stay below 2 % of the traffic. */
const readsPerThread = 16;

/** Threads of a workgroup touch neighbouring vectors; thread i's j-th vector is `first + 256 j`. */
const firstVector = (perThread: number) => `let first = group.x * ${threads * perThread}u + local;`;
const signature = `@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32)`;

/** Writes the test pattern (`patternValue` in reference.ts) over the whole binding. */
export const fill: MemoryKernel = {
  id: 'fill',
  granuleBytes: threads * copiesPerThread * vectorBytes,
  grid: (bytes) => [bytes / (threads * copiesPerThread * vectorBytes), 1, 1],
  code: `
@group(0) @binding(0) var<storage, read_write> destination: array<vec4<f32>>;

fn pattern(index: u32) -> f32 {
  var h = index;
  h ^= h >> 16u;
  h *= 0x85ebca6bu;
  h ^= h >> 13u;
  h *= 0xc2b2ae35u;
  h ^= h >> 16u;
  return f32(i32(h & 31u) - 16) * 0.0625;
}

${signature} {
  ${firstVector(copiesPerThread)}
  for (var j = 0u; j < ${copiesPerThread}u; j++) {
    let vector = first + j * ${threads}u;
    let word = vector * 4u;
    destination[vector] = vec4<f32>(pattern(word), pattern(word + 1u), pattern(word + 2u), pattern(word + 3u));
  }
}`,
};

/** Copies one binding to the other. Traffic: twice the bytes. */
export const copy: MemoryKernel = {
  id: 'copy-vec4',
  granuleBytes: threads * copiesPerThread * vectorBytes,
  grid: (bytes) => [bytes / (threads * copiesPerThread * vectorBytes), 1, 1],
  code: `
@group(0) @binding(0) var<storage, read> source: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> destination: array<vec4<f32>>;

${signature} {
  ${firstVector(copiesPerThread)}
${repeat(copiesPerThread, (j) => `  let v${j} = source[first + ${j * threads}u];`)}
${repeat(copiesPerThread, (j) => `  destination[first + ${j * threads}u] = v${j};`)}
}`,
};

/** Adds up what each thread reads and writes one f32 a thread, so that no read can be optimised away and all can be checked. */
export const read: MemoryKernel = {
  id: 'read-vec4',
  granuleBytes: threads * readsPerThread * vectorBytes,
  grid: (bytes) => [bytes / (threads * readsPerThread * vectorBytes), 1, 1],
  code: `
@group(0) @binding(0) var<storage, read> source: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> sums: array<f32>;

${signature} {
  ${firstVector(readsPerThread)}
${repeat(readsPerThread, (j) => `  let v${j} = source[first + ${j * threads}u];`)}
  var sum = v0;
${repeat(readsPerThread - 1, (j) => `  sum += v${j + 1};`)}
  sums[group.x * ${threads}u + local] = sum.x + sum.y + sum.z + sum.w;
}`,
};

/** Words that thread `thread` of the read kernel adds up, as indices into the source. */
export function wordsReadBy(thread: number): number[] {
  const group = Math.floor(thread / threads);
  const first = group * threads * readsPerThread + (thread % threads);
  const words: number[] = [];
  for (let j = 0; j < readsPerThread; j++) {
    for (let lane = 0; lane < 4; lane++) words.push((first + j * threads) * 4 + lane);
  }
  return words;
}

/** Bytes that the read kernel writes while it reads `bytes`. */
export function bytesWrittenByRead(bytes: number): number {
  return (bytes / (readsPerThread * vectorBytes)) * 4;
}

/** Counts its own dispatches: the cost of a dispatch that does nothing, and proof that all of them ran. */
export const tick = {
  id: 'tick',
  code: `
@group(0) @binding(0) var<storage, read_write> count: array<u32>;

@compute @workgroup_size(1)
fn main() {
  count[0] = count[0] + 1u;
}`,
} as const;
