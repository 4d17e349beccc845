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
}

/** Plays a trace. */
export function traceSource(trace: Trace, options: TraceSourceOptions): Source {
  const rows = options.requests > 0 ? Math.min(options.requests, trace.rows) : trace.rows;
  const times = trace.arrivalUs.slice(0, rows);
  const spanUs = rows > 0 ? times[rows - 1] - times[0] : 0;
  if (options.ratePerS > 0 && spanUs > 0) {
    const stretch = ((rows - 1) * 1e6) / options.ratePerS / spanUs;
    for (let i = 0; i < rows; i++) times[i] = Math.floor(times[i] * stretch + 0.5);
  }
  return openSource(fillTable(times, traceBodies(trace)));
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
