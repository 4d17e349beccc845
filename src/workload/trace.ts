import type { Problem } from '../scenario/problem.ts';

export type TraceFormat = 'azure' | 'mooncake';

/** Prompts as lists of blocks. Equal leading block numbers are an equal, and so reusable, beginning of the prompt. */
export interface TraceBlocks {
  /** Tokens of a block; the last block of a prompt may be shorter. */
  readonly tokens: number;
  /** The blocks of row r are entries `start[r] .. start[r + 1] - 1` of `id`; none if the file says nothing. */
  readonly start: Int32Array;
  /** Block numbers, counted from 0 in order of first appearance. */
  readonly id: Int32Array;
  readonly distinct: number;
}

/** A recorded workload: one row a request, in order of arrival. */
export interface Trace {
  /** Name of the file. */
  readonly name: string;
  readonly format: TraceFormat;
  readonly rows: number;
  /** Whole microseconds after the first arrival. */
  readonly arrivalUs: Float64Array;
  readonly promptTokens: Int32Array;
  readonly outputTokens: Int32Array;
  /** null where the format knows nothing about shared prompts. */
  readonly blocks: TraceBlocks | null;
  /** From the first to the last arrival. */
  readonly spanUs: number;
  readonly promptTotal: number;
  readonly outputTotal: number;
  readonly promptMax: number;
  readonly outputMax: number;
  /** Lines left out: unreadable ones, and requests without prompt or output. */
  readonly droppedCount: number;
  /** What was odd: the first hundred of the dropped lines, and whether rows had to be sorted. */
  readonly problems: readonly Problem[];
}

/** The columns a trace is made of; the rest of `Trace` follows from them. */
export type TraceColumns = Pick<
  Trace,
  'name' | 'format' | 'arrivalUs' | 'promptTokens' | 'outputTokens' | 'blocks' | 'droppedCount' | 'problems'
>;

/** Adds the totals. */
export function traceOf(columns: TraceColumns): Trace {
  const { arrivalUs, promptTokens, outputTokens } = columns;
  const rows = arrivalUs.length;
  let promptTotal = 0;
  let outputTotal = 0;
  let promptMax = 0;
  let outputMax = 0;
  for (let r = 0; r < rows; r++) {
    promptTotal += promptTokens[r];
    outputTotal += outputTokens[r];
    promptMax = Math.max(promptMax, promptTokens[r]);
    outputMax = Math.max(outputMax, outputTokens[r]);
  }
  const spanUs = rows > 0 ? arrivalUs[rows - 1] - arrivalUs[0] : 0;
  return { ...columns, rows, spanUs, promptTotal, outputTotal, promptMax, outputMax };
}

/**
 * Share of all blocks that an unlimited prefix cache would have had already when their request arrived: blocks in the
 * longest beginning seen before, over all blocks. 0 without blocks.
 */
export function idealPrefixHit(trace: Trace): number {
  const { blocks } = trace;
  if (blocks === null || blocks.id.length === 0) return 0;
  const seen = new Uint8Array(blocks.distinct);
  let hits = 0;
  for (let r = 0; r < trace.rows; r++) {
    let isKnown = true;
    const end = blocks.start[r + 1];
    for (let i: number = blocks.start[r]; i < end; i++) {
      const id = blocks.id[i];
      if (seen[id] === 0) isKnown = false;
      if (isKnown) hits++;
      seen[id] = 1;
    }
  }
  return hits / blocks.id.length;
}
