/**
 * Products of one to four rows with a large matrix of packed halves, as in a decode step: y = x W^T, where W (n x k) is read once,
 * row by row, and x is f32. Three ways to add up what the threads of a row have.
 */

import { halfValue, patternValue, sampleIndices } from '../reference.ts';
import { aligned, type Kernel, type Program, repeat, rotationsOf, wideFunction } from './kernel.ts';

const threads = 128;
/** Rows of W that a workgroup computes. */
const rowsPerGroup = 4;
/** Rows of x: a program for each, so that all sums stay in registers. */
const batches: readonly number[] = [1, 2, 4];

type Reduction = 'subgroup' | 'shared' | 'none';

const header = (reduction: Reduction) => `${reduction === 'subgroup' ? 'enable subgroups;' : ''}
struct Shape { n: u32, k: u32 }
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> w: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
${wideFunction}
`;

/** Adds eight elements of `rows` rows of W times `batch` rows of x to the sums `s<row>_<batch>`. */
const eightElements = (batch: number, rows: number) => `
${repeat(batch, (b) => `    let x${b}a = x[${b}u * stride * 2u + i * 2u];\n    let x${b}b = x[${b}u * stride * 2u + i * 2u + 1u];`)}
${repeat(
  rows,
  (r) => `    {
      let packed = w[(row + ${r}u) * stride + i];
      let wa = wide(packed.xy);
      let wb = wide(packed.zw);
${repeat(batch, (b) => `      s${r}_${b} += dot(wa, x${b}a) + dot(wb, x${b}b);`)}
    }`,
)}`;

/** One workgroup for four rows of W; its threads share every row and add up at the end. */
function sharedRows(batch: number, reduction: 'subgroup' | 'shared'): string {
  const sums = rowsPerGroup * batch;
  const each = (line: (sum: string, index: number) => string) =>
    repeat(sums, (i) => line(`s${Math.floor(i / batch)}_${i % batch}`, i));
  const finish =
    reduction === 'subgroup'
      ? `
${each((sum) => `  ${sum} = subgroupAdd(${sum});`)}
  // Subgroups may have any size and lie anywhere in the workgroup, so each takes the next free place.
  if (subgroupElect()) {
    let place = atomicAdd(&places, 1u) * ${sums}u;
${each((sum, i) => `    partial[place + ${i}u] = ${sum};`)}
  }
  workgroupBarrier();
  if (local < ${sums}u) {
    var sum = 0.0;
    let used = atomicLoad(&places);
    for (var i = 0u; i < used; i++) { sum += partial[i * ${sums}u + local]; }
    y[(local % ${batch}u) * shape.n + row + local / ${batch}u] = sum;
  }`
      : `
${each((sum, i) => `  partial[${i * threads}u + local] = ${sum};`)}
  workgroupBarrier();
  for (var half = ${threads / 2}u; half > 0u; half /= 2u) {
    if (local < half) {
${each((_, i) => `      partial[${i * threads}u + local] += partial[${i * threads}u + local + half];`)}
    }
    workgroupBarrier();
  }
  if (local < ${sums}u) { y[(local % ${batch}u) * shape.n + row + local / ${batch}u] = partial[local * ${threads}u]; }`;
  return `${header(reduction)}
var<workgroup> partial: array<f32, ${threads * sums}>;
${reduction === 'subgroup' ? 'var<workgroup> places: atomic<u32>;' : ''}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
  let row = group.x * ${rowsPerGroup}u;
  let stride = shape.k / 8u;
${each((sum) => `  var ${sum} = 0.0;`)}
  for (var i = local; i < stride; i += ${threads}u) {${eightElements(batch, rowsPerGroup)}
  }
${finish}
}`;
}

/** One thread for a row of W: no barriers. */
function ownRows(batch: number): string {
  return `${header('none')}
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let row = id.x;
  let stride = shape.k / 8u;
${repeat(batch, (b) => `  var s0_${b} = 0.0;`)}
  for (var i = 0u; i < stride; i++) {${eightElements(batch, 1)}
  }
${repeat(batch, (b) => `  y[${b}u * shape.n + row] = s0_${b};`)}
}`;
}

export function gemv(reduction: Reduction): Kernel {
  const id = `gemv-${reduction === 'none' ? 'thread' : reduction}`;
  const rowsOfGroup = reduction === 'none' ? 64 : rowsPerGroup;
  const programs: Program[] = batches.map((batch) => ({
    id: `${id}-${batch}`,
    code: reduction === 'none' ? ownRows(batch) : sharedRows(batch, reduction),
  }));
  return {
    id,
    family: 'skinny',
    precision: 'f16-packed',
    variant: 'gemv',
    needs: reduction === 'subgroup' ? ['subgroups'] : [],
    hasBarriers: reduction !== 'none',
    programs,
    compute(shape, room) {
      if (shape.kind !== 'product') return null;
      const { m, n, k } = shape;
      const program = batches.indexOf(m);
      if (program < 0 || n % rowsOfGroup !== 0 || k % 8 !== 0) return null;
      const xBytes = 4 * m * k;
      const wBytes = 2 * n * k;
      const yBytes = 4 * m * n;
      if (xBytes > room.source || wBytes > room.halves || yBytes > room.destination) return null;
      return {
        work: {
          bytes: wBytes + xBytes + yBytes,
          flops: 2 * m * n * k,
          workgroups: n / rowsOfGroup,
          chain: reduction === 'none' ? k / 8 : Math.ceil(k / 8 / threads),
          stages: 1,
        },
        stages: [
          {
            program,
            grid: [n / rowsOfGroup, 1, 1],
            operands: (rotation) => [
              { uniform: [n, k, 0, 0] },
              { pool: 'source', offset: 0, bytes: xBytes },
              { pool: 'halves', offset: aligned(wBytes) * rotation, bytes: wBytes },
              { pool: 'destination', offset: 0, bytes: yBytes },
            ],
          },
        ],
        rotations: rotationsOf(aligned(wBytes), room.halves),
        resultWords: m * n,
        expected: (word, rotation) => {
          const first = (aligned(wBytes) * rotation) / 2 + (word % n) * k;
          const row = Math.floor(word / n) * k;
          let total = 0;
          for (let i = 0; i < k; i++) total += patternValue(row + i) * halfValue(first + i);
          return total;
        },
        tolerance: 0,
        samples: sampleIndices(m * n, 16),
      };
    },
  };
}
