/** Matrix products of many rows: one family without workgroup memory, one with shared tiles, each in three precisions. */

import { halfValue, patternValue, sampleIndices } from '../reference.ts';
import type { Precision, Shape } from '../result.ts';
import {
  aligned,
  type Computation,
  type Kernel,
  type Program,
  type Room,
  repeat,
  rotationsOf,
  type Stage,
  wideFunction,
} from './kernel.ts';

/** How four neighbouring elements lie in memory, how they are read, and what they become. */
interface Storage {
  readonly bytesPerElement: number;
  readonly enable: string;
  readonly stored: string;
  readonly value: string;
  readonly load: (element: string) => string;
}

const storages: Readonly<Record<Precision, Storage>> = {
  f32: { bytesPerElement: 4, enable: '', stored: 'vec4<f32>', value: 'vec4<f32>', load: (element) => element },
  'f16-packed': {
    bytesPerElement: 2,
    enable: '',
    stored: 'vec2<u32>',
    value: 'vec4<f32>',
    load: (element) => `wide(${element})`,
  },
  f16: {
    bytesPerElement: 2,
    enable: 'enable f16;\n',
    stored: 'vec4<f16>',
    value: 'vec4<f16>',
    load: (element) => element,
  },
};

/** `kSlice`: the part of k that a workgroup multiplies; workgroup z takes part z and writes its own copy of C. */
const header = ({ enable, stored }: Storage) => `${enable}
struct Shape { m: u32, n: u32, k: u32, kSlice: u32 }
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> a: array<${stored}>;
@group(0) @binding(2) var<storage, read> b: array<${stored}>;
@group(0) @binding(3) var<storage, read_write> c: array<vec4<f32>>;
${stored === 'vec2<u32>' ? wideFunction : ''}
`;

const lanes = ['x', 'y', 'z', 'w'];

/** Declares accumulators `<name><row>_<column vector>`. */
const accumulators = (name: string, type: string, rows: number, vectors: number) =>
  repeat(rows * vectors, (i) => `  var ${name}${Math.floor(i / vectors)}_${i % vectors} = ${type}();`);

/** Adds one lane of the A vectors `a<row>` times the B vectors `b<column vector>` to the accumulators. */
const multiplyAdd = (name: string, type: string, rows: number, vectors: number, lane: string) =>
  repeat(rows * vectors, (i) => {
    const sum = `${name}${Math.floor(i / vectors)}_${i % vectors}`;
    return `      ${sum} = fma(${type}(a${Math.floor(i / vectors)}.${lane}), b${i % vectors}, ${sum});`;
  });

/** Adds up the copies of C that the parts of k gave. */
const sumSlices: Program = {
  id: 'sum-slices',
  code: `
struct Shape { vectors: u32, stride: u32, slices: u32 }
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read_write> parts: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> c: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= shape.vectors) { return; }
  var sum = parts[id.x];
  for (var slice = 1u; slice < shape.slices; slice++) { sum += parts[slice * shape.stride + id.x]; }
  c[id.x] = sum;
}`,
};

export interface GemmTile {
  /** Rows and columns of C that a workgroup computes, and the depth of the tiles it shares (or of its loop). */
  readonly tileM: number;
  readonly tileN: number;
  readonly tileK: number;
}

export interface GemmOptions {
  readonly precision: Precision;
  readonly family?: 'gemm' | 'skinny';
  /** Parts of k, each with workgroups of its own: more of them for products of few rows. */
  readonly slices?: number;
}

/** Rows of the tallest tile of any kernel; a multiple of the others'. */
const tallestTile = 128;

