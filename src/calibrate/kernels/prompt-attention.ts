/**
 * Prefill attention of one prompt, causal, in packed halves: flash-style (scores never leave the workgroup) and materialised (scores
 * of all pairs go through memory, as attention was first written).
 *
 * Layout in packed halves: Q head by head, then K, then V by head of keys and values; a token's 128 elements lie together.
 */

import { attentionRows, halfValue } from '../reference.ts';
import type { Shape } from '../result.ts';
import {
  aligned,
  type Computation,
  type Kernel,
  type Program,
  type Room,
  repeat,
  type Stage,
  wideFunction,
} from './kernel.ts';

const headDim = 128;
/** Query heads that share one head of keys and values. */
const group = 4;
/** vec4<u32> of a token. */
const vectors = headDim / 8;
/** Queries and keys of a tile. */
const tile = 32;
const scale = 1 / Math.sqrt(headDim);

const inputs = `
struct Shape { tokens: u32, heads: u32 }
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> q: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> k: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> v: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read_write> result: array<vec4<f32>>;
${wideFunction}
`;

/**
 * Workgroup (x: tile of queries, y: head), 128 threads. A thread has two queries (`row`, `row + 16`) and, of each tile, four keys
 * for the scores and sixteen elements for the output. Keys and values of a tile use the same workgroup memory, one after the other.
 */
const flashShared: Program = (() => {
  /** One vector more than a token has, so that neighbouring tokens lie in different banks. */
  const stride = vectors + 1;
  const loadTile = (from: string) =>
    repeat((tile * vectors) / 128, (i) => {
      const slot = `(local + ${i * 128}u)`;
      return `    kv[${slot} / ${vectors}u * ${stride}u + ${slot} % ${vectors}u] = ${from}[(kvFirst + key0) * ${vectors}u + ${slot}];`;
    });
  return {
    id: 'flash-shared',
    code: `${inputs}
var<workgroup> kv: array<vec4<u32>, ${tile * stride}>;
var<workgroup> p: array<f32, ${tile * (tile + 1)}>;
var<workgroup> quarter: array<f32, ${tile * 4}>;
var<workgroup> rowMax: array<f32, ${tile}>;
var<workgroup> rowSum: array<f32, ${tile}>;
var<workgroup> rowShrink: array<f32, ${tile}>;

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32) {
  // Long rows first: they take longest.
  let query0 = (shape.tokens / ${tile}u - 1u - id.x) * ${tile}u;
  let head = id.y;
  let kvFirst = (head / ${group}u) * shape.tokens;
  let row = local / 8u;
  let column = local % 8u;
  let qa = (head * shape.tokens + query0 + row) * ${vectors}u;
  let qb = qa + ${16 * vectors}u;
  // Softmax by quarters of a row: this thread's row and its eight columns.
  let softRow = local / 4u;
  let softFirst = (local % 4u) * 8u;
  if (local < ${tile}u) {
    rowMax[local] = -1e30;
    rowSum[local] = 0.0;
  }
${repeat(4, (i) => `  var oa${i} = vec4<f32>();\n  var ob${i} = vec4<f32>();`)}
  for (var key0 = 0u; key0 <= query0; key0 += ${tile}u) {
${loadTile('k')}
    workgroupBarrier();
${repeat(4, (j) => `    var sa${j} = 0.0;\n    var sb${j} = 0.0;`)}
    for (var i = 0u; i < ${vectors}u; i++) {
      let packedA = q[qa + i];
      let packedB = q[qb + i];
      let qal = wide(packedA.xy);
      let qah = wide(packedA.zw);
      let qbl = wide(packedB.xy);
      let qbh = wide(packedB.zw);
${repeat(
  4,
  (j) => `      {
        let key = kv[(column + ${8 * j}u) * ${stride}u + i];
        let low = wide(key.xy);
        let high = wide(key.zw);
        sa${j} += dot(qal, low) + dot(qah, high);
        sb${j} += dot(qbl, low) + dot(qbh, high);
      }`,
)}
    }
${repeat(
  4,
  (j) => `    {
      let key = column + ${8 * j}u;
      p[row * ${tile + 1}u + key] = select(-1e30, sa${j} * ${scale}, key0 + key <= query0 + row);
      p[(row + 16u) * ${tile + 1}u + key] = select(-1e30, sb${j} * ${scale}, key0 + key <= query0 + row + 16u);
    }`,
)}
    workgroupBarrier();
    var largest = -1e30;
    for (var i = 0u; i < 8u; i++) { largest = max(largest, p[softRow * ${tile + 1}u + softFirst + i]); }
    quarter[local] = largest;
${loadTile('v')}
    workgroupBarrier();
    let before = rowMax[softRow];
    var next = before;
    for (var i = 0u; i < 4u; i++) { next = max(next, quarter[softRow * 4u + i]); }
    var sum = 0.0;
    for (var i = 0u; i < 8u; i++) {
      let at = softRow * ${tile + 1}u + softFirst + i;
      let e = exp(p[at] - next);
      p[at] = e;
      sum += e;
    }
    workgroupBarrier();
    quarter[local] = sum;
    if (local % 4u == 0u) {
      rowMax[softRow] = next;
      rowShrink[softRow] = exp(before - next);
    }
    workgroupBarrier();
    if (local < ${tile}u) {
      rowSum[local] = rowSum[local] * rowShrink[local]
        + quarter[local * 4u] + quarter[local * 4u + 1u] + quarter[local * 4u + 2u] + quarter[local * 4u + 3u];
    }
    let shrinkA = rowShrink[row];
    let shrinkB = rowShrink[row + 16u];
${repeat(4, (i) => `    oa${i} *= shrinkA;\n    ob${i} *= shrinkB;`)}
    for (var j = 0u; j < ${tile}u; j++) {
      let pa = p[row * ${tile + 1}u + j];
      let pb = p[(row + 16u) * ${tile + 1}u + j];
      let first = kv[j * ${stride}u + column];
      let second = kv[j * ${stride}u + column + 8u];
      let v0 = wide(first.xy);
      let v1 = wide(first.zw);
      let v2 = wide(second.xy);
      let v3 = wide(second.zw);
${repeat(4, (i) => `      oa${i} += pa * v${i};\n      ob${i} += pb * v${i};`)}
    }
    workgroupBarrier();
  }
  let ra = (head * shape.tokens + query0 + row) * ${headDim / 4}u;
  let rb = ra + ${(16 * headDim) / 4}u;
  let totalA = rowSum[row];
  let totalB = rowSum[row + 16u];
${repeat(4, (i) => {
  const at = i < 2 ? `column * 2u + ${i}u` : `(column + 8u) * 2u + ${i - 2}u`;
  return `  result[ra + ${at}] = oa${i} / totalA;\n  result[rb + ${at}] = ob${i} / totalB;`;
})}
}`,
  };
})();

