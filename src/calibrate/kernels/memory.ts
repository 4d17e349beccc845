/** Kernels that move or touch memory: fill, copy, read, and the smallest possible dispatch. */

import { patternValue, sampleIndices } from '../reference.ts';
import { type Grid, type Kernel, type Program, repeat, rotationsOf } from './kernel.ts';

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

const groupBytes = (perThread: number) => threads * perThread * vectorBytes;

/** Threads of a workgroup touch neighbouring vectors; thread i's j-th vector is `first + 256 j`. */
const firstVector = (perThread: number) => `let first = group.x * ${threads * perThread}u + local;`;
const signature = `@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32)`;

/** The same mixing as `mixed` in reference.ts. */
const mixFunction = `
fn mixed(index: u32) -> u32 {
  var h = index;
  h ^= h >> 16u;
  h *= 0x85ebca6bu;
  h ^= h >> 13u;
  h *= 0xc2b2ae35u;
  h ^= h >> 16u;
  return h;
}`;

/** Writes a test pattern over a whole buffer; `value` is WGSL for the word `index`. */
function fillProgram(id: string, type: 'f32' | 'u32', value: string): Program {
  return {
    id,
    code: `
@group(0) @binding(0) var<storage, read_write> destination: array<vec4<${type}>>;
${mixFunction}
fn pattern(index: u32) -> ${type} { ${value} }

${signature} {
  ${firstVector(copiesPerThread)}
  for (var j = 0u; j < ${copiesPerThread}u; j++) {
    let vector = first + j * ${threads}u;
    let word = vector * 4u;
    destination[vector] = vec4<${type}>(pattern(word), pattern(word + 1u), pattern(word + 2u), pattern(word + 3u));
  }
}`,
  };
}

/** `patternValue` in every f32. */
export const fillFloats = fillProgram('fill-floats', 'f32', 'return f32(i32(mixed(index) & 31u) - 16) * 0.0625;');

/** `halfValue` in every half, the even one in the lower bits. */
export const fillHalves = fillProgram(
  'fill-halves',
  'u32',
  `return pack2x16float(vec2<f32>(
    f32(i32(mixed(2u * index) & 7u) - 4), f32(i32(mixed(2u * index + 1u) & 7u) - 4)) * 0.25);`,
);

/** Workgroups that fill `bytes`: a multiple of 16 KiB, below 1 GiB. */
export function fillGrid(bytes: number): Grid {
  return [bytes / groupBytes(copiesPerThread), 1, 1];
}

/** Copies one buffer to the other. Traffic: twice the bytes. */
export const copy: Kernel = {
  id: 'copy-vec4',
  family: 'copy',
  precision: 'f32',
  variant: 'vec4',
  needs: [],
  hasBarriers: false,
  programs: [
    {
      id: 'copy-vec4',
      code: `
@group(0) @binding(0) var<storage, read> source: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> destination: array<vec4<f32>>;

${signature} {
  ${firstVector(copiesPerThread)}
${repeat(copiesPerThread, (j) => `  let v${j} = source[first + ${j * threads}u];`)}
${repeat(copiesPerThread, (j) => `  destination[first + ${j * threads}u] = v${j};`)}
}`,
    },
  ],
  compute(shape, room) {
    if (shape.kind !== 'memory' || shape.bytes > Math.min(room.source, room.destination)) return null;
    const { bytes } = shape;
    const workgroups = bytes / groupBytes(copiesPerThread);
    const rotations = rotationsOf(bytes, room.source);
    return {
      work: { bytes: 2 * bytes, flops: 0, workgroups, chain: 0, stages: 1 },
      stages: [
        {
          program: 0,
          grid: [workgroups, 1, 1],
          operands: (rotation) => [
            { pool: 'source', offset: rotation * bytes, bytes },
            { pool: 'destination', offset: rotation * bytes, bytes },
          ],
        },
      ],
      rotations,
      resultWords: bytes / 4,
      resultStart: (rotation) => (rotation * bytes) / 4,
      expected: (word, rotation) => patternValue((rotation * bytes) / 4 + word),
      tolerance: 0,
      samples: sampleIndices(bytes / 4, 16),
    };
  },
};

/** Adds up what each thread reads and writes one f32 a thread, so that no read can be optimised away and all can be checked. */
export const read: Kernel = {
  id: 'read-vec4',
  family: 'read',
  precision: 'f32',
  variant: 'vec4',
  needs: [],
  hasBarriers: false,
  programs: [
    {
      id: 'read-vec4',
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
    },
  ],
  compute(shape, room) {
    if (shape.kind !== 'memory' || shape.bytes > room.source) return null;
    const { bytes } = shape;
    const workgroups = bytes / groupBytes(readsPerThread);
    const written = workgroups * threads * 4;
    return {
      work: { bytes: bytes + written, flops: 0, workgroups, chain: 0, stages: 1 },
      stages: [
        {
          program: 0,
          grid: [workgroups, 1, 1],
          operands: (rotation) => [
            { pool: 'source', offset: rotation * bytes, bytes },
            { pool: 'destination', offset: 0, bytes: written },
          ],
        },
      ],
      rotations: rotationsOf(bytes, room.source),
      resultWords: written / 4,
      expected: (word, rotation) => readSum((rotation * written) / 4 + word),
      tolerance: 0,
      samples: sampleIndices(written / 4, 16),
    };
  },
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

/** What thread `thread` of the read kernel writes. */
export function readSum(thread: number): number {
  let sum = 0;
  for (const word of wordsReadBy(thread)) sum += patternValue(word);
  return sum;
}

/** Counts its own dispatches: the cost of a dispatch that does nothing, and proof that all of them ran. */
export const tick: Program = {
  id: 'tick',
  code: `
@group(0) @binding(0) var<storage, read_write> count: array<u32>;

@compute @workgroup_size(1)
fn main() {
  count[0] = count[0] + 1u;
}`,
};
