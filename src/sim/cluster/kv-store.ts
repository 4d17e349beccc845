import { BlockStore } from '../memory/block-store.ts';
import { KeyChains } from '../memory/key-chains.ts';
import { PrefixIndex } from '../memory/prefix-index.ts';
import { type PrefixStore, StoreLog } from '../phase/prefix-store.ts';
import { RequestTable } from '../request.ts';
import { Calendar } from './calendar.ts';
import { type TransferLink, Transfers } from './transfers.ts';

/** A store of KV that all instances of a fleet share. */
export interface KvStoreConfig {
  /** Blocks that fit into the host memory that all instances give to it. */
  readonly capacityBlocks: number;
  /** Tokens of a block, as the engines have them, and bytes over all layers and ranks. */
  readonly blockSize: number;
  readonly blockBytes: number;
  /** What joins an instance and the store. */
  readonly link: TransferLink;
}

/** A prefix on its way from the store to an engine, one row a fetch. */
export interface FetchRow {
  readonly life: number;
  readonly instance: number;
  /** Row of the request among those of its life. */
  readonly local: number;
  readonly tokens: number;
  readonly blocks: number;
  readonly askedUs: number;
  /** The last byte had come, or (`isGivenUp`) nobody wanted it any more; NaN until then. */
  endUs: number;
  isGivenUp: boolean;
}

/** Blocks on their way into the store: nobody finds them before they are there. */
interface Put {
  readonly life: number;
  readonly keys: readonly number[];
  /** The key that each of them follows; -1 = the start. */
  readonly parents: readonly number[];
}

/** What a store has done. Blocks that were sent are stored, refused, lost with their instance, or (twice sent) were there already. */
export interface KvStoreFigures {
  sentBlocks: number;
  storedBlocks: number;
  refusedBlocks: number;
  lostBlocks: number;
  fetchedBlocks: number;
  fetchedTokens: number;
}

/**
 * A distributed store of prefix KV in the host memory of a fleet (Mooncake Store, or LMCache with a remote backend, behind vLLM's KV
 * connector). Every engine puts each full block that it has computed; any engine may fetch it, and the one block of a key is enough for all.
 *
 * A put leaves after the step that computed it, over the link out of its instance, one after the other (the connector has one sending
 * thread); what is stored already, or on its way, is not sent again. Fetches share the link into their instance. What is being fetched
 * is not evicted (Mooncake's leases). The store itself is spread over all hosts and outlives any engine (Mooncake's store service).
 *
 * What is found at a time is what was there before it: so engines that look at the same moment see the same, whoever is first.
 */
export class KvStore {
  readonly config: KvStoreConfig;
  readonly fetches: FetchRow[] = [];
  readonly figures: KvStoreFigures = {
    sentBlocks: 0,
    storedBlocks: 0,
    refusedBlocks: 0,
    lostBlocks: 0,
    fetchedBlocks: 0,
    fetchedTokens: 0,
  };
  readonly blocks: BlockStore;
  /** Blocks in the store over time: when it changed, and to how many. */
  readonly fill = new Fill();
  readonly index = new PrefixIndex(1);
  /** Finds keys of prompts that no engine has been sent yet. */
  private readonly chains: KeyChains;
  private readonly transfers: Transfers;
  /** Fetches whose two sides are finding each other. */
  private readonly beginnings = new Calendar<number>();
  private readonly arrivals = new Calendar<Put>();
  /** What of that is still to come: the rest was lost with its life. */
  private readonly puts = new Set<Put>();
  /** When the blocks on their way are there, by key. */
  private readonly coming = new Map<number, number>();
  /** Until when each instance sends what it has put so far. */
  private readonly sendsUntilUs: Float64Array;
  /** The deepest key of each fetch on its way, by its row, and who is told of its end. */
  private readonly open = new Map<number, { readonly key: number; readonly view: StoreView }>();
  /** Told of each life that has something new to do. */
  private readonly changed: (life: number) => void;

  constructor(config: KvStoreConfig, instances: number, changed: (life: number) => void) {
    this.config = config;
    this.changed = changed;
    this.chains = new KeyChains(new RequestTable(), this.index, config.blockSize);
    this.transfers = new Transfers(config.link, instances);
    this.sendsUntilUs = new Float64Array(instances);
    this.blocks = new BlockStore(config.capacityBlocks, {
      stored: (key) => this.index.retain(key),
      evicted: (key) => this.index.release(key),
    });
  }

  /** The store as one life of an instance sees it; `requests` are those that it is sent. */
  join(life: number, instance: number, requests: RequestTable): StoreView {
    return new StoreView(this, life, instance, requests);
  }

  /** When something happens here next; Infinity if nothing is on its way to an engine. */
  get nextUs(): number {
    return Math.min(this.beginnings.nextUs, this.transfers.nextUs);
  }

  /** Tokens of a prompt of another table that an engine could fetch now: the last one of a whole prompt is computed. */
  storedTokens(requests: RequestTable, request: number, nowUs: number): number {
    const { blockSize } = this.config;
    const tokens = requests.promptTokens[request];
    this.settle(nowUs);
    const most = Math.floor(tokens / blockSize);
    const found = this.chains.cachedBlocks(requests, request, most, (key) => this.blocks.has(key));
    return Math.min(found * blockSize, tokens - 1);
  }

