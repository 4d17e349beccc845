/**
 * Time of single operators as functions of their size and of a device's coefficients. All functions are non-decreasing
 * in every size, use only + - * / sqrt min max ceil (so all browsers agree to the last bit), and return microseconds.
 */

import { causalPairs } from './model.ts';

/** `fixed + (memory^4 + compute^4)^(1/4)`: a roofline whose edge is rounded, as measured ones are. */
export interface GemmCoefficients {
  /** Launch, prologue and epilogue. */
  readonly fixedUs: number;
  /** Bandwidth at which large weights stream. */
  readonly bytesPerS: number;
  /** Time lost until the memory pipeline is full; reached by half at `rampBytes`. */
  readonly rampUs: number;
  readonly rampBytes: number;
  /** Rate of large products. */
  readonly flopsPerS: number;
  /** Rows that a product pays for beyond the ones it has: start and end of its pipeline. Efficiency = m / (m + this). */
  readonly wastedRows: number;
  /** Products of so few rows run in a kernel without tiles, which wastes none; left out: there is no such kernel. */
  readonly streamedRows?: number;
  /** Rows of an output tile. */
  readonly tileRows: number;
  /** Share of an unfilled last tile that is paid for: 1 = whole tiles only, 0 = no rounding (other tile sizes, other waves fill in). */
  readonly tileShare: number;
  /** Tiles and waves, where a table is fine enough to show them; the three fields above then serve grouped products alone. */
  readonly tiles?: TileCoefficients;
}

/**
 * A product is cut into tiles of its result, which the multiprocessors compute in waves; the library takes the tile
 * that is fastest (`TILES`), also one whose depth is split among several multiprocessors.
 */
export interface TileCoefficients {
  /** Multiprocessors of the device. */
  readonly processors: number;
  /** Share of an unfilled last wave that is paid for. */
  readonly waveShare: number;
  /** A tile of a x b costs as much as a b + edge (a + b): loading its edges, which small tiles do more often. */
  readonly edge: number;
  /** Start and end of a tile, in elements of depth. */
  readonly startDepth: number;
  /** Rows are fetched from the cache once for each column of tiles, at this rate; a few rows wait for it beside the weights. */
  readonly rowBytesPerS: number;
}

/** `max(fixed + bytes / cache bandwidth, bytes / memory bandwidth)`: small activations are still in the L2 cache. */
export interface ElementwiseCoefficients {
  readonly fixedUs: number;
  readonly cacheBytesPerS: number;
  readonly memoryBytesPerS: number;
  /** Where the one rate turns into the other: the share of this that an operator touches comes from memory. Left out: at once. */
  readonly cacheBytes?: number;
  /** Norms of single heads, whose short rows keep a kernel from any of these rates. Left out: as the others. */
  readonly headNormBytesPerS?: number;
}

/** Causal attention of prefill chunks. */
export interface PrefillAttentionCoefficients {
  readonly fixedUs: number;
  readonly flopsPerS: number;
  /** Extra time of a query-key pair, in head elements: exponentials and sums, which do not grow with the head. */
  readonly extraDims: number;
  /** Extra time of a query row, in keys: masked halves of diagonal tiles, softmax start and end. */
  readonly extraKeysPerQuery: number;
  /** Time one block of 128 queries needs for one key, alone on its multiprocessor: the longest chunk cannot end earlier. */
  readonly serialUsPerKey: number;
  /** Blocks up to which the keys of a chunk are split among blocks; 1 = a kernel that never splits them. */
  readonly blocksWanted: number;
  /** Share of the shorter one of throughput time and serial time that is not hidden behind the longer one. */
  readonly unhidden: number;
}