/** Without workgroup memory: a thread for a query. */
const flashThread: Program = {
  id: 'flash-thread',
  code: `${inputs}
@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let query = id.x;
  let head = id.y;
  let at = (head * shape.tokens + query) * ${vectors}u;
  let kvFirst = (head / ${group}u) * shape.tokens;
  var largest = -1e30;
  var sum = 0.0;
  var low: array<vec4<f32>, ${vectors}>;
  var high: array<vec4<f32>, ${vectors}>;
  for (var key = 0u; key <= query; key++) {
    var score = 0.0;
    for (var i = 0u; i < ${vectors}u; i++) {
      let a = q[at + i];
      let b = k[(kvFirst + key) * ${vectors}u + i];
      score += dot(wide(a.xy), wide(b.xy)) + dot(wide(a.zw), wide(b.zw));
    }
    score *= ${scale};
    let next = max(largest, score);
    let shrink = exp(largest - next);
    let p = exp(score - next);
    largest = next;
    sum = sum * shrink + p;
    for (var i = 0u; i < ${vectors}u; i++) {
      let value = v[(kvFirst + key) * ${vectors}u + i];
      low[i] = low[i] * shrink + p * wide(value.xy);
      high[i] = high[i] * shrink + p * wide(value.zw);
    }
  }
  for (var i = 0u; i < ${vectors}u; i++) {
    result[at * 2u + i * 2u] = low[i] / sum;
    result[at * 2u + i * 2u + 1u] = high[i] / sum;
  }
}`,
};