  /** How long tokens `from .. to - 1` take to an instance, after all that flows there. */
  fetchUs(instance: number, from: number, to: number, nowUs: number): number {
    return this.aloneUs(from, to) + (this.transfers.enteringBytes(instance, nowUs) * 1e6) / this.bytesPerS;
  }

  /** Bytes begin to flow, or the last ones come. */
  happen(nowUs: number): void {
    this.settle(nowUs);
    for (const row of this.transfers.takeComplete(nowUs)) this.close(row, nowUs, false);
    while (this.beginnings.nextUs <= nowUs) {
      const row = this.beginnings.take();
      const { instance, blocks } = this.fetches[row];
      if (this.open.has(row)) this.transfers.begin(row, instance, instance, blocks * this.config.blockBytes, nowUs);
    }
  }

  /** Blocks on their way into the store. */
  get onTheWay(): number {
    return this.coming.size;
  }

  /** The deepest block of each fetch on its way. */
  get fetching(): readonly number[] {
    return [...this.open.values()].map(({ key }) => key);
  }

  /** A life is over: what it fetches is of no use, and what it has sent only in part is lost. Its instance begins anew, and others may send the same. */
  lost({ life, instance }: StoreView, nowUs: number): void {
    this.settle(nowUs);
    this.sendsUntilUs[instance] = nowUs;
    for (const put of this.puts) {
      if (put.life !== life) continue;
      this.puts.delete(put);
      this.figures.lostBlocks += put.keys.length;
      for (const key of put.keys) this.forget(key);
    }
    for (const row of [...this.open.keys()]) if (this.fetches[row].life === life) this.close(row, nowUs, true);
  }

  /** All that was put before `nowUs` is there now. */
  settle(nowUs: number): void {
    while (this.arrivals.nextUs < nowUs) {
      const atUs = this.arrivals.nextUs;
      const put = this.arrivals.take();
      if (!this.puts.delete(put)) continue;
      this.take(put);
      this.fill.add(atUs, this.blocks.size);
    }
  }

  // What views ask for.

  begin(view: StoreView, local: number, chain: readonly number[], from: number, to: number, nowUs: number): number {
    const { blockSize, link } = this.config;
    this.settle(nowUs);
    const last = Math.ceil(to / blockSize);
    const blocks = this.blocksOf(from, to);
    this.blocks.use(chain, last);
    this.blocks.pin(chain[last - 1]);
    const { life, instance } = view;
    const tokens = to - from;
    const row = this.fetches.length;
    this.fetches.push({ life, instance, local, tokens, blocks, askedUs: nowUs, endUs: Number.NaN, isGivenUp: false });
    this.open.set(row, { key: chain[last - 1], view });
    this.beginnings.add(Math.ceil(nowUs + link.setupUs), 0, row);
    return row;
  }

  /** How long tokens `from .. to - 1` take where nothing else is on the link. */
  aloneUs(from: number, to: number): number {
    const { blockBytes, link } = this.config;
    return Math.ceil(link.setupUs + (this.blocksOf(from, to) * blockBytes * 1e6) / this.bytesPerS);
  }

  /** Rate of a fetch that is alone on its link. */
  private get bytesPerS(): number {
    const { outBytesPerS, inBytesPerS } = this.config.link;
    return Math.min(outBytesPerS, inBytesPerS);
  }

  /** Blocks come whole. */
  private blocksOf(from: number, to: number): number {
    const { blockSize } = this.config;
    return Math.ceil(to / blockSize) - Math.floor(from / blockSize);
  }

  giveUp(row: number, nowUs: number): void {
    if (this.open.has(row)) this.close(row, nowUs, true);
  }

  /** Sends blocks `from ..` of a chain that are neither stored nor on their way. */
  put({ life, instance }: StoreView, chain: readonly number[], from: number, to: number, nowUs: number): void {
    const { blockBytes, link } = this.config;
    this.settle(nowUs);
    let at = from;
    // Whatever is stored has all before it: this much is there from the start.
    if (from === 0) {
      at = this.blocks.match(chain, to);
      this.blocks.use(chain, at);
    }
    const keys: number[] = [];
    const parents: number[] = [];
    let afterUs = nowUs;
    for (; at < to; at++) {
      const parent = at === 0 ? -1 : chain[at - 1];
      if (at > 0 && keys.at(-1) !== parent && !this.blocks.has(parent)) {
        const comesUs = this.coming.get(parent);
        // It was pushed out meanwhile, and nobody could find what follows it.
        if (comesUs === undefined) break;
        afterUs = Math.max(afterUs, comesUs);
      }
      const key = chain[at];
      if (this.blocks.has(key) || this.coming.has(key)) continue;
      keys.push(key);
      parents.push(parent);
    }
    if (keys.length === 0) return;
    this.figures.sentBlocks += keys.length;
    const sendUs = (keys.length * blockBytes * 1e6) / link.outBytesPerS;
    this.sendsUntilUs[instance] = Math.max(this.sendsUntilUs[instance], nowUs) + sendUs;
    const thereUs = Math.ceil(Math.max(this.sendsUntilUs[instance] + link.setupUs, afterUs));
    for (const key of keys) {
      this.index.retain(key);
      this.coming.set(key, thereUs);
    }
    const put = { life, keys, parents };
    this.puts.add(put);
    this.arrivals.add(thereUs, 0, put);
  }

