/**
 * An obviously right twin of TGI, for tests: router and server as two programs that call each other, in the words of their
 * sources, with lists for everything and no regard for speed. It knows no drafts and no clients that give up.
 */

import { SlowTgiAllocator } from '../memory/radix-testing.ts';

export interface SlowTgiConfig {
  /** Tensor of padded rows instead of blocks. */
  readonly isPadded: boolean;
  readonly isChunking: boolean;
  readonly isCaching: boolean;
  readonly maxBatchPrefillTokens: number;
  /** Of the padded kind; with blocks it follows from their number. */
  readonly maxBatchTotalTokens: number;
  readonly waitingServedRatio: number;
  readonly maxWaitingTokens: number;
  /** 0 = no limit. */
  readonly maxBatchSize: number;
  readonly maxConcurrentRequests: number;
  readonly blockSize: number;
  /** Block 0 included. */
  readonly numBlocks: number;
}

export interface SlowTgiRequest {
  readonly arrivalUs: number;
  /** A letter a token. */
  readonly text: string;
  readonly outputs: number;
  /** What it may generate at most. */
  readonly limit: number;
}

/** A forward: when it began, and of each row the request, its tokens, and those it had before. */
export interface SlowForward {
  readonly startUs: number;
  readonly tokens: number;
  readonly contexts: number;
  /** Blocks, or places of tensors, that are taken while it runs. */
  readonly held: number;
  readonly rows: readonly (readonly [number, number, number])[];
}

interface Row {
  readonly id: number;
  cacheLength: number;
  inputLength: number;
  isPrefilling: boolean;
  generated: number;
}

/** Runs requests, in order of arrival, to their end. */
export class SlowTgi {
  readonly forwards: SlowForward[] = [];
  readonly finishUs: number[];
  readonly refused: number[] = [];
  private readonly config: SlowTgiConfig;
  private readonly requests: readonly SlowTgiRequest[];
  private readonly blocks: SlowTgiAllocator;
  private readonly allocations = new Map<number, ReturnType<SlowTgiAllocator['allocate']>>();
  private queue: number[] = [];
  private arrived = 0;
  private nowUs = 0;
  /** Requests that run, in any batch. */
  private readonly entries = new Set<number>();

  constructor(config: SlowTgiConfig, requests: readonly SlowTgiRequest[]) {
    this.config = config;
    this.requests = requests;
    this.blocks = new SlowTgiAllocator(config.numBlocks);
    this.finishUs = requests.map(() => Number.NaN);
  }

  run(): void {
    const { maxBatchPrefillTokens, maxBatchSize, isChunking, waitingServedRatio, maxWaitingTokens } = this.config;
    for (;;) {
      const first = this.nextBatch(0, maxBatchSize || 1e9, maxBatchPrefillTokens, this.totalTokens, []);
      if (first === null) {
        if (this.arrived === this.requests.length) return;
        this.nowUs = Math.max(this.nowUs, this.requests[this.arrived].arrivalUs);
        continue;
      }
      let cached = this.forward(first);
      let waitingTokens = 1;
      while (cached !== null) {
        const size: number = cached.length;
        const current = sum(cached.map((row: Row) => row.inputLength));
        const tokenBudget = Math.max(0, this.totalTokens - this.maxTokens(cached));
        let batches = [cached];
        const fresh = isChunking
          ? this.nextBatch(0, 1e9, Math.max(0, maxBatchPrefillTokens - current), tokenBudget, cached)
          : this.nextBatch(
              waitingTokens >= maxWaitingTokens ? 0 : Math.floor(Math.fround(size * Math.fround(waitingServedRatio))),
              maxBatchSize === 0 ? 1e9 : Math.max(0, maxBatchSize - size),
              maxBatchPrefillTokens,
              tokenBudget,
              cached,
            );
        if (fresh !== null) {
          const next = isChunking ? this.forward([...cached, ...fresh]) : this.forward(fresh, cached);
          if (isChunking) batches = [];
          if (next !== null) batches.push(next);
          waitingTokens = 1;
        }
        if (batches.length === 0) break;
        this.arrive();
        cached = this.forward(batches.flat());
        waitingTokens++;
      }
    }
  }

  /** Who has arrived meanwhile waits, or is refused. */
  private arrive(): void {
    const { requests, config } = this;
    for (; this.arrived < requests.length && requests[this.arrived].arrivalUs <= this.nowUs; this.arrived++) {
      const id = this.arrived;
      const { text, limit } = requests[id];
      const isTooLong = !config.isChunking && text.length > config.maxBatchPrefillTokens;
      const isTooLarge = config.isPadded
        ? text.length + limit > Math.min(config.maxBatchTotalTokens, config.numBlocks - 1)
        : this.blocksFor(id) > config.numBlocks - 1;
      const isTooMany = this.queue.length + this.entries.size >= config.maxConcurrentRequests;
      if (isTooLong || isTooLarge || isTooMany) this.refused.push(id);
      else this.queue.push(id);
    }
  }