/** Scores of 32 x 32 pairs a workgroup, 4 x 4 a thread, for tiles that the causal mask leaves. */
const scores: Program = {
  id: 'materialised-scores',
  code: `
struct Shape { tokens: u32, heads: u32 }
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> q: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> k: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read_write> scores: array<vec4<f32>>;
${wideFunction}

@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) tile: vec3<u32>, @builtin(global_invocation_id) id: vec3<u32>) {
  if (tile.x > tile.y) { return; }
  let row = id.y * 4u;
  let column = id.x * 4u;
  let head = id.z;
  let qFirst = (head * shape.tokens + row) * ${vectors}u;
  let kFirst = ((head / ${group}u) * shape.tokens + column) * ${vectors}u;
${repeat(4, (r) => `  var s${r} = vec4<f32>();`)}
  for (var i = 0u; i < ${vectors}u; i++) {
${repeat(4, (j) => `    let packed${j} = k[kFirst + ${j * vectors}u + i];\n    let low${j} = wide(packed${j}.xy);\n    let high${j} = wide(packed${j}.zw);`)}
${repeat(
  4,
  (r) => `    {
      let packed = q[qFirst + ${r * vectors}u + i];
      let low = wide(packed.xy);
      let high = wide(packed.zw);
      s${r} += vec4<f32>(${[0, 1, 2, 3].map((j) => `dot(low, low${j}) + dot(high, high${j})`).join(', ')});
    }`,
)}
  }
  let width = shape.tokens / 4u;
${repeat(4, (r) => `  scores[(head * shape.tokens + row + ${r}u) * width + id.x] = s${r} * ${scale};`)}
}`,
};

const softmaxHeader = `
struct Shape { tokens: u32, heads: u32 }
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read_write> scores: array<f32>;
`;

/** Softmax of a row in place, zeros up to the end of its last tile: a workgroup a row. */
const softmaxShared: Program = {
  id: 'materialised-softmax-shared',
  code: `${softmaxHeader}
var<workgroup> part: array<f32, 128>;

fn reduced(local: u32, value: f32, isMaximum: bool) -> f32 {
  part[local] = value;
  workgroupBarrier();
  for (var half = 64u; half > 0u; half /= 2u) {
    if (local < half) {
      let other = part[local + half];
      part[local] = select(part[local] + other, max(part[local], other), isMaximum);
    }
    workgroupBarrier();
  }
  let all = part[0];
  workgroupBarrier();
  return all;
}

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32) {
  let row = id.x;
  let first = (id.y * shape.tokens + row) * shape.tokens;
  let end = (row / ${tile}u + 1u) * ${tile}u;
  var largest = -1e30;
  for (var i = local; i <= row; i += 128u) { largest = max(largest, scores[first + i]); }
  largest = reduced(local, largest, true);
  var sum = 0.0;
  for (var i = local; i <= row; i += 128u) { sum += exp(scores[first + i] - largest); }
  sum = reduced(local, sum, false);
  for (var i = local; i < end; i += 128u) {
    scores[first + i] = select(0.0, exp(scores[first + i] - largest) / sum, i <= row);
  }
}`,
};

/** The same without workgroup memory: a thread a row. */
const softmaxThread: Program = {
  id: 'materialised-softmax-thread',
  code: `${softmaxHeader}
@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let row = id.x;
  let first = (id.y * shape.tokens + row) * shape.tokens;
  let end = (row / ${tile}u + 1u) * ${tile}u;
  var largest = -1e30;
  for (var i = 0u; i <= row; i++) { largest = max(largest, scores[first + i]); }
  var sum = 0.0;
  for (var i = 0u; i <= row; i++) { sum += exp(scores[first + i] - largest); }
  for (var i = 0u; i < end; i++) {
    scores[first + i] = select(0.0, exp(scores[first + i] - largest) / sum, i <= row);
  }
}`,
};

/** Weights times values: 4 rows and 8 elements a thread, 32 rows a workgroup. */
const weighted: Program = {
  id: 'materialised-values',
  code: `
struct Shape { tokens: u32, heads: u32 }
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read_write> weights: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> v: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read_write> result: array<vec4<f32>>;
${wideFunction}

@compute @workgroup_size(${vectors}, 8)
fn main(@builtin(workgroup_id) tile: vec3<u32>, @builtin(global_invocation_id) id: vec3<u32>) {
  let row = id.y * 4u;
  let head = id.z;
  let width = shape.tokens / 4u;
  let first = (head * shape.tokens + row) * width;
  let vFirst = (head / ${group}u) * shape.tokens * ${vectors}u + id.x;
${repeat(4, (r) => `  var a${r} = vec4<f32>();\n  var b${r} = vec4<f32>();`)}
  for (var i = 0u; i < (tile.y + 1u) * ${tile / 4}u; i++) {
${repeat(4, (r) => `    let p${r} = weights[first + ${r}u * width + i];`)}
${repeat(
  4,
  (j) => `    {
      let packed = v[vFirst + (i * 4u + ${j}u) * ${vectors}u];
      let low = wide(packed.xy);
      let high = wide(packed.zw);
${repeat(4, (r) => `      a${r} += p${r}[${j}] * low;\n      b${r} += p${r}[${j}] * high;`)}
    }`,
)}
  }
${repeat(4, (r) => `  result[(head * shape.tokens + row + ${r}u) * ${headDim / 4}u + id.x * 2u] = a${r};\n  result[(head * shape.tokens + row + ${r}u) * ${headDim / 4}u + id.x * 2u + 1u] = b${r};`)}
}`,
};

