/**
 * Time of single operators as functions of their size and of a device's coefficients. All functions are non-decreasing
 * in every size, use only + - * / sqrt min max ceil floor (so all browsers agree to the last bit), and return microseconds.
 */

import { BlockSchedule } from './block-schedule.ts';
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

/** Kernels whose coefficients may be their own. */
export type ElementwiseKernel = 'norm' | 'final-norm' | 'head-norm' | 'rotation' | 'activation' | 'embedding';

/** `max(fixed + bytes / cache bandwidth, bytes / memory bandwidth)`: small activations are still in the L2 cache. */
export interface ElementwiseRates {
  readonly fixedUs: number;
  /** The least it takes, where that is not `fixedUs`: until there are rows for all multiprocessors, more of them take no longer. */
  readonly floorUs?: number;
  readonly cacheBytesPerS: number;
  readonly memoryBytesPerS: number;
  /** Where the one rate turns into the other, little by little: the share of this that an operator touches comes from memory. Left out: at once. */
  readonly cacheBytes?: number;
  /** Where it turns at an edge, in place of `cacheBytes`: so much of what an operator touches is still in the cache, the rest comes from memory. */
  readonly keptBytes?: number;
  /** Until each multiprocessor has a row (`rows` of them), where that is another line: a block alone waits for itself, not for others. */
  readonly alone?: { readonly rows: number; readonly fixedUs: number; readonly bytesPerS: number };
  /** Of so few rows, where a kernel goes through them one by one: PyTorch's `indexSelectSmallIndex`, up to 16. */
  readonly few?: { readonly rows: number; readonly fixedUs: number; readonly perRowUs: number };
}

export interface ElementwiseCoefficients extends ElementwiseRates {
  /** Of kernels that were measured one by one. */
  readonly kernels?: Readonly<Partial<Record<ElementwiseKernel, ElementwiseRates>>>;
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
  /** Reading a query of a chunk and writing what it found; in keys. */
  readonly queryKeys: number;
  /** A block of a decode that has no queries, because the longest chunk has more: it starts and ends. In keys. */
  readonly emptyKeys: number;
  /** Share of the time for fetching keys and values, at the rate of memory, that arithmetic does not hide. */
  readonly unhidden: number;
  /** The same for fetching those of decodes again for a head that runs later. */
  readonly unhiddenAgain: number;
  /** Rate at which keys and values come from memory, and the cache that spares reading them once for every head. */
  readonly bytesPerS: number;
  readonly cacheBytes: number;
  /** Heads that share keys drift apart; once the blocks of the chunks of one head go through so many bytes beside decodes that fill the device, each reads for itself. */
  readonly driftBytes: number;
}

/** Fastest sampling there is: one pass over the logits. */
export interface SamplingCoefficients {
  readonly fixedUs: number;
  readonly perRowUs: number;
  /** Rows whose logits stay in the cache, and what each one beyond takes longer. Left out: all of them. */
  readonly cachedRows?: number;
  readonly uncachedRowUs?: number;
}

/** Rows of queries that one thread block of FlashAttention-2 handles. */
const QUERIES_PER_BLOCK = 128;
/** The same with paged keys, and the keys to which a block's are rounded. */
const PAGED_QUERIES = 64;
const PAGED_KEYS = 128;
/** Decodes of a head up to which blocks of whole decodes are scheduled; more fill gaps so well that they are divided at will. */
const MOST_WHOLE_DECODES = 256;
/** Between one and two such contexts, heads that begin in different waves lose each other. */
const LONG_CONTEXT = 9000;
/** Of the cache, what one head of all decodes may need without being read again; how often each head reads it again, for each cache beyond. */
const KEPT_SHARE = 0.5;
const REREADS = 0.55;
const EQUAL_DECODES: readonly number[] = [1, 2, 3, 4, 6, 8, 16, 32, 64, 128, MOST_WHOLE_DECODES];

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

/**
 * @param touched bytes of different addresses among them: fewer where the result replaces what was read
 * @param kernel left out: what holds for all of them
 * @param rows each is a block's work; left out: enough for the whole device
 */
export function elementwiseUs(
  c: ElementwiseCoefficients,
  bytes: number,
  touched: number = bytes,
  kernel?: ElementwiseKernel,
  rows: number = Number.POSITIVE_INFINITY,
): number {
  const rates = (kernel && c.kernels?.[kernel]) ?? c;
  const { few, alone, floorUs = 0 } = rates;
  if (few !== undefined && rows <= few.rows) return few.fixedUs + few.perRowUs * rows;
  if (alone === undefined) return Math.max(floorUs, streamedUs(rates, bytes, touched));
  const ownBytes = bytes * Math.min(1, alone.rows / rows);
  const ownUs = Math.max(floorUs, alone.fixedUs + ownBytes / (alone.bytesPerS * 1e-6));
  return rows <= alone.rows ? ownUs : Math.max(ownUs, streamedUs(rates, bytes, touched));
}

