/**
 * Decode attention: one query a sequence over keys and values that lie in blocks, found through a block table.
 *
 * Layout of the cache, in packed halves: block, then keys before values, then head of keys and values, token in the block, element.
 * A context may be read in several parts (split-KV), each by workgroups of its own; a second program joins what they found, by the
 * logarithm of each part's sum of exponentials.
 */

import { attentionRows, halfValue, patternValue } from '../reference.ts';
import { aligned, type Kernel, type Program, repeat, rotationsOf, type Stage, wideFunction } from './kernel.ts';

const headDim = 128;
const kvHeads = 4;
/** Query heads that share one head of keys and values. */
const group = 4;
const heads = kvHeads * group;
/** vec4<u32> of a token's key (or value) in one head. */
const vectors = headDim / 8;
/** Bytes of a token's keys and values in all heads. */
const tokenBytes = kvHeads * headDim * 2 * 2;
/** Every part of a context holds a multiple of this many tokens. */
const tokensPerStep = 32;
const scale = 1 / Math.sqrt(headDim);

/**
 * Physical block of entry `index` of the table: a permutation of the blocks, which are a power of two, that puts neighbours
 * far apart (an odd factor; this one is near the golden section of 2^16).
 */
function blockAt(index: number, blocks: number): number {
  return (index * 40503) % blocks;
}

/** Block sizes a table is made for (see `blockTables`). */
const blockSizes = [16, 32] as const;

/** Where the table for a block size begins, in entries, and how many it has. The tables lie one after the other. */
function tableOf(blockSize: number, halvesBytes: number): { start: number; blocks: number } {
  let start = 0;
  for (const size of blockSizes) {
    const blocks = halvesBytes / (size * tokenBytes);
    if (size === blockSize) return { start, blocks };
    start += aligned(blocks * 4) / 4;
  }
  throw new Error(`no table for blocks of ${blockSize}`);
}

/** The tables of all block sizes: every block of the buffer once, in an order that puts neighbours far apart. */
export function blockTables(halvesBytes: number): Uint32Array<ArrayBuffer> {
  const last = tableOf(blockSizes[blockSizes.length - 1], halvesBytes);
  const tables = new Uint32Array(last.start + Math.max(64, last.blocks));
  for (const size of blockSizes) {
    const { start, blocks } = tableOf(size, halvesBytes);
    for (let i = 0; i < blocks; i++) tables[start + i] = blockAt(i, blocks);
  }
  return tables;
}

const inputs = (hasQuery: boolean) => `
struct Shape { context: u32, blockSize: u32, splits: u32, tableStart: u32, tableMask: u32 }
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> table: array<u32>;
${hasQuery ? '@group(0) @binding(3) var<storage, read> q: array<vec4<f32>>;' : ''}
@group(0) @binding(2) var<storage, read> kv: array<vec4<u32>>;
${wideFunction}
// First vector of a token's key; its value lies blockSize * ${kvHeads * vectors} vectors further.
fn keyAt(sequence: u32, head: u32, token: u32) -> u32 {
  let entry = shape.tableStart + (sequence * shape.context + token) / shape.blockSize;
  let block = table[entry & shape.tableMask];
  return ((block * 2u * ${kvHeads}u + head) * shape.blockSize + token % shape.blockSize) * ${vectors}u;
}
`;

const outputs = (first: number) => `
@group(0) @binding(${first}) var<storage, read_write> result: array<f32>;
@group(0) @binding(${first + 1}) var<storage, read_write> logSums: array<f32>;
`;

/** Sum over eight elements of a query and a key in packed halves. */
const dotEight = (qa: string, qb: string, key: string) => `dot(${qa}, wide(${key}.xy)) + dot(${qb}, wide(${key}.zw))`;

/**
 * `lanes` neighbouring lanes share a token, so that a key is one contiguous load; several tokens are in flight at once. Each group
 * of lanes keeps its own running maximum, sum and output, joined at the end. Subgroups may be of any size from `lanes` up.
 */
