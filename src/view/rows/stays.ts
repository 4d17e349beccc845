/**
 * When each request sat in the batch. A stay begins at an admission (or before the window) and ends when the request
 * finishes or is preempted, so a request has several stays if it was preempted in between.
 */

import { EntryFlag, type StepWindow } from '../../protocol/frame.ts';

export interface Stays {
  readonly count: number;
  readonly request: number[];
  /** Microseconds. A stay that began before the window starts with the window. */
  readonly fromUs: number[];
  /** End of the last step of the stay; the right edge of the window where the request still holds its seat. */
  readonly toUs: number[];
  /** 1 = the admission lies in the window. */
  readonly admitted: number[];
  /** 1 = it computes KV again that it had before a preemption. */
  readonly resumed: number[];
  /** The stay before this one of the same request, -1 if there is none in the window. */
  readonly previous: number[];
  /** Tokens that were sampled in it, and when the first and the last of them came; NaN without one. */
  readonly tokens: number[];
  readonly firstTokenUs: number[];
  readonly lastTokenUs: number[];
  /** Between which two of them the longest time lies, the first of several; NaN without two. */
  readonly gapFromUs: number[];
  readonly gapToUs: number[];
  /** Entries of the window that are no mere decodes, in its order, and their stays. */
  readonly chunks: readonly { readonly step: number; readonly entry: number; readonly stay: number }[];
  /** Last stay of a request; -1 where it has none in the window. */
  readonly lastOf: (request: number) => number;
}

/** Cuts the entries of a window into stays. `isRunning` tells who holds a seat at its right edge, `toUs`. */
export function staysOf(window: StepWindow, isRunning: (request: number) => boolean, toUs: number): Stays {
  const request: number[] = [];
  const from: number[] = [];
  const to: number[] = [];
  const admitted: number[] = [];
  const resumed: number[] = [];
  const previous: number[] = [];
  const tokens: number[] = [];
  const firstTokenUs: number[] = [];
  const lastTokenUs: number[] = [];
  const gapFromUs: number[] = [];
  const gapToUs: number[] = [];
  const chunks: Stays['chunks'][number][] = [];
  // One entry in a hundred begins a stay: the others find theirs by the request's number.
  const { lowest, count: range } = requestsOf(window);
  const stayOf = new Int32Array(range).fill(-1);
  const windowStart = window.startUs[0] ?? 0;
  for (let step = 0; step < window.count; step++) {
    const endUs = window.endUs[step];
    for (let e = window.entryStart[step]; e < window.entryStart[step + 1]; e++) {
      const id = window.entryRequest[e];
      const flags = window.entryFlags[e];
      const isAdmitted = (flags & EntryFlag.admitted) !== 0;
      let stay = stayOf[id - lowest];
      if (stay < 0 || isAdmitted) {
        previous.push(stay);
        stay = request.length;
        request.push(id);
        from.push(isAdmitted ? window.startUs[step] : windowStart);
        to.push(0);
        admitted.push(isAdmitted ? 1 : 0);
        resumed.push((flags & EntryFlag.recompute) !== 0 ? 1 : 0);
        tokens.push(0);
        firstTokenUs.push(Number.NaN);
        lastTokenUs.push(Number.NaN);
        gapFromUs.push(Number.NaN);
        gapToUs.push(Number.NaN);
        stayOf[id - lowest] = stay;
      }
      if (to[stay] < endUs) to[stay] = endUs;
      if ((flags & (EntryFlag.idle | EntryFlag.prefill)) !== 0) chunks.push({ step, entry: e, stay });
      if (!isSample(flags)) continue;
      if (tokens[stay]++ === 0) firstTokenUs[stay] = endUs;
      else if (tokens[stay] === 2 || endUs - lastTokenUs[stay] > gapToUs[stay] - gapFromUs[stay]) {
        gapFromUs[stay] = lastTokenUs[stay];
        gapToUs[stay] = endUs;
      }
      lastTokenUs[stay] = endUs;
    }
  }
  const lastOf = (id: number) => stayOf[id - lowest] ?? -1;
  for (let stay = 0; stay < request.length; stay++) {
    if (lastOf(request[stay]) === stay && isRunning(request[stay])) to[stay] = Math.max(to[stay], toUs);
  }
  return {
    count: request.length,
    request,
    fromUs: from,
    toUs: to,
    admitted,
    resumed,
    previous,
    tokens,
    firstTokenUs,
    lastTokenUs,
    gapFromUs,
    gapToUs,
    chunks,
    lastOf,
  };
}

/** The lowest number among the requests of a window, and how many numbers lie from there to the highest. */
export function requestsOf({ count, entryStart, entryRequest }: StepWindow): {
  readonly lowest: number;
  readonly count: number;
} {
  const [from, to] = [entryStart[0] ?? 0, entryStart[count] ?? 0];
  if (from >= to) return { lowest: 0, count: 0 };
  let lowest = entryRequest[from];
  let highest = lowest;
  for (let e = from + 1; e < to; e++) {
    const id = entryRequest[e];
    if (id < lowest) lowest = id;
    else if (id > highest) highest = id;
  }
  return { lowest, count: highest - lowest + 1 };
}

/** The entry gave its request a token. */
export function isSample(flags: number): boolean {
  return (flags & (EntryFlag.samples | EntryFlag.idle)) === EntryFlag.samples;
}

/** Gives every stay the lowest seat that is free when it begins. Returns the seat of each stay, and how many seats that takes. */
export function seatsOf(stays: Stays): {
  readonly seat: Int32Array;
  readonly count: number;
  /** Stays in order of time. */
  readonly order: readonly number[];
} {
  const order = Array.from({ length: stays.count }, (_, i) => i).sort(
    (a, b) => stays.fromUs[a] - stays.fromUs[b] || a - b,
  );
  const seat = new Int32Array(stays.count);
  const freeFromUs: number[] = [];
  /** When the first of all seats is free: mostly later, and then none need be looked at. */
  let earliestUs = Number.POSITIVE_INFINITY;
  for (const stay of order) {
    const free =
      earliestUs <= stays.fromUs[stay] ? freeFromUs.findIndex((us) => us <= stays.fromUs[stay]) : freeFromUs.length;
    const isTaken = free < freeFromUs.length;
    freeFromUs[free] = stays.toUs[stay];
    earliestUs = isTaken
      ? freeFromUs.reduce((least, us) => Math.min(least, us))
      : Math.min(earliestUs, stays.toUs[stay]);
    seat[stay] = free;
  }
  return { seat, count: freeFromUs.length, order };
}