/** Attention of one new token a sequence over its paged context. */
export interface DecodeAttentionCoefficients {
  readonly fixedUs: number;
  /** Bandwidth at which large contexts stream. */
  readonly bytesPerS: number;
  readonly rampUs: number;
  readonly rampBytes: number;
  /** Time of a sequence beyond its context: one more set of blocks to start and to reduce. */
  readonly perSequenceUs: number;
  /** Bandwidth of one thread block alone: one KV head of one sequence, or one split of it. Infinity = not a limit. */
  readonly blockBytesPerS: number;
  /** Thread blocks up to which contexts are split; with more sequences the longest context is read by one block a head. */
  readonly blocksWanted: number;
  /** Share that is not hidden: of the balanced time behind the longest context, of what that one is longer behind the balanced time. */
  readonly unhidden: number;
}

/**
 * Attention of a step with chunks in one kernel for chunks and decodes, as vLLM with FlashAttention-2 runs it over
 * paged keys. Each head of each sequence is cut into blocks of 64 queries, one a multiprocessor at a time, heads in
 * order. A decode is a chunk of one query, so its context is not split, and heads that share keys each read them.
 */
export interface JoinedAttentionCoefficients {
  readonly fixedUs: number;
  /** Multiprocessors of the device. */
  readonly processors: number;
  /** Time of one block for one key, with heads of 128 elements. */
  readonly usPerKey: number;
  /** Start and end of a block, in keys. */
  readonly startKeys: number;
  /** What the second tile of keys costs a decode beyond its keys, because nothing hides its loading; in keys, at most `startKeys`. */
  readonly refillKeys: number;
  /** A block of a decode that has no queries, because the longest chunk has more: it starts and ends. In keys. */
  readonly emptyKeys: number;
  /** Share of an unfilled last wave that a chunk alone pays for. */
  readonly waveShare: number;
  /** Share of the difference between a chunk's longest and shortest block that is not hidden. */
  readonly unhiddenQueries: number;
  /** Share of the longest block that is not hidden once there is more than one wave: it may start last. */
  readonly unhiddenBlock: number;
  /** Rate at which keys and values come from memory, and the cache that spares reading them once for every head. */
  readonly bytesPerS: number;
  readonly cacheBytes: number;
}

/** Fastest sampling there is: one pass over the logits. */
export interface SamplingCoefficients {
  readonly fixedUs: number;
  readonly perRowUs: number;
}

/** Rows of queries that one thread block of FlashAttention-2 handles. */
const QUERIES_PER_BLOCK = 128;
/** The same with paged keys, and the keys of one of its rounds: 128, or 64 for the last few. */
const PAGED_QUERIES = 64;
const PAGED_KEYS = 128;
const PAGED_FEW_KEYS = 64;

/** Rows, columns and parts of the depth of the tiles that a library chooses from. */
const TILES: readonly (readonly [rows: number, columns: number, parts: number])[] = [
  [64, 128, 1],
  [128, 128, 1],
  [128, 256, 1],
  [128, 128, 2],
  [128, 128, 4],
];
const LARGEST_TILE = TILES[2];
const TILE_SIDE = 128;

/** Rounded maximum of two times. */
export function smoothMax(a: number, b: number): number {
  const aa = a * a;
  const bb = b * b;
  return Math.sqrt(Math.sqrt(aa * aa + bb * bb));
}

/** The same with a sharper edge: where tiles and waves say what a product of few rows computes, less of it is hidden. */
function sharpMax(a: number, b: number): number {
  return Math.sqrt(smoothMax(a * a, b * b));
}

/** Time that reading `bytes` takes. */
export function streamUs(bytes: number, c: { bytesPerS: number; rampUs: number; rampBytes: number }): number {
  return bytes / (c.bytesPerS * 1e-6) + (c.rampUs * bytes) / (bytes + c.rampBytes);
}