function subgroupProgram(lanes: 4 | 8 | 16): Program {
  const threads = lanes === 4 ? 64 : 128;
  const slots = threads / lanes;
  const inFlight = tokensPerStep / slots;
  /** vec4<u32> a lane holds of each key and value. */
  const own = vectors / lanes;
  const each = (line: (h: number, v: number) => string) =>
    repeat(group * own, (i) => line(Math.floor(i / own), i % own));
  const tokens = (line: (u: number) => string) => repeat(inFlight, line);
  const masks = Array.from({ length: Math.log2(lanes) }, (_, i) => 2 ** i);
  const component = ['x', 'y', 'z', 'w'];
  return {
    id: `paged-subgroup-${lanes}`,
    code: `enable subgroups;
${inputs(true)}${outputs(4)}
var<workgroup> places: atomic<u32>;
var<workgroup> part: array<vec4<f32>, ${(slots * headDim) / 4}>;
var<workgroup> maxima: array<vec4<f32>, ${slots}>;
var<workgroup> sums: array<vec4<f32>, ${slots}>;

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32,
        @builtin(subgroup_invocation_id) lane: u32, @builtin(subgroup_size) size: u32) {
  let split = id.x;
  let head = id.y;
  let sequence = id.z;
  // Which subgroup of the workgroup this is, is not ours to assume: each takes the next free place.
  var place = 0u;
  if (subgroupElect()) { place = atomicAdd(&places, 1u); }
  place = subgroupBroadcastFirst(place);
  let slot = place * (size / ${lanes}u) + lane / ${lanes}u;
  let offset = (lane % ${lanes}u) * ${own}u;
  let valueOffset = shape.blockSize * ${kvHeads * vectors}u;

${each((h, v) => {
  const at = `(sequence * ${heads}u + head * ${group}u + ${h}u) * ${headDim / 4}u + (offset + ${v}u) * 2u`;
  return `  let q${h}_${v}a = q[${at}] * ${scale};\n  let q${h}_${v}b = q[${at} + 1u] * ${scale};\n  var o${h}_${v}a = vec4<f32>();\n  var o${h}_${v}b = vec4<f32>();`;
})}
  var largest = vec4<f32>(-1e30);
  var sum = vec4<f32>();
  let length = shape.context / shape.splits;
  let first = split * length;
  for (var t = 0u; t < length; t += ${tokensPerStep}u) {
${tokens((u) => {
  const token = `first + t + ${u * slots}u + slot`;
  return `    let at${u} = keyAt(sequence, head, ${token}) + offset;
${repeat(own, (v) => `    let k${u}_${v} = kv[at${u} + ${v}u];`)}
${repeat(own, (v) => `    let v${u}_${v} = kv[at${u} + valueOffset + ${v}u];`)}`;
})}
${tokens(
  (u) => `    var s${u} = vec4<f32>();
${each((h, v) => `    s${u}.${component[h]} += ${dotEight(`q${h}_${v}a`, `q${h}_${v}b`, `k${u}_${v}`)};`)}`,
)}
${masks.map((mask) => tokens((u) => `    s${u} += subgroupShuffleXor(s${u}, ${mask}u);`)).join('\n')}
    var next = largest;
${tokens((u) => `    next = max(next, s${u});`)}
    let shrink = exp(largest - next);
    largest = next;
    sum *= shrink;
${each((h, v) => `    o${h}_${v}a *= shrink.${component[h]};\n    o${h}_${v}b *= shrink.${component[h]};`)}
${tokens(
  (u) => `    let p${u} = exp(s${u} - next);
    sum += p${u};
${repeat(own, (v) => `    let w${u}_${v}a = wide(v${u}_${v}.xy);\n    let w${u}_${v}b = wide(v${u}_${v}.zw);`)}
${each((h, v) => `    o${h}_${v}a += p${u}.${component[h]} * w${u}_${v}a;\n    o${h}_${v}b += p${u}.${component[h]} * w${u}_${v}b;`)}`,
)}
  }
  if (offset == 0u) {
    maxima[slot] = largest;
    sums[slot] = sum;
  }
  workgroupBarrier();
  var all = vec4<f32>(-1e30);
  for (var s = 0u; s < ${slots}u; s++) { all = max(all, maxima[s]); }
  var total = vec4<f32>();
  for (var s = 0u; s < ${slots}u; s++) { total += sums[s] * exp(maxima[s] - all); }
  let weight = exp(largest - all) / total;
  let row = (sequence * ${heads}u + head * ${group}u) * shape.splits + split;
${repeat(
  group,
  (h) => `
${repeat(own, (v) => `  part[slot * ${headDim / 4}u + (offset + ${v}u) * 2u] = o${h}_${v}a * weight.${component[h]};\n  part[slot * ${headDim / 4}u + (offset + ${v}u) * 2u + 1u] = o${h}_${v}b * weight.${component[h]};`)}
  workgroupBarrier();
  for (var d = local; d < ${headDim}u; d += ${threads}u) {
    var value = 0.0;
    for (var s = 0u; s < ${slots}u; s++) { value += part[s * ${headDim / 4}u + d / 4u][d % 4u]; }
    result[(row + ${h}u * shape.splits) * ${headDim}u + d] = value;
  }
  workgroupBarrier();`,
)}
  if (local < ${group}u) { logSums[row + local * shape.splits] = all[local] + log(total[local]); }
}`,
  };
}

