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
}

/** What one engine was told by a store, by request: enough to go through the same steps again without the store. */
export class StoreLog {
  private readonly founds = new Map<number, Found[]>();
  private readonly fetches = new Map<number, Fetched[]>();

  /** What was found at a time; kept only where it differs from what was found before. */
  found(request: number, atUs: number, tokens: number): void {
    const list = listOf(this.founds, request);
    if (list.length === 0 || list[list.length - 1].tokens !== tokens) list.push({ atUs, tokens });
  }

  asked(request: number, askedUs: number): void {
    listOf(this.fetches, request).push({ askedUs, endUs: Number.POSITIVE_INFINITY });
  }

  /** The last fetch of a request is over, whether it came to its end or not. */
  fetched(request: number, endUs: number): void {
    const last = this.fetches.get(request)?.at(-1);
    if (last === undefined) throw new Error(`request ${request} has fetched nothing`);
    last.endUs = endUs;
  }

  /** The store as it was to that engine. */
  replay(): PrefixStore {
    return {
      find: (request, _known, nowUs) => this.founds.get(request)?.findLast(({ atUs }) => atUs <= nowUs)?.tokens ?? 0,
      fetch: (request, _from, _to, nowUs) => {
        const found = this.fetches.get(request)?.find(({ askedUs }) => askedUs === nowUs);
        if (found === undefined) throw new Error(`request ${request} fetched nothing at ${nowUs}`);
        return found.endUs - nowUs;
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