/** Time of rows of which every multiprocessor has some. */
function streamedUs(c: ElementwiseRates, bytes: number, touched: number): number {
  const { fixedUs, cacheBytesPerS, memoryBytesPerS, cacheBytes, keptBytes } = c;
  const cachedUs = bytes / (cacheBytesPerS * 1e-6);
  const memoryUs = bytes / (memoryBytesPerS * 1e-6);
  if (keptBytes !== undefined) {
    const missedUs = memoryUs * Math.max(0, 1 - keptBytes / Math.max(1, touched));
    return fixedUs + Math.max(cachedUs, missedUs);
  }
  if (cacheBytes === undefined) return Math.max(fixedUs + cachedUs, memoryUs);
  return fixedUs + cachedUs + Math.min(1, touched / cacheBytes) * Math.max(0, memoryUs - cachedUs);
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
  /** Cached plus new tokens of the chunk that has most. */
  longest: number;
  /** Cached plus new tokens. */
  keys: number;
  /** Blocks of the chunk that has most, one head. */
  mostBlocks: number;
  /** Keys that the blocks of one head go through, all of them, and the most that one does; kept where chunks and decodes share a kernel. */
  blockKeys: number;
  mostKeys: number;
  /** Groups of blocks in the order in which they start, one head: how many they are, and the keys that each block goes through. */
  groups: number;
  groupBlocks: Float64Array;
  groupKeys: Float64Array;
}

export function createChunkSums(): ChunkSums {
  return {
    pairs: 0,
    queries: 0,
    longest: 0,
    keys: 0,
    mostBlocks: 0,
    blockKeys: 0,
    mostKeys: 0,
    groups: 0,
    groupBlocks: new Float64Array(64),
    groupKeys: new Float64Array(64),
  };
}

export function clearChunkSums(sums: ChunkSums): void {
  sums.pairs = 0;
  sums.queries = 0;
  sums.longest = 0;
  sums.keys = 0;
  sums.mostBlocks = 0;
  sums.blockKeys = 0;
  sums.mostKeys = 0;
  sums.groups = 0;
}

/** Adds a chunk of `fresh` tokens behind `cached` ones. `joined`: null where chunks have a kernel of their own. */
export function addChunk(
  sums: ChunkSums,
  fresh: number,
  cached: number,
  joined: JoinedAttentionCoefficients | null,
): void {
  sums.pairs += causalPairs(fresh, cached);
  sums.queries += fresh;
  sums.longest = Math.max(sums.longest, fresh + cached);
  sums.keys += fresh + cached;
  if (joined === null) return;
  const blocks = Math.ceil(fresh / PAGED_QUERIES);
  sums.mostBlocks = Math.max(sums.mostBlocks, blocks);
  // Neighbours that go through as many keys are one group.
  const keysOf = (block: number): number => {
    const end = Math.min(fresh, block * PAGED_QUERIES);
    return pagedKeys(joined, cached + end) + joined.queryKeys * (end - (block - 1) * PAGED_QUERIES);
  };
  for (let first = 1; first <= blocks; ) {
    const keys = keysOf(first);
    let last = first;
    while (last < blocks && keysOf(last + 1) === keys) last++;
    addGroup(sums, last - first + 1, keys);
    first = last + 1;
  }
}

function addGroup(sums: ChunkSums, blocks: number, keys: number): void {
  if (sums.groups === sums.groupBlocks.length) {
    sums.groupBlocks = grown(sums.groupBlocks);
    sums.groupKeys = grown(sums.groupKeys);
  }
  sums.groupBlocks[sums.groups] = blocks;
  sums.groupKeys[sums.groups] = keys;
  sums.groups++;
  sums.blockKeys += blocks * keys;
  sums.mostKeys = Math.max(sums.mostKeys, keys);
}

function grown(column: Float64Array): Float64Array {
  const larger = new Float64Array(2 * column.length);
  larger.set(column);
  return larger;
}