/** Memory side of a product of [m, k] and [k, n]: weights of `weightBytes` an element, the others of `rowBytes`. */
export function gemmMemoryUs(
  c: GemmCoefficients,
  m: number,
  k: number,
  n: number,
  weightBytes: number,
  rowBytes: number = weightBytes,
): number {
  const us = streamUs(weightBytes * k * n + rowBytes * (m * k + m * n), c);
  if (c.tiles === undefined) return us;
  // Beyond one tile of rows the arithmetic hides it.
  const fetched = rowBytes * Math.min(m, TILE_SIDE) * k * Math.ceil(n / TILE_SIDE);
  return us + fetched / (c.tiles.rowBytesPerS * 1e-6);
}

/** Arithmetic side of a product of [m, k] and [k, n]. */
export function gemmComputeUs(c: GemmCoefficients, m: number, k: number, n: number): number {
  if (c.tiles !== undefined) return tiledUs(c.flopsPerS, c.tiles, m, k, n);
  const whole = Math.ceil(m / c.tileRows) * c.tileRows;
  const wastedRows = c.streamedRows !== undefined && m <= c.streamedRows ? 0 : c.wastedRows;
  const rows = m + c.tileShare * (whole - m) + wastedRows;
  return (2 * k * n * rows) / (c.flopsPerS * 1e-6);
}

/**
 * The fastest of the library's tilings; but once the largest tile fills the device twice, the library stays with it, and
 * rows are rounded to its rows.
 */
function tiledUs(flopsPerS: number, c: TileCoefficients, m: number, k: number, n: number): number {
  const workOf = (rows: number, columns: number, depth: number): number =>
    2 * (rows * columns + c.edge * (rows + columns)) * (depth + c.startDepth);
  let least = Number.POSITIVE_INFINITY;
  for (const [rows, columns, parts] of TILES) {
    const waves = paidWaves((Math.ceil(m / rows) * Math.ceil(n / columns) * parts) / c.processors, c.waveShare);
    least = Math.min(least, waves * workOf(rows, columns, k / parts));
  }
  const [rows, columns] = LARGEST_TILE;
  const waves = (Math.ceil(m / rows) * Math.ceil(n / columns)) / c.processors;
  if (waves >= 2) least = Math.max(least, waves * workOf(rows, columns, k));
  // The rate is that of the largest tile.
  const largest = 1 + c.edge * (1 / rows + 1 / columns);
  return (least * c.processors) / (largest * flopsPerS * 1e-6);
}

/** Waves of which the last one, where it is not full, is paid for in part. */
function paidWaves(waves: number, share: number): number {
  return waves + share * (Math.ceil(waves) - waves);
}

export function gemmUs(
  c: GemmCoefficients,
  m: number,
  k: number,
  n: number,
  weightBytes: number,
  rowBytes: number = weightBytes,
): number {
  const memoryUs = gemmMemoryUs(c, m, k, n, weightBytes, rowBytes);
  const computeUs = gemmComputeUs(c, m, k, n);
  return c.fixedUs + (c.tiles === undefined ? smoothMax : sharpMax)(memoryUs, computeUs);
}

/** @param touched bytes of different addresses among them: fewer where the result replaces what was read */
export function elementwiseUs(c: ElementwiseCoefficients, bytes: number, touched: number = bytes): number {
  const cachedUs = bytes / (c.cacheBytesPerS * 1e-6);
  const memoryUs = bytes / (c.memoryBytesPerS * 1e-6);
  if (c.cacheBytes === undefined) return Math.max(c.fixedUs + cachedUs, memoryUs);
  return c.fixedUs + cachedUs + Math.min(1, touched / c.cacheBytes) * Math.max(0, memoryUs - cachedUs);
}

/** Norms of the queries and keys of single heads. */
export function headNormUs(c: ElementwiseCoefficients, bytes: number): number {
  const us = elementwiseUs(c, bytes, bytes / 2);
  return c.headNormBytesPerS === undefined ? us : Math.max(us, c.fixedUs + bytes / (c.headNormBytesPerS * 1e-6));
}

