/** Keys and values that come to a replica or leave it, where prefill and decode are apart. Plain data. */

import { bisector, bisectRight } from 'd3';
import type { RunResult } from '../../protocol/run.ts';
import { onceARun } from '../once-a-run.ts';
import { spread } from '../spans.ts';

/** What one request's KV did. */
export interface Transfer {
  /** It comes here to be decoded; false: it was computed here and leaves. */
  readonly isIncoming: boolean;
  /** Number of the request in the shown replica; -1 = before its last start. */
  readonly request: number;
  /** The replica at the other end, from 0. */
  readonly other: number;
  /** The prompt was done; the other side asked for the KV; all of it had come. Infinite where that is still to come, or never comes. */
  readonly readyUs: number;
  readonly askedUs: number;
  readonly endUs: number;
  /** At its end nobody wanted it any more: the rest never came. */
  readonly isGivenUp: boolean;
  readonly bytes: number;
  /** The line that it is drawn in, from 0: those that overlap are in different ones as far as there are lines. */
  readonly line: number;
}

export interface TransferLane {
  /** The last one comes here, as far as the window reaches, else the first that will: a replica may change its role. */
  readonly isIncoming: boolean;
  /** What is seen in the window, in the order in which prompts were done; empty while the whole run is shown. */
  readonly transfers: readonly Transfer[];
  readonly lines: number;
  /** Transfers under way, a mean for each of equal stretches of the whole run; empty while single steps are shown. */
  readonly stretches: readonly number[];
}

const mostLines = 4;

/** @param stretches of the whole run, up to `toUs`; 0 = single transfers are shown. Null where nothing is handed over. */
export function transferLane(
  result: RunResult,
  [fromUs, toUs]: readonly [number, number],
  stretches: number,
): TransferLane | null {
  const { fleet } = result;
  if (fleet === null || fleet.handovers.count === 0) return null;
  const { transfers, linesUpTo, endsBy } = dealt(result);
  const until = bisector(({ readyUs }: Transfer) => readyUs).left(transfers, toUs);
  const isIncoming = transfers[Math.max(0, until - 1)]?.isIncoming ?? false;
  if (stretches > 0) {
    return { isIncoming, transfers: [], lines: 1, stretches: underWay(transfers.slice(0, until), toUs, stretches) };
  }
  // Before the first one that reaches into the window all have ended; of those behind it some may have.
  const seen = transfers.slice(bisectRight(endsBy, fromUs), until).filter(({ endUs }) => endUs > fromUs);
  return { isIncoming, transfers: seen, lines: linesUpTo[until - 1] ?? 1, stretches: [] };
}

/**
 * All transfers of the replica, in the order in which prompts were done. Their lines are dealt from the start of the run on: each
 * keeps its own while the view moves.
 */
const dealt = onceARun(({ fleet, replica }: RunResult) => {
  const transfers: Transfer[] = [];
  /** How many lines there are with each of them, and by when all up to it have ended. */
  const linesUpTo: number[] = [];
  const endsBy: number[] = [];
  const freeUs: number[] = [];
  const rows = fleet?.handovers;
  for (let i = 0; rows !== undefined && i < rows.count; i++) {
    const isIncoming = rows.to[i] === replica;
    if (!isIncoming && rows.from[i] !== replica) continue;
    const readyUs = rows.readyUs[i];
    const endUs = orNever(rows.endUs[i]);
    const line = lineAt(freeUs, readyUs);
    freeUs[line] = Math.max(freeUs[line] ?? 0, endUs);
    transfers.push({
      isIncoming,
      request: isIncoming ? rows.toRow[i] : rows.fromRow[i],
      other: isIncoming ? rows.from[i] : rows.to[i],
      readyUs,
      askedUs: orNever(rows.askedUs[i]),
      endUs,
      isGivenUp: rows.isGivenUp[i] === 1,
      bytes: rows.bytes[i],
      line,
    });
    linesUpTo.push(freeUs.length);
    endsBy.push(Math.max(endsBy.at(-1) ?? 0, endUs));
  }
  return { transfers, linesUpTo, endsBy };
});

const orNever = (us: number) => (Number.isNaN(us) ? Number.POSITIVE_INFINITY : us);

/** A line that is free by then, else a new one; with all of them taken, the one that is free first. */
function lineAt(freeUs: readonly number[], us: number): number {
  const free = freeUs.findIndex((until) => until <= us);
  if (free >= 0) return free;
  if (freeUs.length < mostLines) return freeUs.length;
  return freeUs.indexOf(Math.min(...freeUs));
}

function underWay(transfers: readonly Transfer[], toUs: number, count: number): readonly number[] {
  const levels = new Float64Array(count);
  for (const { askedUs, endUs } of transfers) spread(levels, [askedUs, Math.min(toUs, endUs)], 1, toUs / count);
  return Array.from(levels);
}
