/** Keys and values that come to a replica or leave it, where prefill and decode are apart. Plain data. */

import type { RunResult } from '../../protocol/run.ts';

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
  { fleet, replica }: RunResult,
  [fromUs, toUs]: readonly [number, number],
  stretches: number,
): TransferLane | null {
  if (fleet === null || fleet.handovers.count === 0) return null;
  const rows = fleet.handovers;
  let side: boolean | null = null;
  const own: Transfer[] = [];
  const freeUs: number[] = [];
  for (let i = 0; i < rows.count; i++) {
    const isIncoming = rows.to[i] === replica;
    if (!isIncoming && rows.from[i] !== replica) continue;
    const readyUs = rows.readyUs[i];
    if (readyUs < toUs || side === null) side = isIncoming;
    // Rows are in the order of these times.
    if (readyUs >= toUs) break;
    const endUs = orNever(rows.endUs[i]);
    // Lines are dealt from the start of the run on: a transfer keeps its own while the view moves.
    const line = stretches > 0 ? 0 : lineAt(freeUs, readyUs);
    freeUs[line] = Math.max(freeUs[line] ?? 0, endUs);
    if (endUs <= fromUs) continue;
    own.push({
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
  }
  return {
    isIncoming: side ?? false,
    transfers: stretches > 0 ? [] : own,
    lines: Math.max(1, freeUs.length),
    stretches: stretches > 0 ? underWay(own, toUs, stretches) : [],
  };
}

const orNever = (us: number) => (Number.isNaN(us) ? Number.POSITIVE_INFINITY : us);

/** A line that is free by then, else a new one; with all of them taken, the one that is free first. */
function lineAt(freeUs: readonly number[], us: number): number {
  const free = freeUs.findIndex((until) => until <= us);
  if (free >= 0) return free;
  if (freeUs.length < mostLines) return freeUs.length;
  return freeUs.indexOf(Math.min(...freeUs));
}

function underWay(transfers: readonly Transfer[], toUs: number, count: number): readonly number[] {
  const us = toUs / count;
  const sums = new Float64Array(count);
  for (const { askedUs, endUs } of transfers) {
    const untilUs = Math.min(toUs, endUs);
    for (let i = Math.floor(askedUs / us); i < count && i * us < untilUs; i++)
      sums[i] += Math.min(untilUs, (i + 1) * us) - Math.max(askedUs, i * us);
  }
  return Array.from(sums, (sum) => sum / us);
}