/** Makespan of work that keeps the device busy for `throughputUs` and whose longest part takes `serialUs`. */
function makespanUs(throughputUs: number, serialUs: number, unhidden: number): number {
  return Math.max(throughputUs, serialUs) + unhidden * Math.min(throughputUs, serialUs);
}

/** What attention needs to know of the prefill chunks of a step. */
export interface ChunkSums {
  /** Query-key pairs, causal. */
  pairs: number;
  /** New tokens. */
  queries: number;
  /** New tokens of the chunk that has most. */
  longestNew: number;
  /** Cached plus new tokens of the chunk that has most. */
  longest: number;
  /** Of all chunks, one head: blocks of paged queries, and the keys that they go through. */
  blocks: number;
  blockKeys: number;
  /** Keys that one multiprocessor goes through at least, because the blocks of some chunk come in waves. */
  waveKeys: number;
}

export function createChunkSums(): ChunkSums {
  return { pairs: 0, queries: 0, longestNew: 0, longest: 0, blocks: 0, blockKeys: 0, waveKeys: 0 };
}

export function clearChunkSums(sums: ChunkSums): void {
  sums.pairs = 0;
  sums.queries = 0;
  sums.longestNew = 0;
  sums.longest = 0;
  sums.blocks = 0;
  sums.blockKeys = 0;
  sums.waveKeys = 0;
}

/** Adds a chunk of `fresh` tokens behind `cached` ones. `joined`: null where chunks have a kernel of their own. */
export function addChunk(
  sums: ChunkSums,
  fresh: number,
  cached: number,
  joined: JoinedAttentionCoefficients | null,
  heads: number,
): void {
  sums.pairs += causalPairs(fresh, cached);
  sums.queries += fresh;
  sums.longestNew = Math.max(sums.longestNew, fresh);
  sums.longest = Math.max(sums.longest, fresh + cached);
  if (joined === null) return;
  const blocks = Math.ceil(fresh / PAGED_QUERIES);
  // The blocks' keys grow evenly from the first to the last.
  const first = Math.ceil((cached + Math.min(fresh, PAGED_QUERIES)) / PAGED_KEYS) * PAGED_KEYS;
  const last = Math.ceil((cached + fresh) / PAGED_KEYS) * PAGED_KEYS;
  const keys = (first + last) / 2;
  const waves = (heads * blocks) / joined.processors;
  const inWaves = (keys + joined.startKeys) * paidWaves(waves, joined.waveShare);
  sums.blocks += blocks;
  sums.blockKeys += blocks * keys;
  sums.waveKeys = Math.max(sums.waveKeys, inWaves + joined.unhiddenQueries * fresh * Math.min(1, waves));
}

/** Time for which query-key pairs keep the device busy. */
export function chunkThroughputUs(
  c: PrefillAttentionCoefficients,
  chunks: Pick<ChunkSums, 'pairs' | 'queries'>,
  heads: number,
  headDim: number,
): number {
  const flopsPerPair = 4 * heads * (headDim + c.extraDims);
  return ((chunks.pairs + c.extraKeysPerQuery * chunks.queries) * flopsPerPair) / (c.flopsPerS * 1e-6);
}

/** One layer's attention of all prefill chunks of a step, in one kernel. */
export function prefillAttentionUs(
  c: PrefillAttentionCoefficients,
  chunks: Pick<ChunkSums, 'pairs' | 'queries' | 'longest'>,
  heads: number,
  headDim: number,
): number {
  if (chunks.queries === 0) return 0;
  const splits = Math.max(1, (c.blocksWanted * QUERIES_PER_BLOCK) / (heads * chunks.queries));
  const serialUs = (c.serialUsPerKey * chunks.longest) / splits;
  return c.fixedUs + makespanUs(chunkThroughputUs(c, chunks, heads, headDim), serialUs, c.unhidden);
}

