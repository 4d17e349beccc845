/**
 * When each request sat in the batch. A stay begins at an admission (or before the window) and ends when the request
 * finishes or is preempted, so a request has several stays if it was preempted in between.
 */

import { EntryFlag, type StepWindow } from '../../protocol/frame.ts';

/** Columns, one entry a stay; stays are numbered in the order in which they begin. */
export interface Stays {
  readonly count: number;
  readonly request: Int32Array;
  /** Microseconds. A stay that began before the window starts with the window. */
  readonly fromUs: Float64Array;
  /** End of the last step of the stay; the right edge of the window where the request still holds its seat. */
  readonly toUs: Float64Array;
  /** 1 = the admission lies in the window. */
  readonly admitted: Uint8Array;
  /** 1 = it computes KV again that it had before a preemption. */
  readonly resumed: Uint8Array;
  /** The stay before this one of the same request, -1 if there is none in the window. */
  readonly previous: Int32Array;
  /** Tokens that were sampled in it, and when the first and the last of them came, where there are any. */
  readonly tokens: Int32Array;
  readonly firstTokenUs: Float64Array;
  readonly lastTokenUs: Float64Array;
  /** Between which two of them the longest time lies, the first of several, where there are two. */
  readonly gapFromUs: Float64Array;
  readonly gapToUs: Float64Array;
  /** Entries of the window that are no mere decodes, in its order, and their stays. */
  readonly chunks: readonly { readonly step: number; readonly entry: number; readonly stay: number }[];
  /** Last stay of a request; -1 where it has none in the window. */
  readonly lastOf: (request: number) => number;
  /** The lowest number of a request, and how many numbers lie from there to the highest. */
  readonly lowest: number;
  readonly range: number;
}

/** Cuts the entries of a window into stays. `isRunning` tells who holds a seat at its right edge, `toUs`. */
export function staysOf(window: StepWindow, isRunning: (request: number) => boolean, toUs: number): Stays {
  // One entry in a hundred begins a stay: the others find theirs by the request's number.
  const { lowest, range, most } = requestsOf(window);
  const stayOf = new Int32Array(range).fill(-1);
  const ints = () => new Int32Array(most);
  const times = () => new Float64Array(most);
  const flagged = () => new Uint8Array(most);
  const [request, previous, tokens] = [ints(), ints(), ints()];
  const [from, to] = [times(), times()];
  const [firstTokenUs, lastTokenUs] = [times(), times()];
  const [gapUs, gapFromUs, gapToUs] = [times(), times(), times()];
  const [admitted, resumed] = [flagged(), flagged()];
  const chunks: Stays['chunks'][number][] = [];
  const { entryStart, entryRequest, entryFlags } = window;
  const windowStart = window.startUs[0] ?? 0;
  let count = 0;
  for (let step = 0; step < window.count; step++) {
    const endUs = window.endUs[step];
    const end = entryStart[step + 1];
    for (let e = entryStart[step]; e < end; e++) {
      const id = entryRequest[e];
      const flags = entryFlags[e];
      const isAdmitted = (flags & EntryFlag.admitted) !== 0;
      let stay = stayOf[id - lowest];
      if (stay < 0 || isAdmitted) {
        previous[count] = stay;
        stay = count++;
        request[stay] = id;
        from[stay] = isAdmitted ? window.startUs[step] : windowStart;
        admitted[stay] = isAdmitted ? 1 : 0;
        resumed[stay] = (flags & EntryFlag.recompute) !== 0 ? 1 : 0;
        gapUs[stay] = -1;
        stayOf[id - lowest] = stay;
      }
      if (to[stay] < endUs) to[stay] = endUs;
      if ((flags & (EntryFlag.idle | EntryFlag.prefill)) !== 0) chunks.push({ step, entry: e, stay });
      if (!isSample(flags)) continue;
      const lastUs = lastTokenUs[stay];
      lastTokenUs[stay] = endUs;
      if (tokens[stay]++ === 0) firstTokenUs[stay] = endUs;
      else if (endUs - lastUs > gapUs[stay]) {
        gapUs[stay] = endUs - lastUs;
        gapFromUs[stay] = lastUs;
        gapToUs[stay] = endUs;
      }
    }
  }
  const lastOf = (id: number) => stayOf[id - lowest] ?? -1;
  for (let stay = 0; stay < count; stay++) {
    if (lastOf(request[stay]) === stay && isRunning(request[stay])) to[stay] = Math.max(to[stay], toUs);
  }
  return {
    count,
    request: request.subarray(0, count),
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
    lowest,
    range,
  };
}

/**
 * The numbers of those who take part in a window, and how many stays they have at most: one each and one an admission, and no
 * more than there are entries, where a few of them have numbers far apart.
 */
function requestsOf({ count, entryStart, entryRequest, entryFlags }: StepWindow) {
  const [from, to] = [entryStart[0] ?? 0, entryStart[count] ?? 0];
  let lowest = entryRequest[from] ?? 0;
  let highest = from < to ? lowest : -1;
  let admissions = 0;
  for (let e = from; e < to; e++) {
    const id = entryRequest[e];
    if (id < lowest) lowest = id;
    else if (id > highest) highest = id;
    if ((entryFlags[e] & EntryFlag.admitted) !== 0) admissions++;
  }
  const range = Math.max(0, highest - lowest + 1);
  return { lowest, range, most: Math.min(range + admissions, to - from) };
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
  readonly order: Int32Array;
} {
  const order = stays.request.map((_, stay) => stay).sort((a, b) => stays.fromUs[a] - stays.fromUs[b] || a - b);
  const seat = new Int32Array(stays.count);
  const freeFromUs: number[] = [];
  /** When the first of all seats is free: mostly later, and then none need be looked at. */
  let earliestUs = Number.POSITIVE_INFINITY;
  for (let i = 0; i < order.length; i++) {
    const stay = order[i];
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