/** What a block pays for that goes through `keys`, in keys. */
function pagedKeys(c: JoinedAttentionCoefficients, keys: number): number {
  return c.startKeys + Math.ceil(keys / PAGED_KEYS) * PAGED_KEYS;
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

/** Schedules by multiprocessors, so that a step allocates none. */
const schedules = new Map<number, BlockSchedule>();

function scheduleOf(processors: number): BlockSchedule {
  let schedule = schedules.get(processors);
  if (schedule === undefined) {
    schedule = new BlockSchedule(processors);
    schedules.set(processors, schedule);
  }
  return schedule;
}

/** Sums of times are exact to many more digits than this. */
const ROUNDING = 1 + 1e-9;

/**
 * Keys that the busiest multiprocessor goes through when each head starts the blocks of its chunks and then `decodes`
 * blocks of `decodeKeys`, and work of `dividedKeys` that is divided at will; `least` where it is not more than that.
 */
function scheduledKeys(
  c: JoinedAttentionCoefficients,
  chunks: ChunkSums,
  heads: number,
  decodes: number,
  decodeKeys: number,
  dividedKeys: number,
  least: number,
): number {
  // A block starts when no multiprocessor is free earlier, so not after an equal share of all other work (Graham 1969).
  const longest = Math.max(chunks.mostKeys, decodes > 0 ? decodeKeys : 0);
  const all = heads * (chunks.blockKeys + decodes * decodeKeys + dividedKeys);
  if (ROUNDING * ((all - longest) / c.processors + longest) <= least) return least;
  const schedule = scheduleOf(c.processors);
  schedule.clear(chunks.groups + 1);
  for (let head = 0; head < heads; head++) {
    for (let i = 0; i < chunks.groups; i++) schedule.place(chunks.groupBlocks[i], i, chunks.groupKeys[i]);
    schedule.place(decodes, chunks.groups, decodeKeys);
    schedule.pour(dividedKeys);
  }
  return Math.max(least, schedule.last);
}

/**
 * One layer's attention of a step with chunks, in one kernel that never splits keys: what the busiest multiprocessor
 * computes, with what it waits for keys, or the keys and values coming from memory.
 *
 * Of decodes only their number, the sum of their contexts and the longest are known. Their blocks are scheduled as so many
 * equal ones as can be among them, for several numbers; the slowest counts. For equal contexts that is what they are,
 * and no other way to count them is both that and non-decreasing.
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
  const emptyKeys = c.emptyKeys * decodes * Math.max(0, chunks.mostBlocks - 1);
  const longestKeys = decodes > 0 ? pagedKeys(c, contextMax) : 0;
  const rounds = Math.max(contextSum, PAGED_KEYS * decodes);
  const dividedKeys = c.startKeys * decodes + rounds + emptyKeys;
  let keys = Math.max(longestKeys, (heads * (chunks.blockKeys + dividedKeys)) / c.processors);
  for (let i = EQUAL_DECODES.length - 1; i >= 0; i--) {
    const equal = EQUAL_DECODES[i];
    if (equal > decodes) continue;
    // More of them that are as long: never faster.
    const more = EQUAL_DECODES[i + 1] ?? Number.POSITIVE_INFINITY;
    if (more <= decodes && more * contextMax <= contextSum) continue;
    const decodeKeys = pagedKeys(c, Math.min(contextMax, contextSum / equal));
    keys = scheduledKeys(c, chunks, heads, equal, decodeKeys, emptyKeys, keys);
  }
  if (decodes === 0) keys = scheduledKeys(c, chunks, heads, 0, 0, 0, keys);
  if (decodes > MOST_WHOLE_DECODES) keys = scheduledKeys(c, chunks, heads, 0, 0, dividedKeys, keys);
  const computeUs = (c.usPerKey * keys * headDim) / 128;

  // Heads that share keys read them at once as far as the multiprocessors hold their blocks at once.
  const sharing = heads / kvHeads;
  // In waves that begin anywhere each head meets, on average, this part of the ones that share its keys too late ...
  const inWaves = 1 + ((sharing - 1) * decodes) / c.processors;
  // ... but whole heads begin together. In long contexts those that were cut off by the end of a wave go on alone.
  const whole = Math.max(1, sharing / Math.max(1, Math.floor(c.processors / Math.max(1, decodes))));
  const apart = Math.min(whole, inWaves);
  const cut = (whole - apart) * Math.min(1, Math.max(0, contextMax / LONG_CONTEXT - 1));
  // The more of the device the decodes of a head fill, the fewer heads run at once, and the sooner a chunk parts those that share.
  const filled = Math.min(1, decodes / c.processors);
  const drift = Math.min(1, (chunks.blockKeys * kvHeadBytes * filled * filled) / c.driftBytes);
  const waves = apart + cut;
  const again = waves - 1 + drift * (sharing - waves);
  // What is read again comes from the cache, as far as that has kept what one head of all decodes needs.
  const overflow = Math.max(0, (contextSum * kvHeadBytes) / c.cacheBytes - KEPT_SHARE);
  const missed = Math.min(again, REREADS * sharing * overflow);
  const usPerToken = (kvHeads * kvHeadBytes) / (c.bytesPerS * 1e-6);
  const memoryUs = usPerToken * (contextSum * (1 + missed) + chunks.keys);
  const firstUs = usPerToken * (contextSum + chunks.keys);
  const againUs = usPerToken * contextSum * again;
  return c.fixedUs + sharpMax(memoryUs, computeUs + c.unhidden * firstUs + c.unhiddenAgain * againUs);
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
  if (rows === 0) return 0;
  const uncached = Math.max(0, rows - (c.cachedRows ?? rows));
  return c.fixedUs + c.perRowUs * rows + (c.uncachedRowUs ?? 0) * uncached;
}