type Way = 'flash-shared' | 'flash-thread' | 'materialised-shared' | 'materialised-thread';

const programsOf: Readonly<Record<Way, readonly Program[]>> = {
  'flash-shared': [flashShared],
  'flash-thread': [flashThread],
  'materialised-shared': [scores, softmaxShared, weighted],
  'materialised-thread': [scores, softmaxThread, weighted],
};

export function promptAttention(way: Way): Kernel {
  const isFlash = way.startsWith('flash');
  return {
    id: way,
    family: 'prefill-attention',
    precision: 'f16-packed',
    variant: isFlash ? 'flash' : 'materialised',
    needs: [],
    hasBarriers: way.endsWith('shared'),
    programs: programsOf[way],
    compute: (shape, room) => compute(way, shape, room),
  };
}

function compute(way: Way, shape: Shape, room: Room): Computation | null {
  if (shape.kind !== 'prefill') return null;
  const { tokens, heads } = shape;
  if (tokens % tile !== 0 || heads % group !== 0) return null;
  const isFlash = way.startsWith('flash');
  const qBytes = heads * tokens * headDim * 2;
  const kvBytes = qBytes / group;
  const resultBytes = heads * tokens * headDim * 4;
  const scoreBytes = isFlash ? 0 : heads * tokens * tokens * 4;
  if (qBytes + 2 * kvBytes > room.halves || aligned(resultBytes) + scoreBytes > room.destination) return null;

  const uniform = { uniform: [tokens, heads, 0, 0] };
  const q = { pool: 'halves', offset: 0, bytes: qBytes } as const;
  const k = { pool: 'halves', offset: qBytes, bytes: kvBytes } as const;
  const v = { pool: 'halves', offset: qBytes + kvBytes, bytes: kvBytes } as const;
  const result = { pool: 'destination', offset: 0, bytes: resultBytes } as const;
  const pairs = { pool: 'destination', offset: aligned(resultBytes), bytes: scoreBytes } as const;
  const tiles = tokens / tile;
  const stages: Stage[] = isFlash
    ? [{ program: 0, grid: [tiles, heads, 1], operands: () => [uniform, q, k, v, result] }]
    : [
        { program: 0, grid: [tiles, tiles, heads], operands: () => [uniform, q, k, pairs] },
        {
          program: 1,
          grid: [way === 'materialised-shared' ? tokens : tiles, heads, 1],
          operands: () => [uniform, pairs],
        },
        { program: 2, grid: [1, tiles, heads], operands: () => [uniform, pairs, v, result] },
      ];
  const headOf = (at: number) => Math.floor(at / tokens / group);
  const row = attentionRows(
    (at) => (at % tokens) + 1,
    (at, key) => {
      const keyAt = (qBytes + headOf(at) * tokens * headDim * 2) / 2 + key * headDim;
      let sum = 0;
      for (let d = 0; d < headDim; d++) sum += halfValue(at * headDim + d) * halfValue(keyAt + d);
      return sum * scale;
    },
    (at, key, d) => halfValue((qBytes + kvBytes) / 2 + (headOf(at) * tokens + key) * headDim + d),
  );
  const words = heads * tokens * headDim;
  // Half of the square, and its diagonal.
  const causal = (tokens * (tokens + 1)) / 2;
  return {
    work: {
      // Scores are written, read and written by the softmax, and read once more.
      bytes: qBytes + 2 * kvBytes + resultBytes + (isFlash ? 0 : 4 * 4 * heads * causal),
      flops: 4 * heads * causal * headDim,
      workgroups: tiles * heads,
      // The last rows have all keys, whether scores are kept or not.
      chain: tokens,
      stages: stages.length,
    },
    stages,
    rotations: 1,
    resultWords: words,
    expected: (word) => row(Math.floor(word / headDim), word % headDim),
    tolerance: 2e-5,
    samples: [0, headDim - 1, Math.floor(words / 2), Math.floor(words / 2) + 5, words - headDim, words - 50, words - 1],
  };
}
