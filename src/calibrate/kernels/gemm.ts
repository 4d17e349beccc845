/** f32 matrix multiplication: one family without workgroup memory, one with shared tiles. */

import { type GemmKernel, repeat } from './kernel.ts';

const header = `
struct Shape { m: u32, n: u32, k: u32 }
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> b: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> c: array<vec4<f32>>;
`;

const lanes = ['x', 'y', 'z', 'w'];

/** Declares the accumulators `s<row>_<column vector>`. */
const accumulators = (rows: number, vectors: number) =>
  repeat(rows * vectors, (i) => `  var s${Math.floor(i / vectors)}_${i % vectors} = vec4<f32>();`);

/** Adds one lane of the A vectors `a<row>` times the B vectors `b<column vector>` to all accumulators. */
const multiplyAdd = (rows: number, vectors: number, lane: string) =>
  repeat(rows * vectors, (i) => {
    const row = Math.floor(i / vectors);
    const vector = i % vectors;
    return `      s${row}_${vector} = fma(vec4<f32>(a${row}.${lane}), b${vector}, s${row}_${vector});`;
  });

/**
 * Each thread keeps 4 x 8 results in registers and reads A and B straight from memory, so caches do the sharing. No barriers:
 * the only family that a software adapter runs at a sensible speed.
 */
export function registerGemm(): GemmKernel {
  const rows = 4;
  const vectors = 2;
  const side = 8;
  const tileM = side * rows;
  const tileN = side * vectors * 4;
  return {
    id: 'gemm-register-4x8',
    hasBarriers: false,
    tile: { m: tileM, n: tileN, k: 4 },
    grid: ({ m, n }) => [n / tileN, m / tileM, 1],
    code: `${header}
@compute @workgroup_size(${side}, ${side})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let row = id.y * ${rows}u;
  let column = id.x * ${vectors}u;
  let aStride = shape.k / 4u;
  let bStride = shape.n / 4u;
${accumulators(rows, vectors)}
  for (var k4 = 0u; k4 < aStride; k4++) {
${repeat(rows, (r) => `    let a${r} = a[(row + ${r}u) * aStride + k4];`)}
${repeat(
  4,
  (lane) => `    {
${repeat(vectors, (v) => `      let b${v} = b[(k4 * 4u + ${lane}u) * bStride + column + ${v}u];`)}
${multiplyAdd(rows, vectors, lanes[lane])}
    }`,
)}
  }
${repeat(rows * vectors, (i) => {
  const r = Math.floor(i / vectors);
  const v = i % vectors;
  return `  c[(row + ${r}u) * bStride + column + ${v}u] = s${r}_${v};`;
})}
}`,
  };
}

export interface SharedTile {
  /** Rows and columns of C that a workgroup computes, and the depth of the tiles of A and B it shares. */
  readonly tileM: number;
  readonly tileN: number;
  readonly tileK: number;
  /** Rows and columns of C that a thread computes. Columns in fours. */
  readonly threadM: number;
  readonly threadN: number;
}

/**
 * Workgroups load tiles of A and B into workgroup memory; threads multiply from there. Both tiles are kept as they lie in
 * memory (A along k, B along n), so that loads and stores are whole vectors. A thread's column vectors lie `threads in x`
 * apart, so that neighbouring threads read neighbouring vectors.
 */
export function sharedGemm({ tileM, tileN, tileK, threadM, threadN }: SharedTile): GemmKernel {
  const threadsX = tileN / threadN;
  const threadsY = tileM / threadM;
  const threads = threadsX * threadsY;
  const vectors = threadN / 4;
  const aDepth = tileK / 4;
  const bWidth = tileN / 4;
  const aLoads = (tileM * aDepth) / threads;
  const bLoads = (tileK * bWidth) / threads;
  return {
    id: `gemm-shared-${tileM}x${tileN}x${tileK}-${threadM}x${threadN}`,
    hasBarriers: true,
    tile: { m: tileM, n: tileN, k: tileK },
    grid: ({ m, n }) => [n / tileN, m / tileM, 1],
    code: `${header}
var<workgroup> aTile: array<vec4<f32>, ${tileM * aDepth}>;
var<workgroup> bTile: array<vec4<f32>, ${tileK * bWidth}>;

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
  let x = local % ${threadsX}u;
  let y = local / ${threadsX}u;
  let aStride = shape.k / 4u;
  let bStride = shape.n / 4u;
  let firstRow = group.y * ${tileM}u;
  let firstColumn = group.x * ${bWidth}u;
${accumulators(threadM, vectors)}
  for (var k0 = 0u; k0 < shape.k; k0 += ${tileK}u) {
${repeat(aLoads, (i) => {
  const slot = `(local + ${i * threads}u)`;
  return `    aTile[${slot}] = a[(firstRow + ${slot} / ${aDepth}u) * aStride + k0 / 4u + ${slot} % ${aDepth}u];`;
})}
${repeat(bLoads, (i) => {
  const slot = `(local + ${i * threads}u)`;
  return `    bTile[${slot}] = b[(k0 + ${slot} / ${bWidth}u) * bStride + firstColumn + ${slot} % ${bWidth}u];`;
})}
    workgroupBarrier();
    for (var k4 = 0u; k4 < ${aDepth}u; k4++) {
${repeat(threadM, (r) => `      let a${r} = aTile[(y * ${threadM}u + ${r}u) * ${aDepth}u + k4];`)}
${repeat(
  4,
  (lane) => `    {
${repeat(vectors, (v) => `      let b${v} = bTile[(k4 * 4u + ${lane}u) * ${bWidth}u + x + ${v * threadsX}u];`)}
${multiplyAdd(threadM, vectors, lanes[lane])}
    }`,
)}
    }
    workgroupBarrier();
  }
${repeat(threadM * vectors, (i) => {
  const r = Math.floor(i / vectors);
  const v = i % vectors;
  return `  c[(firstRow + y * ${threadM}u + ${r}u) * bStride + firstColumn + x + ${v * threadsX}u] = s${r}_${v};`;
})}
}`,
  };
}

/** Candidates, simplest first. The benchmark tries them on one shape and keeps the fastest that is right. */
export const gemmKernels: readonly GemmKernel[] = [
  registerGemm(),
  sharedGemm({ tileM: 64, tileN: 64, tileK: 16, threadM: 4, threadN: 4 }),
  sharedGemm({ tileM: 128, tileN: 64, tileK: 16, threadM: 8, threadN: 8 }),
];