/** What every product kernel knows of its shapes. Rows are filled up to whole tiles; the extra ones are computed and ignored. */
function compute(tile: GemmTile, options: GemmOptions, shape: Shape, room: Room): Computation | null {
  if (shape.kind !== 'product') return null;
  const { m, n, k } = shape;
  const slices = options.slices ?? 1;
  const kSlice = k / slices;
  if (n % tile.tileN !== 0 || kSlice % tile.tileK !== 0) return null;
  const { bytesPerElement } = storages[options.precision];
  const rows = Math.ceil(m / tile.tileM) * tile.tileM;
  const pool = options.precision === 'f32' ? 'source' : 'halves';
  // The second operand starts where it does for the tallest tile: all kernels of a precision multiply the same numbers.
  const aBytes = aligned(Math.ceil(m / tallestTile) * tallestTile * k * bytesPerElement);
  const bBytes = k * n * bytesPerElement;
  const cBytes = rows * n * 4;
  const partsBytes = slices === 1 ? 0 : slices * cBytes;
  if (aBytes + bBytes > room[pool] || aligned(cBytes) + partsBytes > room.destination) return null;

  const rotations = rotationsOf(bBytes, room[pool] - aBytes);
  const bStart = (rotation: number) => aBytes + rotation * bBytes;
  const workgroups = (n / tile.tileN) * (rows / tile.tileM) * slices;
  const parts = { pool: 'destination', offset: aligned(cBytes), bytes: partsBytes } as const;
  const c = { pool: 'destination', offset: 0, bytes: cBytes } as const;
  const product: Stage = {
    program: 0,
    grid: [n / tile.tileN, rows / tile.tileM, slices],
    operands: (rotation) => [
      { uniform: [rows, n, k, kSlice] },
      { pool, offset: 0, bytes: aBytes },
      { pool, offset: bStart(rotation), bytes: bBytes },
      slices === 1 ? c : parts,
    ],
  };
  const sum: Stage = {
    program: 1,
    grid: [Math.ceil((m * n) / 4 / 64), 1, 1],
    operands: () => [{ uniform: [(m * n) / 4, (rows * n) / 4, slices, 0] }, parts, c],
  };
  const element = options.precision === 'f32' ? patternValue : halfValue;
  return {
    work: {
      bytes: bytesPerElement * (m * k + k * n) + 4 * m * n + (2 * (partsBytes * m)) / rows,
      flops: 2 * m * n * k,
      workgroups,
      chain: kSlice / tile.tileK,
      stages: slices === 1 ? 1 : 2,
    },
    stages: slices === 1 ? [product] : [product, sum],
    rotations,
    resultWords: m * n,
    expected: (word, rotation) => {
      const aFirst = Math.floor(word / n) * k;
      const bFirst = bStart(rotation) / bytesPerElement + (word % n);
      let total = 0;
      for (let i = 0; i < k; i++) total += element(aFirst + i) * element(bFirst + i * n);
      return total;
    },
    tolerance: 0,
    samples: sampleIndices(m * n, 16),
  };
}

function kernel(id: string, hasBarriers: boolean, tile: GemmTile, options: GemmOptions, code: string): Kernel {
  const { precision, family = 'gemm', slices = 1 } = options;
  const suffix = slices === 1 ? '' : ` k/${slices}`;
  const name = `${id}${slices === 1 ? '' : `-k${slices}`}-${precision}`;
  return {
    id: name,
    family,
    precision,
    variant: `tile ${tile.tileM}x${tile.tileN}${suffix}`,
    needs: precision === 'f16' ? ['shader-f16'] : [],
    hasBarriers,
    programs: slices === 1 ? [{ id: name, code }] : [{ id: name, code }, sumSlices],
    compute: (shape, room) => compute(tile, options, shape, room),
  };
}

/**
 * Each thread keeps 4 x 8 results in registers and reads A and B straight from memory, so caches do the sharing. No barriers:
 * the only family that a software adapter runs at a sensible speed. `threadsY` rows of threads: few for few rows of C.
 */
export function registerGemm(options: GemmOptions, threadsX = 8, threadsY = 8): Kernel {
  const rows = 4;
  const vectors = 2;
  const storage = storages[options.precision];
  const { load, value } = storage;
  const tile = { tileM: threadsY * rows, tileN: threadsX * vectors * 4, tileK: 4 };
  const code = `${header(storage)}
@compute @workgroup_size(${threadsX}, ${threadsY})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let row = id.y * ${rows}u;
  let column = id.x * ${vectors}u;
  let aStride = shape.k / 4u;
  let bStride = shape.n / 4u;
  let end = (id.z + 1u) * shape.kSlice / 4u;
${accumulators('s', value, rows, vectors)}
  for (var k4 = id.z * shape.kSlice / 4u; k4 < end; k4++) {
${repeat(rows, (r) => `    let a${r} = ${load(`a[(row + ${r}u) * aStride + k4]`)};`)}
${repeat(
  4,
  (lane) => `    {
${repeat(vectors, (v) => `      let b${v} = ${load(`b[(k4 * 4u + ${lane}u) * bStride + column + ${v}u]`)};`)}
${multiplyAdd('s', value, rows, vectors, lanes[lane])}
    }`,
)}
  }
${repeat(rows * vectors, (i) => {
  const r = Math.floor(i / vectors);
  const v = i % vectors;
  return `  c[(id.z * shape.m + row + ${r}u) * bStride + column + ${v}u] = vec4<f32>(s${r}_${v});`;
})}
}`;
  return kernel(`gemm-register-${tile.tileM}x${tile.tileN}`, false, tile, options, code);
}

