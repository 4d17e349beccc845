import type { Segment } from '../sim/request.ts';
import type { Source } from '../sim/source.ts';
import { fillTable } from './fitted.ts';
import type { Bodies } from './lengths.ts';
import { openSource } from './open-source.ts';
import type { Trace } from './trace.ts';

/** Stream number of a trace's block 0. Streams below are free for other workloads. */
const FIRST_BLOCK_STREAM = 1;

export interface TraceSourceOptions {
  /** The first so many rows; 0 or more than there are = all. */
  readonly requests: number;
  /**
   * Mean arrivals a second, from the first to the last of these rows; all times are stretched alike to reach it.
   * 0 = as recorded. Rows that all arrive at once stay at once.
   */
  readonly ratePerS: number;
  /**
   * Spreads rows of equal time evenly over the file's time quantum. Some traces (Mooncake's conversations: 3 s) have
   * coarse clocks, and their artificial bursts would otherwise be taken for real ones. Default: no.
   */
  readonly spreadEqualTimes?: boolean;
}

/** Plays a trace. */
export function traceSource(trace: Trace, options: TraceSourceOptions): Source {
  const rows = options.requests > 0 ? Math.min(options.requests, trace.rows) : trace.rows;
  const times = options.spreadEqualTimes === true ? spread(trace.arrivalUs) : trace.arrivalUs;
  const spanUs = rows > 0 ? times[rows - 1] - times[0] : 0;
  const stretch = options.ratePerS > 0 && spanUs > 0 ? ((rows - 1) * 1e6) / options.ratePerS / spanUs : 1;
  const arrivalUs = Float64Array.from({ length: rows }, (_, i) => Math.floor(times[i] * stretch + 0.5));
  return openSource(fillTable(arrivalUs, traceBodies(trace)));
}

/** Rows of equal time, spread evenly over the smallest step between different times; they stay in order. */
function spread(arrivalUs: Float64Array): Float64Array {
  let quantumUs = Number.POSITIVE_INFINITY;
  for (let i = 1; i < arrivalUs.length; i++) {
    const gapUs = arrivalUs[i] - arrivalUs[i - 1];
    if (gapUs > 0 && gapUs < quantumUs) quantumUs = gapUs;
  }
  const times = arrivalUs.slice();
  if (quantumUs === Number.POSITIVE_INFINITY) return times;
  for (let from = 0; from < times.length; ) {
    let to = from + 1;
    while (to < times.length && arrivalUs[to] === arrivalUs[from]) to++;
    for (let i = from; i < to; i++) times[i] = arrivalUs[from] + Math.floor((quantumUs * (i - from)) / (to - from));
    from = to;
  }
  return times;
}

/** Rows of a trace without their times, for clients that replay it in a closed loop. Starts again after the last row. */
export function traceBodies(trace: Trace): Bodies {
  const { promptTokens, outputTokens, blocks } = trace;
  return (index, into) => {
    const row = index % trace.rows;
    into.promptTokens = promptTokens[row];
    into.outputTokens = outputTokens[row];
    if (blocks === null) return;
    const start = blocks.start[row];
    const count = blocks.start[row + 1] - start;
    if (count === 0) {
      into.segments = undefined;
      return;
    }
    // Each block is a token stream of its own. A shorter last block is the beginning of its stream, so it equals
    // nothing but a block of the same number.
    const segments: Segment[] = [];
    let rest = promptTokens[row];
    for (let i = start; i < start + count; i++) {
      const length = Math.min(blocks.tokens, rest);
      segments.push({ segment: FIRST_BLOCK_STREAM + blocks.id[i], offset: 0, length });
      rest -= length;
    }
    into.segments = segments;
  };
}