/**
 * Without subgroups: a tile of tokens at a time. For the scores a thread has a token of its own; for the output two elements, and
 * half of the tile's tokens.
 */
const sharedProgram: Program = (() => {
  const threads = 128;
  return {
    id: 'paged-shared',
    code: `${inputs(true)}${outputs(4)}
var<workgroup> query: array<vec4<f32>, ${(group * headDim) / 4}>;
var<workgroup> scores: array<vec4<f32>, ${threads}>;
var<workgroup> maxima: array<vec4<f32>, 16>;
var<workgroup> half: array<vec4<f32>, ${threads}>;
var<workgroup> otherSums: vec4<f32>;

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32) {
  let split = id.x;
  let head = id.y;
  let sequence = id.z;
  query[local] = q[(sequence * ${heads}u + head * ${group}u) * ${headDim / 4}u + local] * ${scale};
  let word = local % ${headDim / 2}u;
  let side = local / ${headDim / 2}u;
  let valueOffset = shape.blockSize * ${kvHeads * vectors}u;
  let length = shape.context / shape.splits;
  let first = split * length;
  var largest = vec4<f32>(-1e30);
  var sum = vec4<f32>();
  var even = vec4<f32>();
  var odd = vec4<f32>();
  workgroupBarrier();
  for (var t = 0u; t < length; t += ${threads}u) {
    let count = min(${threads}u, length - t);
    var score = vec4<f32>(-1e30);
    if (local < count) {
      score = vec4<f32>();
      let at = keyAt(sequence, head, first + t + local);
      for (var v = 0u; v < ${vectors}u; v++) {
        let key = kv[at + v];
        let low = wide(key.xy);
        let high = wide(key.zw);
${repeat(group, (h) => `        score[${h}] += dot(query[${(h * headDim) / 4}u + v * 2u], low) + dot(query[${(h * headDim) / 4}u + v * 2u + 1u], high);`)}
      }
    }
    scores[local] = score;
    workgroupBarrier();
    if (local < 16u) {
      var m = scores[local * 8u];
      for (var i = 1u; i < 8u; i++) { m = max(m, scores[local * 8u + i]); }
      maxima[local] = m;
    }
    workgroupBarrier();
    var next = largest;
    for (var i = 0u; i < 16u; i++) { next = max(next, maxima[i]); }
    scores[local] = exp(score - next);
    let shrink = exp(largest - next);
    largest = next;
    sum *= shrink;
    even *= shrink;
    odd *= shrink;
    workgroupBarrier();
    for (var i = side; i < count; i += 2u) {
      let p = scores[i];
      let at = (keyAt(sequence, head, first + t + i) + valueOffset) * 4u + word;
      let pair = unpack2x16float(kv[at / 4u][at % 4u]);
      sum += p;
      even += p * pair.x;
      odd += p * pair.y;
    }
    workgroupBarrier();
  }
  // The sums of the two sides' tokens make the whole.
  if (side == 1u) {
    scores[word] = even;
    half[word] = odd;
    if (word == 0u) { otherSums = sum; }
  }
  workgroupBarrier();
  if (side == 0u) {
    let total = sum + otherSums;
    let row = (sequence * ${heads}u + head * ${group}u) * shape.splits + split;
    let a = (even + scores[word]) / total;
    let b = (odd + half[word]) / total;
    for (var h = 0u; h < ${group}u; h++) {
      let start = (row + h * shape.splits) * ${headDim}u + word * 2u;
      result[start] = a[h];
      result[start + 1u] = b[h];
      if (word == 0u) { logSums[row + h * shape.splits] = largest[h] + log(total[h]); }
    }
  }
}`,
  };
})();