/**
 * One layer's attention of a step with chunks, in one kernel that never splits keys.
 *
 * The longest of: one block alone, the waves of one chunk, all blocks spread evenly (and, with more than a wave of
 * them, a part of the longest, which may start last), and the keys of the decodes coming from memory. Those are read
 * once if what one head of all decodes needs fits the cache; otherwise once more for every wave in which heads that
 * share them run.
 * @param kvHeadBytes bytes of the key and value of one token in one KV head
 */
export function joinedAttentionUs(
  c: JoinedAttentionCoefficients,
  chunks: ChunkSums,
  heads: number,
  headDim: number,
  kvHeads: number,
  kvHeadBytes: number,
  decodes: number,
  contextSum: number,
  contextMax: number,
): number {
  const emptyBlocks = Math.max(0, Math.ceil(chunks.longestNew / PAGED_QUERIES) - 1);
  const refills = Math.min(decodes, Math.max(0, contextSum / PAGED_FEW_KEYS - decodes));
  const chunkKeys = chunks.blockKeys + c.startKeys * chunks.blocks;
  const decodeKeys =
    Math.max(contextSum, PAGED_FEW_KEYS * decodes) +
    c.refillKeys * refills +
    (c.startKeys + c.emptyKeys * emptyBlocks) * decodes;
  const longestChunk = Math.ceil(chunks.longest / PAGED_KEYS) * PAGED_KEYS;
  const longestDecode =
    Math.ceil(contextMax / PAGED_FEW_KEYS) * PAGED_FEW_KEYS +
    c.refillKeys * Math.min(1, Math.max(0, contextMax / PAGED_FEW_KEYS - 1));
  const longest = Math.max(longestChunk, longestDecode) + c.startKeys;
  const waves = (heads * (chunks.blocks + decodes)) / c.processors;
  // The second wave grows in over a sixth of the multiprocessors, so that one block more does not double the time.
  const waiting = c.unhiddenBlock * longest * Math.min(1, 6 * Math.max(0, waves - 1));
  const spread = (heads * (chunkKeys + decodeKeys)) / c.processors + waiting;
  const keys = Math.max(longest, chunks.waveKeys, spread);

  const headBytes = contextSum * kvHeadBytes;
  const missed = Math.min(1, Math.max(0, headBytes / c.cacheBytes - 0.5));
  const rereads = (heads / kvHeads - 1) * Math.min(1, (decodes + chunks.blocks) / c.processors) * missed;
  const memoryUs = (kvHeads * headBytes * (1 + rereads)) / (c.bytesPerS * 1e-6);
  return c.fixedUs + Math.max((c.usPerKey * keys * headDim) / 128, memoryUs);
}

/**
 * One layer's attention of all decodes of a step.
 *
 * Bandwidth over the sum of the contexts, and a serial bound: with few splits the longest context is read by a few
 * thread blocks while the rest of the device has nothing left to do. What it is longer than the others is hidden in
 * part, as is their work behind a very long one.
 * @param kvHeadBytes bytes of the key and value of one token in one KV head
 */
export function decodeAttentionUs(
  c: DecodeAttentionCoefficients,
  decodes: number,
  contextSum: number,
  contextMax: number,
  kvHeads: number,
  kvHeadBytes: number,
): number {
  if (decodes === 0) return 0;
  const balancedUs = streamUs(contextSum * kvHeads * kvHeadBytes, c) + c.perSequenceUs * decodes;
  const splits = Math.max(1, c.blocksWanted / (decodes * kvHeads));
  const usPerToken = kvHeadBytes / (splits * c.blockBytesPerS * 1e-6);
  const serialUs = usPerToken * contextMax;
  const imbalanceUs = serialUs - (usPerToken * contextSum) / decodes;
  return c.fixedUs + Math.max(balancedUs + c.unhidden * imbalanceUs, serialUs + c.unhidden * balancedUs);
}

export function samplingUs(c: SamplingCoefficients, rows: number): number {
  return rows === 0 ? 0 : c.fixedUs + c.perRowUs * rows;
}
