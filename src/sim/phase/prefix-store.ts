/**
 * A store of KV outside of engines, as the connector of one of them sees it (Mooncake Store, LMCache): what prefixes it could fetch, and what
 * it has computed itself.
 */
export interface PrefixStore {
  /** So many of the first `known` tokens of a request are stored now, in whole blocks. The same for equal times. */
  find(request: number, known: number, nowUs: number): number;
  /** Begins to fetch tokens `from .. to - 1` of a request, which are stored. How long it takes; Infinity = the end will be told. */
  fetch(request: number, from: number, to: number, nowUs: number): number;
  /** A step is done, and the KV of a request's first `tokens` tokens exists: its full blocks can be stored. */
  computed(request: number, tokens: number, nowUs: number): void;
  /** A request has ended and will not ask again. */
  ended(request: number): void;
}

interface Found {
  readonly atUs: number;
  readonly tokens: number;
}

interface Fetched {
  readonly askedUs: number;
  endUs: number;
  /** The last byte had come by then. */
  isWhole: boolean;
}

/** What one engine was told by a store, by request: enough to go through the same steps again without the store. */
export class StoreLog {
  private readonly founds = new Map<number, Found[]>();
  private readonly fetches = new Map<number, Fetched[]>();
  /** How long tokens `from .. to - 1` of a request take that share the link with nobody. */
  private readonly aloneUs: (from: number, to: number) => number;

  constructor(aloneUs: (from: number, to: number) => number) {
    this.aloneUs = aloneUs;
  }

  /** What was found at a time; kept only where it differs from what was found before. */
  found(request: number, atUs: number, tokens: number): void {
    const list = listOf(this.founds, request);
    if (list.length === 0 || list[list.length - 1].tokens !== tokens) list.push({ atUs, tokens });
  }

  asked(request: number, askedUs: number): void {
    listOf(this.fetches, request).push({ askedUs, endUs: Number.POSITIVE_INFINITY, isWhole: false });
  }

  /** The last fetch of a request is over; `isWhole`: it came to its end. */
  fetched(request: number, endUs: number, isWhole: boolean): void {
    const last = this.fetches.get(request)?.at(-1);
    if (last === undefined) throw new Error(`request ${request} has fetched nothing`);
    last.endUs = endUs;
    last.isWhole = isWhole;
  }

  /**
   * The store as it was to that engine. An engine that does something else asks at other times: what it fetches then takes as long as
   * the last fetch of that request that came to its end, or where there was none as long as it takes alone.
   */
  replay(): PrefixStore {
    return {
      find: (request, _known, nowUs) => this.founds.get(request)?.findLast(({ atUs }) => atUs <= nowUs)?.tokens ?? 0,
      fetch: (request, from, to, nowUs) => {
        const known = this.fetches.get(request) ?? [];
        const found = known.find(({ askedUs }) => askedUs === nowUs) ?? known.findLast(({ isWhole }) => isWhole);
        return found === undefined ? this.aloneUs(from, to) : found.endUs - found.askedUs;
      },
      computed: () => {},
      ended: () => {},
    };
  }
}

function listOf<T>(lists: Map<number, T[]>, request: number): T[] {
  const known = lists.get(request);
  if (known !== undefined) return known;
  const list: T[] = [];
  lists.set(request, list);
  return list;
}
