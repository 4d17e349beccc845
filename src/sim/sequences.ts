import { type RequestTable, Status } from './request.ts';

/** The table of a request that holds no block. */
const noTable = new Int32Array(0);

/**
 * The changing part of every request, one column a property, by request id. A row means something from the request's
 * arrival on; a request that has ended keeps its row but takes no part any more.
 */
export class Sequences {
  readonly requests: RequestTable;
  private capacity = 0;

  /** A `Status`. */
  status = new Uint8Array(0);
  /** Tokens whose KV exists or is scheduled to exist. */
  computed = new Int32Array(0);
  /** Tokens generated so far; they survive a preemption. */
  generated = new Int32Array(0);
  /** Output limit, resolved against max_model_len. */
  outputLimit = new Int32Array(0);
  /** Output placeholders: tokens that batches in flight will produce (asynchronous scheduling). */
  placeholders = new Int32Array(0);
  /** Tokens of scheduled batches whose output is not processed yet. */
  inFlight = new Int32Array(0);
  /** Number of preemptions so far; an entry of a batch with an older number is stale. */
  preemptions = new Int32Array(0);
  /** Most tokens that were ever computed: what lies below is recomputation. */
  computedPeak = new Int32Array(0);
  /** Draft tokens to verify in the next step (speculative decoding). */
  drafts = new Uint8Array(0);
  /** 1 = its last step left prompt tokens to compute. Kept only where a rule asks for it. */
  isChunk = new Uint8Array(0);
  /** Output tokens it was expected to generate when it arrived; 0 = nobody predicts. */
  predicted = new Float64Array(0);
  firstScheduledUs = new Float64Array(0);
  firstTokenUs = new Float64Array(0);
  lastTokenUs = new Float64Array(0);
  finishUs = new Float64Array(0);

  /** Blocks held by each request: the first `tableLength[r]` entries of `tables[r]`, in logical order. */
  readonly tables: Int32Array[] = [];
  tableLength = new Int32Array(0);
  private readonly spare: Int32Array[][] = [];

  constructor(requests: RequestTable) {
    this.requests = requests;
    this.reserve(Math.max(16, requests.count));
  }

  /** Gives an arriving request its row. */
  arrive(request: number, outputLimit: number): void {
    if (request >= this.capacity) this.reserve(Math.max(request + 1, 2 * this.capacity));
    this.status[request] = Status.waiting;
    this.computed[request] = 0;
    this.generated[request] = 0;
    this.outputLimit[request] = outputLimit;
    this.placeholders[request] = 0;
    this.inFlight[request] = 0;
    this.preemptions[request] = 0;
    this.computedPeak[request] = 0;
    this.drafts[request] = 0;
    this.isChunk[request] = 0;
    this.predicted[request] = 0;
    this.firstScheduledUs[request] = Number.NaN;
    this.firstTokenUs[request] = Number.NaN;
    this.lastTokenUs[request] = Number.NaN;
    this.finishUs[request] = Number.NaN;
    this.tableLength[request] = 0;
  }

  /** Prompt and generated tokens. */
  known(request: number): number {
    return this.requests.promptTokens[request] + this.generated[request];
  }

  /** Makes room for `blocks` entries in a request's block table. */
  reserveTable(request: number, blocks: number): Int32Array {
    const table = this.tables[request];
    if (table !== undefined && table.length >= blocks) return table;
    const sizeClass = 32 - Math.clz32(Math.max(8, blocks) - 1);
    const larger = this.spare[sizeClass]?.pop() ?? new Int32Array(1 << sizeClass);
    if (table !== undefined && table !== noTable) {
      larger.set(table);
      this.recycle(table);
    }
    this.tables[request] = larger;
    return larger;
  }

  /** Empties a request's block table; its array serves another request. */
  dropTable(request: number): void {
    const table = this.tables[request];
    this.tableLength[request] = 0;
    if (table === undefined || table === noTable) return;
    this.recycle(table);
    this.tables[request] = noTable;
  }

  private recycle(table: Int32Array): void {
    const sizeClass = 31 - Math.clz32(table.length);
    const pile = this.spare[sizeClass];
    if (pile === undefined) this.spare[sizeClass] = [table];
    else pile.push(table);
  }

  /** Makes room for `rows` requests. */
  reserve(rows: number): void {
    if (rows <= this.capacity) return;
    const grow = <T extends Int32Array | Uint8Array | Float64Array>(to: T, from: T): T => {
      to.set(from);
      return to;
    };
    this.status = grow(new Uint8Array(rows), this.status);
    this.computed = grow(new Int32Array(rows), this.computed);
    this.generated = grow(new Int32Array(rows), this.generated);
    this.outputLimit = grow(new Int32Array(rows), this.outputLimit);
    this.placeholders = grow(new Int32Array(rows), this.placeholders);
    this.inFlight = grow(new Int32Array(rows), this.inFlight);
    this.preemptions = grow(new Int32Array(rows), this.preemptions);
    this.computedPeak = grow(new Int32Array(rows), this.computedPeak);
    this.drafts = grow(new Uint8Array(rows), this.drafts);
    this.isChunk = grow(new Uint8Array(rows), this.isChunk);
    this.predicted = grow(new Float64Array(rows), this.predicted);
    this.firstScheduledUs = grow(new Float64Array(rows), this.firstScheduledUs);
    this.firstTokenUs = grow(new Float64Array(rows), this.firstTokenUs);
    this.lastTokenUs = grow(new Float64Array(rows), this.lastTokenUs);
    this.finishUs = grow(new Float64Array(rows), this.finishUs);
    this.tableLength = grow(new Int32Array(rows), this.tableLength);
    this.capacity = rows;
  }
}
