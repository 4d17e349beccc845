/**
 * Transformers' scheduler once more, as plainly as its rules can be told: requests are objects, blocks are numbers, and every
 * step lists all candidates anew. The twin that the policy is tested against.
 */

export interface TwinConfig {
  readonly prefillFirst: boolean;
  readonly margin: number;
  readonly tokens: number;
  readonly rows: number;
  readonly blockSize: number;
  readonly blocks: number;
  readonly hostBlocks: number;
}

interface TwinRequest {
  readonly id: number;
  readonly prompt: number;
  readonly output: number;
  generated: number;
  /** Tokens whose keys and values are stored or on their way. */
  stored: number;
  /** Where the prompt ends that has to be computed, answers so far included. */
  promptEnd: number;
  blocks: number;
  /** Blocks in host memory. */
  kept: number;
  state: 'waiting' | 'prompt' | 'decode' | 'ended';
  /** How often it was evicted. */
  evictions: number;
}

export interface TwinEntry {
  readonly request: number;
  readonly tokens: number;
  readonly computed: number;
  readonly yields: boolean;
  readonly evictions: number;
}

export class TwinScheduler {
  active: TwinRequest[] = [];
  waiting: TwinRequest[] = [];
  free: number;
  private hostFree: number;
  private isBlocked = false;
  private readonly all = new Map<number, TwinRequest>();
  private readonly config: TwinConfig;

  constructor(config: TwinConfig) {
    this.config = config;
    this.free = config.blocks;
    this.hostFree = config.hostBlocks;
  }

  get hasWork(): boolean {
    return this.active.length + this.waiting.length > 0;
  }

  /** In the order in which they are offered a place: those in host memory and the others by turns. */
  waitingOrder(): TwinRequest[] {
    const kept = this.waiting.filter((r) => r.kept > 0);
    const others = this.waiting.filter((r) => r.kept === 0);
    const order: TwinRequest[] = [];
    while (kept.length + others.length > 0) {
      const pair = [kept.shift(), others.shift()];
      for (const request of pair) if (request !== undefined) order.push(request);
    }
    return order;
  }

  arrive(id: number, prompt: number, output: number): void {
    const request: TwinRequest = {
      id,
      prompt,
      output,
      generated: 0,
      stored: 0,
      promptEnd: prompt,
      blocks: 0,
      kept: 0,
      state: 'waiting',
      evictions: 0,
    };
    this.all.set(id, request);
    this.waiting.push(request);
  }

  schedule(): TwinEntry[] {
    for (;;) {
      const { entries, starved, hasFailed } = this.pass();
      if (entries.length > 0) {
        if (starved.length > 0) this.evict(starved);
        return entries;
      }
      if (!hasFailed || !this.evict(starved)) return [];
    }
  }

  complete(entries: readonly TwinEntry[]): void {
    for (const entry of entries) {
      const request = this.all.get(entry.request) as TwinRequest;
      if (request.state === 'ended' || request.evictions !== entry.evictions || !entry.yields) continue;
      request.generated++;
      if (request.generated < request.output) continue;
      request.state = 'ended';
      this.free += request.blocks;
      this.active = this.active.filter((r) => r !== request);
      this.isBlocked = false;
    }
  }

  private candidates(): TwinRequest[] {
    if (this.active.length === 0) this.isBlocked = false;
    const decodes = this.active.filter((r) => r.state === 'decode');
    const prompts = this.active.filter((r) => r.state === 'prompt');
    const waiting = this.isBlocked ? [] : this.waitingOrder();
    return this.config.prefillFirst ? [...prompts, ...decodes, ...waiting] : [...decodes, ...prompts, ...waiting];
  }

  private pass() {
    const { config } = this;
    const entries: TwinEntry[] = [];
    const starved: { request: TwinRequest; wanted: number }[] = [];
    let hasFailed = false;
    let tokensLeft = config.tokens;
    for (const request of this.candidates()) {
      if (tokensLeft === 0 || entries.length === config.rows) break;
      const isDecode = request.state === 'decode';
      if (!isDecode && entries.length > 0 && this.free < config.margin * config.blocks) break;
      const end = isDecode ? request.stored + 1 : request.promptEnd;
      const tokens = Math.min(end - request.stored, tokensLeft);
      const after = request.stored + tokens;
      // Blocks for one token more than it computes, and only when those it has are too few.
      const wanted =
        request.blocks > 0 && after <= request.blocks * config.blockSize
          ? 0
          : Math.floor((after + 1) / config.blockSize) + 1 - request.blocks;
      if (wanted > this.free) {
        hasFailed = true;
        if (request.state !== 'waiting') starved.push({ request, wanted });
        else if (this.free === 0) break;
        continue;
      }
      this.free -= wanted;
      request.blocks += wanted;
      if (request.state === 'waiting') {
        this.hostFree += request.kept;
        request.kept = 0;
        this.waiting = this.waiting.filter((r) => r !== request);
        this.active.push(request);
      }
      const yields = after === end;
      entries.push({
        request: request.id,
        tokens,
        computed: request.stored,
        yields,
        evictions: request.evictions,
      });
      request.state = yields ? 'decode' : 'prompt';
      request.stored = after;
      tokensLeft -= tokens;
    }
    return { entries, starved, hasFailed };
  }

  private evict(starved: { request: TwinRequest; wanted: number }[]): boolean {
    const victims: TwinRequest[] = [];
    let free = this.free;
    const demand = () => starved.reduce((sum, { wanted }) => sum + wanted, 0);
    while (demand() > free && starved.length > 0 && this.active.length - victims.length > 1) {
      const { request } = starved.pop() as { request: TwinRequest };
      free += request.blocks;
      victims.unshift(request);
    }
    for (const victim of victims) {
      this.free += victim.blocks;
      this.active = this.active.filter((r) => r !== victim);
      const known = victim.prompt + victim.generated;
      if (victim.blocks <= this.hostFree) {
        victim.kept = victim.blocks;
        this.hostFree -= victim.blocks;
        if (victim.state === 'decode') {
          victim.stored = Math.min(victim.stored, known - 1);
          victim.promptEnd = known;
        }
      } else {
        victim.stored = 0;
        victim.promptEnd = known;
      }
      victim.blocks = 0;
      victim.state = 'waiting';
      victim.evictions++;
      this.waiting.push(victim);
      this.isBlocked = true;
    }
    return victims.length > 0;
  }
}