  /** Blocks have come. */
  private take({ keys, parents }: Put): void {
    const { figures } = this;
    keys.forEach((key, i) => {
      if (this.blocks.add(key, parents[i])) figures.storedBlocks++;
      else figures.refusedBlocks++;
      this.forget(key);
    });
  }

  /** A block is not on its way any more. */
  private forget(key: number): void {
    this.coming.delete(key);
    this.index.release(key);
  }

  private close(row: number, nowUs: number, isGivenUp: boolean): void {
    const fetch = this.fetches[row];
    const open = this.open.get(row);
    if (open === undefined) return;
    this.settle(nowUs);
    this.open.delete(row);
    this.transfers.cancel(row, nowUs);
    this.blocks.unpin(open.key);
    fetch.endUs = nowUs;
    fetch.isGivenUp = isGivenUp;
    if (!isGivenUp) {
      this.figures.fetchedBlocks += fetch.blocks;
      this.figures.fetchedTokens += fetch.tokens;
    }
    open.view.fetched(fetch.local, nowUs, !isGivenUp);
    this.changed(fetch.life);
  }
}

/** The store as one life of an instance sees it. */
export class StoreView implements PrefixStore {
  readonly life: number;
  readonly instance: number;
  readonly log = new StoreLog((from, to) => this.store.aloneUs(from, to));
  /** Told when a request begins to fetch what is stored of its first `to` tokens: of these it will compute none. */
  onFetch: (local: number, to: number) => void = () => {};
  /** Told when a fetch is over. */
  onFetched: (local: number, nowUs: number) => void = () => {};
  private readonly store: KvStore;
  private readonly chains: KeyChains;
  /** Blocks that each request has put so far, from its first one. */
  private readonly put = new Map<number, number>();
  /** Fetches on their way, by request. */
  private readonly open = new Map<number, number>();

  constructor(store: KvStore, life: number, instance: number, requests: RequestTable) {
    this.store = store;
    this.life = life;
    this.instance = instance;
    this.chains = new KeyChains(requests, store.index, store.config.blockSize);
  }

  find(request: number, known: number, nowUs: number): number {
    const { blockSize } = this.store.config;
    this.store.settle(nowUs);
    const most = Math.floor(known / blockSize);
    const tokens = blockSize * this.store.blocks.match(this.chains.of(request, most), most);
    this.log.found(request, nowUs, tokens);
    return tokens;
  }

  fetch(request: number, from: number, to: number, nowUs: number): number {
    const chain = this.chains.of(request, Math.ceil(to / this.store.config.blockSize));
    this.open.set(request, this.store.begin(this, request, chain, from, to, nowUs));
    this.log.asked(request, nowUs);
    this.onFetch(request, to);
    return Number.POSITIVE_INFINITY;
  }

  computed(request: number, tokens: number, nowUs: number): void {
    const full = Math.floor(tokens / this.store.config.blockSize);
    const from = this.put.get(request) ?? 0;
    if (full <= from) return;
    this.put.set(request, full);
    this.store.put(this, this.chains.of(request, full), from, full, nowUs);
  }

  ended(request: number): void {
    this.put.delete(request);
    this.chains.forget(request);
  }

  /** A request is given up: nobody wants the rest of what it fetches. */
  drop(request: number, nowUs: number): void {
    const row = this.open.get(request);
    if (row !== undefined) this.store.giveUp(row, nowUs);
  }

  /** This life is over. */
  lost(nowUs: number): void {
    this.store.lost(this, nowUs);
  }

  fetched(request: number, nowUs: number, isWhole: boolean): void {
    this.open.delete(request);
    this.log.fetched(request, nowUs, isWhole);
    this.onFetched(request, nowUs);
  }
}

/** Most points kept of a level beside its last one; when there are more, every other one goes. */
const MOST_POINTS = 4096;

/** A level over time, in bounded memory: some of its points, and always the last one. */
export class Fill {
  readonly us: number[] = [];
  readonly blocks: number[] = [];
  private seen = 0;
  private stride = 1;
  /** The last point is there only until the next one. */
  private isPassing = false;

  add(us: number, blocks: number): void {
    if (this.isPassing) {
      this.us.pop();
      this.blocks.pop();
    }
    this.isPassing = this.seen++ % this.stride !== 0;
    if (!this.isPassing && this.us.length === MOST_POINTS) {
      for (let i = 0; i < MOST_POINTS / 2; i++) {
        this.us[i] = this.us[2 * i];
        this.blocks[i] = this.blocks[2 * i];
      }
      this.us.length = MOST_POINTS / 2;
      this.blocks.length = MOST_POINTS / 2;
      this.stride *= 2;
    }
    this.us.push(us);
    this.blocks.push(blocks);
  }
}