/** Without workgroup memory, first half: a thread for a token and head of keys gives the scores of four query heads. */
const scoreProgram: Program = {
  id: 'paged-thread-scores',
  code: `${inputs(true)}
@group(0) @binding(4) var<storage, read_write> scores: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let token = id.x;
  let head = id.y;
  let sequence = id.z;
  if (token >= shape.context) { return; }
  let at = keyAt(sequence, head, token);
  let query = (sequence * ${heads}u + head * ${group}u) * ${headDim / 4}u;
  var score = vec4<f32>();
  for (var v = 0u; v < ${vectors}u; v++) {
    let key = kv[at + v];
    let low = wide(key.xy);
    let high = wide(key.zw);
${repeat(group, (h) => `    score[${h}] += dot(q[query + ${(h * headDim) / 4}u + v * 2u], low) + dot(q[query + ${(h * headDim) / 4}u + v * 2u + 1u], high);`)}
  }
  for (var h = 0u; h < ${group}u; h++) {
    scores[(sequence * ${heads}u + head * ${group}u + h) * shape.context + token] = score[h] * ${scale};
  }
}`,
};

/** Second half: a thread for eight elements of one query head's output. */
const valueProgram: Program = {
  id: 'paged-thread-values',
  code: `${inputs(false)}${outputs(3)}
@group(0) @binding(5) var<storage, read_write> scores: array<f32>;

@compute @workgroup_size(${vectors}, 4)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let v = id.x % ${vectors}u;
  let split = id.x / ${vectors}u;
  let head = id.y;
  let sequence = id.z;
  let length = shape.context / shape.splits;
  let first = split * length;
  let start = (sequence * ${heads}u + head) * shape.context + first;
  let valueOffset = shape.blockSize * ${kvHeads * vectors}u + v;
  var largest = -1e30;
  for (var t = 0u; t < length; t++) { largest = max(largest, scores[start + t]); }
  var sum = 0.0;
  var a = vec4<f32>();
  var b = vec4<f32>();
  for (var t = 0u; t < length; t++) {
    let p = exp(scores[start + t] - largest);
    let value = kv[keyAt(sequence, head / ${group}u, first + t) + valueOffset];
    sum += p;
    a += p * wide(value.xy);
    b += p * wide(value.zw);
  }
  let row = (sequence * ${heads}u + head) * shape.splits + split;
  for (var i = 0u; i < 4u; i++) {
    result[row * ${headDim}u + v * 8u + i] = a[i] / sum;
    result[row * ${headDim}u + v * 8u + 4u + i] = b[i] / sum;
  }
  if (v == 0u) { logSums[row] = largest + log(sum); }
}`,
};

/** Joins the parts of a context: a workgroup for a query head, a thread for an element. */
const joinProgram: Program = {
  id: 'paged-join',
  code: `
struct Shape { splits: u32 }
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read_write> parts: array<f32>;
@group(0) @binding(2) var<storage, read_write> logSums: array<f32>;
@group(0) @binding(3) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(${headDim})
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) d: u32) {
  let first = id.x * shape.splits;
  var largest = logSums[first];
  for (var s = 1u; s < shape.splits; s++) { largest = max(largest, logSums[first + s]); }
  var sum = 0.0;
  var value = 0.0;
  for (var s = 0u; s < shape.splits; s++) {
    let weight = exp(logSums[first + s] - largest);
    sum += weight;
    value += weight * parts[(first + s) * ${headDim}u + d];
  }
  result[id.x * ${headDim}u + d] = value / sum;
}`,
};

type Way = 'subgroup-16' | 'subgroup-8' | 'subgroup-4' | 'shared' | 'thread';

const programsOf: Readonly<Record<Way, readonly Program[]>> = {
  'subgroup-16': [subgroupProgram(16), joinProgram],
  'subgroup-8': [subgroupProgram(8), joinProgram],
  'subgroup-4': [subgroupProgram(4), joinProgram],
  shared: [sharedProgram, joinProgram],
  thread: [scoreProgram, valueProgram, joinProgram],
};