export interface SharedTile extends GemmTile {
  /** Rows and columns of C that a thread computes. Columns in fours. */
  readonly threadM: number;
  readonly threadN: number;
}

/**
 * Workgroups load tiles of A and B into workgroup memory, widened where they are packed; threads multiply from there. Both tiles
 * are kept as they lie in memory (A along k, B along n), so that loads and stores are whole vectors. A thread's column vectors lie
 * `threads in x` apart, so that neighbouring threads read neighbouring vectors. Products of halves are added up as halves within a
 * tile and as f32 from tile to tile, so that long sums stay exact enough.
 */
export function sharedGemm(shared: SharedTile, options: GemmOptions): Kernel {
  const { tileM, tileN, tileK, threadM, threadN } = shared;
  const storage = storages[options.precision];
  const { load, value } = storage;
  const isHalf = value === 'vec4<f16>';
  const threadsX = tileN / threadN;
  const threads = threadsX * (tileM / threadM);
  const vectors = threadN / 4;
  const aDepth = tileK / 4;
  const bWidth = tileN / 4;
  const sums = isHalf ? 'h' : 's';
  const code = `${header(storage)}
var<workgroup> aTile: array<${value}, ${tileM * aDepth}>;
var<workgroup> bTile: array<${value}, ${tileK * bWidth}>;

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
  let x = local % ${threadsX}u;
  let y = local / ${threadsX}u;
  let aStride = shape.k / 4u;
  let bStride = shape.n / 4u;
  let firstRow = group.y * ${tileM}u;
  let firstColumn = group.x * ${bWidth}u;
  let end = (group.z + 1u) * shape.kSlice;
${accumulators('s', 'vec4<f32>', threadM, vectors)}
  for (var k0 = group.z * shape.kSlice; k0 < end; k0 += ${tileK}u) {
${strided(tileM * aDepth, threads, (slot) => `aTile[${slot}] = ${load(`a[(firstRow + ${slot} / ${aDepth}u) * aStride + k0 / 4u + ${slot} % ${aDepth}u]`)};`)}
${strided(tileK * bWidth, threads, (slot) => `bTile[${slot}] = ${load(`b[(k0 + ${slot} / ${bWidth}u) * bStride + firstColumn + ${slot} % ${bWidth}u]`)};`)}
    workgroupBarrier();
${isHalf ? accumulators('h', value, threadM, vectors) : ''}
    for (var k4 = 0u; k4 < ${aDepth}u; k4++) {
${repeat(threadM, (r) => `      let a${r} = aTile[(y * ${threadM}u + ${r}u) * ${aDepth}u + k4];`)}
${repeat(
  4,
  (lane) => `    {
${repeat(vectors, (v) => `      let b${v} = bTile[(k4 * 4u + ${lane}u) * ${bWidth}u + x + ${v * threadsX}u];`)}
${multiplyAdd(sums, value, threadM, vectors, lanes[lane])}
    }`,
)}
    }
${isHalf ? repeat(threadM * vectors, (i) => `    s${Math.floor(i / vectors)}_${i % vectors} += vec4<f32>(h${Math.floor(i / vectors)}_${i % vectors});`) : ''}
    workgroupBarrier();
  }
${repeat(threadM * vectors, (i) => {
  const r = Math.floor(i / vectors);
  const v = i % vectors;
  return `  c[(group.z * shape.m + firstRow + y * ${threadM}u + ${r}u) * bStride + firstColumn + x + ${v * threadsX}u] = s${r}_${v};`;
})}
}`;
  return kernel(`gemm-shared-${tileM}x${tileN}x${tileK}-${threadM}x${threadN}`, true, shared, options, code);
}

/** Lines in which `threads` threads together visit `count` slots. */
function strided(count: number, threads: number, line: (slot: string) => string): string {
  return repeat(Math.ceil(count / threads), (i) => {
    const statement = line(`(local + ${i * threads}u)`);
    const isWhole = (i + 1) * threads <= count;
    return isWhole ? `    ${statement}` : `    if (local < ${count - i * threads}u) { ${statement} }`;
  });
}
