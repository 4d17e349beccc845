/**
 * Time of single operators as functions of their size and of a device's coefficients. All functions are non-decreasing
 * in every size, use only + - * / sqrt min max ceil (so all browsers agree to the last bit), and return microseconds.
 */

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
}

/** `max(fixed + bytes / cache bandwidth, bytes / memory bandwidth)`: small activations are still in the L2 cache. */
export interface ElementwiseCoefficients {
  readonly fixedUs: number;
  readonly cacheBytesPerS: number;
  readonly memoryBytesPerS: number;
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
  /** Share of the balanced time that is not hidden behind the longest context: what it loses to the others at first. */
  readonly unhidden: number;
}

/**
 * Attention of a mixed step in one kernel for chunks and decodes, as vLLM with FlashAttention-2 runs it: a decode is a
 * chunk of one query, so its context is not split, and heads that share keys and values each read them.
 */
export interface JoinedAttentionCoefficients {
  /** Time of a decode beyond its context: one more, nearly empty block of queries a head. */
  readonly perSequenceUs: number;
  /** The same for each query of the longest chunk, since every sequence gets as many blocks as that one. */
  readonly perSequenceQueryUs: number;
  /** How many times the keys and values of the decodes are read, at the bandwidth of decode attention. */
  readonly reads: number;
}

/** Fastest sampling there is: one pass over the logits. */
export interface SamplingCoefficients {
  readonly fixedUs: number;
  readonly perRowUs: number;
}

/** Rows of queries that one thread block of FlashAttention-2 handles. */
const QUERIES_PER_BLOCK = 128;

/** Rounded maximum of two times. */
export function smoothMax(a: number, b: number): number {
  const aa = a * a;
  const bb = b * b;
  return Math.sqrt(Math.sqrt(aa * aa + bb * bb));
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
  return streamUs(weightBytes * k * n + rowBytes * (m * k + m * n), c);
}

/** Arithmetic side of a product of [m, k] and [k, n]. */
export function gemmComputeUs(c: GemmCoefficients, m: number, k: number, n: number): number {
  const whole = Math.ceil(m / c.tileRows) * c.tileRows;
  const wastedRows = c.streamedRows !== undefined && m <= c.streamedRows ? 0 : c.wastedRows;
  const rows = m + c.tileShare * (whole - m) + wastedRows;
  return (2 * k * n * rows) / (c.flopsPerS * 1e-6);
}

export function gemmUs(
  c: GemmCoefficients,
  m: number,
  k: number,
  n: number,
  weightBytes: number,
  rowBytes: number = weightBytes,
): number {
  return c.fixedUs + smoothMax(gemmMemoryUs(c, m, k, n, weightBytes, rowBytes), gemmComputeUs(c, m, k, n));
}

export function elementwiseUs(c: ElementwiseCoefficients, bytes: number): number {
  return Math.max(c.fixedUs + bytes / (c.cacheBytesPerS * 1e-6), bytes / (c.memoryBytesPerS * 1e-6));
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
  chunks: ChunkSums,
  heads: number,
  headDim: number,
): number {
  if (chunks.queries === 0) return 0;
  const splits = Math.max(1, (c.blocksWanted * QUERIES_PER_BLOCK) / (heads * chunks.queries));
  const serialUs = (c.serialUsPerKey * chunks.longest) / splits;
  return c.fixedUs + makespanUs(chunkThroughputUs(c, chunks, heads, headDim), serialUs, c.unhidden);
}

/** One layer's attention of chunks and decodes in one kernel that never splits keys. `decodeBytes`: keys and values of the decodes. */
export function joinedAttentionUs(
  c: PrefillAttentionCoefficients,
  decode: DecodeAttentionCoefficients,
  joined: JoinedAttentionCoefficients,
  chunks: ChunkSums,
  heads: number,
  headDim: number,
  decodes: number,
  decodeBytes: number,
  contextMax: number,
): number {
  const perDecodeUs = joined.perSequenceUs + joined.perSequenceQueryUs * chunks.longestNew;
  const readUs = (joined.reads * decodeBytes) / (decode.bytesPerS * 1e-6);
  const throughputUs = chunkThroughputUs(c, chunks, heads, headDim) + decodes * perDecodeUs + readUs;
  const serialUs = c.serialUsPerKey * Math.max(chunks.longest, contextMax);
  return c.fixedUs + makespanUs(throughputUs, serialUs, c.unhidden);
}

/**
 * One layer's attention of all decodes of a step.
 *
 * Bandwidth over the sum of the contexts, and a serial bound: with few splits the longest context is read by a few
 * thread blocks while the rest of the device has nothing left to do. In balanced batches the serial bound is hidden.
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
  const serialUs = (contextMax * kvHeadBytes) / (splits * c.blockBytesPerS * 1e-6);
  return c.fixedUs + Math.max(balancedUs, serialUs + c.unhidden * balancedUs);
}

export function samplingUs(c: SamplingCoefficients, rows: number): number {
  return rows === 0 ? 0 : c.fixedUs + c.perRowUs * rows;
}