export function pagedAttention(way: Way): Kernel {
  const programs = programsOf[way];
  const lanes = way.startsWith('subgroup') ? Number(way.slice('subgroup-'.length)) : undefined;
  return {
    id: `paged-${way}`,
    family: 'decode-attention',
    precision: 'f16-packed',
    variant: 'paged',
    needs: lanes === undefined ? [] : ['subgroups'],
    lanes,
    hasBarriers: way !== 'thread',
    programs,
    compute(shape, room) {
      if (shape.kind !== 'decode') return null;
      const { sequences, context, blockSize, splits } = shape;
      if (context % (splits * tokensPerStep) !== 0 || context % blockSize !== 0) return null;
      const { start, blocks } = tableOf(blockSize, room.halves);
      const usedBlocks = (sequences * context) / blockSize;
      const qBytes = sequences * heads * headDim * 4;
      const rows = sequences * heads * splits;
      // The joined result first, then the parts, their log-sums, and the scores of the way that needs them.
      const partsAt = splits === 1 ? 0 : aligned(qBytes);
      const partsBytes = rows * headDim * 4;
      const sumsAt = partsAt + aligned(partsBytes);
      const scoresAt = sumsAt + aligned(rows * 4);
      const scoresBytes = way === 'thread' ? sequences * heads * context * 4 : 0;
      if (usedBlocks > blocks || qBytes > room.source || scoresAt + scoresBytes > room.destination) return null;

      const parts = { pool: 'destination', offset: partsAt, bytes: partsBytes } as const;
      const sums = { pool: 'destination', offset: sumsAt, bytes: rows * 4 } as const;
      const scores = { pool: 'destination', offset: scoresAt, bytes: scoresBytes } as const;
      const result = { pool: 'destination', offset: 0, bytes: qBytes } as const;
      const query = { pool: 'source', offset: 0, bytes: qBytes } as const;
      const cache = (rotation: number) =>
        [
          { uniform: [context, blockSize, splits, rotation * usedBlocks, blocks - 1, 0, 0, 0] },
          { pool: 'blocks', offset: start * 4, bytes: blocks * 4 },
          { pool: 'halves', offset: 0, bytes: room.halves },
        ] as const;
      const attend: Stage[] =
        way === 'thread'
          ? [
              {
                program: 0,
                grid: [Math.ceil(context / 64), kvHeads, sequences],
                operands: (rotation) => [...cache(rotation), query, scores],
              },
              {
                program: 1,
                grid: [splits, heads / 4, sequences],
                operands: (rotation) => [...cache(rotation), parts, sums, scores],
              },
            ]
          : [
              {
                program: 0,
                grid: [splits, kvHeads, sequences],
                operands: (rotation) => [...cache(rotation), query, parts, sums],
              },
            ];
      const join: Stage = {
        program: programs.length - 1,
        grid: [sequences * heads, 1, 1],
        operands: () => [{ uniform: [splits, 0, 0, 0] }, parts, sums, result],
      };
      const stages = splits === 1 ? attend : [...attend, join];

      /** First half of a token's key in the packed pattern. */
      const keyAt = (rotation: number, sequence: number, head: number, token: number) => {
        const entry = rotation * usedBlocks + Math.floor((sequence * context + token) / blockSize);
        const block = blockAt(entry % blocks, blocks);
        return ((block * 2 * kvHeads + head) * blockSize + (token % blockSize)) * headDim;
      };
      const asked = { row: -1, query: new Float64Array(headDim) };
      const rowsOf = (rotation: number) =>
        attentionRows(
          () => context,
          (row, token) => {
            const sequence = Math.floor(row / heads);
            const at = keyAt(rotation, sequence, Math.floor((row % heads) / group), token);
            if (row !== asked.row) {
              for (let d = 0; d < headDim; d++) asked.query[d] = patternValue(row * headDim + d);
              asked.row = row;
            }
            let sum = 0;
            for (let d = 0; d < headDim; d++) sum += asked.query[d] * halfValue(at + d);
            return sum * scale;
          },
          (row, token, d) => {
            const at = keyAt(rotation, Math.floor(row / heads), Math.floor((row % heads) / group), token);
            return halfValue(at + blockSize * kvHeads * headDim + d);
          },
        );
      let known = { rotation: -1, row: rowsOf(0) };
      const words = sequences * heads * headDim;
      return {
        work: {
          bytes: sequences * context * tokenBytes + 2 * qBytes + (splits === 1 ? 0 : 2 * partsBytes) + 2 * scoresBytes,
          flops: 4 * sequences * context * heads * headDim,
          workgroups: sequences * kvHeads * splits,
          chain: context / splits,
          stages: stages.length,
        },
        stages,
        rotations: rotationsOf(usedBlocks * blockSize * tokenBytes, room.halves),
        resultWords: words,
        expected: (word, rotation) => {
          if (known.rotation !== rotation) known = { rotation, row: rowsOf(rotation) };
          return known.row(Math.floor(word / headDim), word % headDim);
        },
        tolerance: 2e-5,
        samples: [0, 1, 77, headDim - 1, words - headDim, words - 50, words - 1],
      };
    },
  };
}