  private nextBatch(
    minSize: number,
    maxSize: number,
    prefillBudget: number,
    tokenBudget: number,
    cached: readonly Row[],
  ): Row[] | null {
    const { config, queue, requests } = this;
    this.arrive();
    if (prefillBudget === 0 || tokenBudget === 0 || queue.length === 0) return null;
    if (queue.length < minSize || maxSize === 0) return null;
    const budget = Math.ceil(prefillBudget / config.blockSize) * config.blockSize;
    const rows: Row[] = [];
    let maxLength = 0;
    let prefillTokens = 0;
    let decodeTokens = 0;
    while (queue.length > 0 && rows.length < maxSize) {
      const id = queue[0];
      const { text, limit } = requests[id];
      const row: Row = { id, cacheLength: 0, inputLength: text.length, isPrefilling: true, generated: 0 };
      if (config.isPadded) {
        const isOver = (length: number, outputs: number): boolean =>
          (rows.length + 1) * length > budget || (rows.length + 1) * length + outputs > tokenBudget;
        maxLength = Math.max(maxLength, text.length);
        decodeTokens += limit;
        if (isOver(maxLength, decodeTokens) || !this.fitsWhenJoined(cached, [...rows, row])) break;
      } else {
        const prefix = this.allocate(id);
        if (prefix === null) break;
        row.cacheLength = prefix === text.length ? prefix - 1 : prefix;
        row.inputLength = text.length - row.cacheLength;
        const rest = budget - prefillTokens;
        if (row.inputLength > rest && (!config.isChunking || rest <= 0)) {
          this.drop(id);
          break;
        }
        if (row.inputLength > rest) {
          row.inputLength = rest;
          rows.push(row);
          queue.shift();
          break;
        }
        prefillTokens += row.inputLength;
      }
      rows.push(row);
      queue.shift();
    }
    if (rows.length < minSize || rows.length === 0) {
      for (const { id } of rows.reverse()) {
        queue.unshift(id);
        this.drop(id);
      }
      return null;
    }
    for (const { id } of rows) this.entries.add(id);
    return rows;
  }

  /** One call of the model while `others` stand still; what is left of the batch after it. */
  private forward(batch: readonly Row[], others: readonly Row[] = []): Row[] | null {
    const { config, requests } = this;
    const isPrefill = batch.some((row) => row.isPrefilling);
    const longest = Math.max(...batch.map((row) => this.lengthOf(row)));
    let tokens = 0;
    let contexts = 0;
    for (const row of batch) {
      tokens += config.isPadded && row.isPrefilling ? longest : row.inputLength;
      if (!row.isPrefilling) contexts += config.isPadded ? longest : row.cacheLength + 1;
    }
    const rows = batch.map((row) => [row.id, row.inputLength, row.cacheLength] as const);
    const blocks = [...this.allocations.values()].flatMap((allocation) => allocation?.blocks ?? []);
    const held = config.isPadded ? this.maxTokens(batch) + this.maxTokens(others) : new Set(blocks).size;
    this.forwards.push({ startUs: this.nowUs, rows, tokens, contexts, held });
    this.nowUs += 1000 + 10 * tokens + Math.floor(contexts / 100);
    let budget = config.maxBatchPrefillTokens - (batch.length - 1);
    for (const row of [...batch].reverse()) {
      row.cacheLength += row.inputLength;
      row.inputLength = 1;
      const rest = requests[row.id].text.length - row.cacheLength;
      row.isPrefilling = isPrefill && rest > 0;
      if (!row.isPrefilling) continue;
      row.inputLength = Math.max(1, Math.min(rest, budget));
      budget -= row.inputLength;
    }
    const left: Row[] = [];
    for (const row of batch) {
      if (!row.isPrefilling) row.generated++;
      if (row.generated < requests[row.id].outputs) left.push(row);
      else {
        this.finishUs[row.id] = this.nowUs;
        this.entries.delete(row.id);
        const allocation = this.allocations.get(row.id);
        if (allocation) this.blocks.release(allocation);
        this.allocations.delete(row.id);
      }
    }
    return left.length > 0 ? left : null;
  }

  private get totalTokens(): number {
    const { isPadded, maxBatchTotalTokens, numBlocks, blockSize } = this.config;
    return isPadded ? maxBatchTotalTokens : numBlocks * blockSize;
  }

  /** What a cached batch says that it takes. */
  private maxTokens(batch: readonly Row[]): number {
    if (!this.config.isPadded) return this.config.blockSize * sum(batch.map(({ id }) => this.blocksFor(id)));
    const longest = Math.max(0, ...batch.map((row) => this.lengthOf(row)));
    return batch.length * longest + sum(batch.map((row) => this.requests[row.id].limit - row.generated));
  }

  /** Tokens that a row of a tensor holds once its next token is there. */
  private lengthOf(row: Row): number {
    return this.requests[row.id].text.length + row.generated;
  }

  /** Not the server's rule: it would run out of memory. */
  private fitsWhenJoined(cached: readonly Row[], fresh: readonly Row[]): boolean {
    const joined = cached.length === 0 ? fresh : [...cached, ...fresh.map((row) => ({ ...row, generated: 1 }))];
    return this.maxTokens(joined) <= this.config.numBlocks - 1;
  }

  private blocksFor(id: number): number {
    const { text, limit } = this.requests[id];
    return Math.ceil((text.length + limit - 1) / this.config.blockSize);
  }

  /** Prefix found; null without room. */
  private allocate(id: number): number | null {
    const text = this.config.isCaching ? this.requests[id].text : '';
    const blocks = this.blocksFor(id);
    let allocation = this.blocks.allocate(blocks, text);
    if (allocation === null && this.allocations.size === 0) {
      const anew = this.blocks.allocate(blocks, '');
      allocation = anew === null ? null : { ...anew, prompt: text };
    }
    if (allocation === null) return null;
    this.allocations.set(id, allocation);
    return allocation.prefix;
  }

  private drop(id: number): void {
    const allocation = this.allocations.get(id);
    if (!allocation) return;
    this.allocations.delete(id);
    // As if its prompt had been no prompt: nothing of it becomes findable.
    this.blocks.release({ ...allocation, prompt: '', blocks: allocation.blocks.slice(allocation.prefix) });
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
