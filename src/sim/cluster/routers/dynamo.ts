import { Purpose, uniform } from '../../random.ts';
import type { FleetView, Router } from '../router.ts';
import { PendingPrefills } from './pending-prefills.ts';
import { lowestByChance, softmax } from './pick.ts';
import { PromptBlocks } from './prompt-blocks.ts';
import { SentBlocks } from './sent-blocks.ts';
import type { dynamoSettings, ValuesOf } from './settings.ts';

/** A request in flight: where, and the blocks of its prompt. */
interface Sent {
  readonly instance: number;
  readonly blocks: readonly number[];
}

/** What the router keeps of an instance. */
interface Worker {
  /** By block: requests in flight that have it. */
  readonly active: Map<number, number>;
  readonly prefills: PendingPrefills;
  /** Used without events. */
  readonly cache: SentBlocks;
}

/**
 * NVIDIA Dynamo's KV router (`lib/kv-router/src/scheduling/selector.rs` and `sequences`, 2026):
 *
 *     cost = weight x prefill blocks + decode blocks
 *
 * Prefill blocks: tokens of the prompt that are not cached there and uncached tokens sent there whose prefill is not done, over the
 * block size. Decode blocks: different blocks of the prompts in flight there, this one included. So a cached block counts
 * for the instance twice if a running request has it too. Lowest cost wins; ties go to the smaller guessed cache (without
 * events), then by chance. With a temperature it is drawn.
 *
 * With events the engines' caches are known as they are at that moment: the way of an event takes no time here.
 */
export class Dynamo implements Router {
  readonly isBlind = false;
  private readonly values: ValuesOf<typeof dynamoSettings>;
  private readonly seed: number;
  private readonly blocks: PromptBlocks;
  private readonly workers: readonly Worker[];
  private readonly inFlight = new Map<number, Sent>();

  constructor(values: ValuesOf<typeof dynamoSettings>, seed: number, instances: number) {
    this.values = values;
    this.seed = seed;
    this.blocks = new PromptBlocks(values['kv-cache-block-size']);
    this.workers = Array.from({ length: instances }, () => ({
      active: new Map(),
      prefills: new PendingPrefills(),
      cache: new SentBlocks(this.blocks),
    }));
  }

  choose(request: number, nowUs: number, view: FleetView, scores: Float64Array): number {
    this.forget(nowUs);
    const blocks = this.blocks.of(view.requests, request);
    for (let i = 0; i < view.count; i++) if (view.isOpen(i)) scores[i] = this.cost(request, blocks, i, view);
    const temperature = this.values['router-temperature'];
    if (temperature > 0)
      return softmax(scores, temperature, uniform(this.seed, Purpose.routing, request, 2 * view.draw(request) + 1));
    return this.isTold ? lowestByChance(scores, this.seed, request, view) : this.smallestTree(scores, request, view);
  }

  sent(request: number, instance: number, nowUs: number, view: FleetView): void {
    const { active, prefills, cache } = this.workers[instance];
    const blocks = this.blocks.of(view.requests, request);
    const tokens = view.requests.promptTokens[request];
    prefills.push(request, tokens, tokens - this.cachedTokens(request, blocks, instance, view));
    for (const block of blocks) {
      active.set(block, (active.get(block) ?? 0) + 1);
      this.blocks.keep(block);
      if (!this.isTold) cache.add(block, nowUs);
    }
    this.inFlight.set(request, { instance, blocks });
    this.prune();
  }

  ended(request: number): void {
    const sent = this.inFlight.get(request);
    if (sent === undefined) return;
    this.inFlight.delete(request);
    const { active, prefills } = this.workers[sent.instance];
    prefills.remove(request);
    for (const block of sent.blocks) {
      const users = active.get(block) ?? 0;
      if (users > 1) active.set(block, users - 1);
      else active.delete(block);
      this.blocks.drop(block);
    }
  }

  lost(instance: number): void {
    this.workers[instance].cache.clear();
  }

  private get isTold(): boolean {
    return this.values['router-kv-events'];
  }

  private cost(request: number, blocks: readonly number[], instance: number, view: FleetView): number {
    const { active, prefills } = this.workers[instance];
    const pending = prefills.left(view.tokensAhead(instance));
    const missing = view.requests.promptTokens[request] - this.cachedTokens(request, blocks, instance, view);
    const prefillBlocks = (missing + pending) / this.values['kv-cache-block-size'];
    let decodeBlocks = active.size;
    for (const block of blocks) if (!active.has(block)) decodeBlocks++;
    return this.values['router-kv-overlap-score-weight'] * prefillBlocks + decodeBlocks;
  }

  private cachedTokens(request: number, blocks: readonly number[], instance: number, view: FleetView): number {
    const size = this.values['kv-cache-block-size'];
    if (this.isTold) return Math.floor(view.cachedTokens(instance, request) / size) * size;
    const { cache } = this.workers[instance];
    let cached = 0;
    while (cached < blocks.length && cache.has(blocks[cached])) cached++;
    return cached * size;
  }

  /** Of those with the lowest cost the ones with the fewest blocks believed cached, and of these any. */
  private smallestTree(costs: Float64Array, request: number, view: FleetView): number {
    let least = Number.POSITIVE_INFINITY;
    for (const cost of costs) if (cost < least) least = cost;
    const sizes = costs.map((cost, i) => (cost === least ? this.workers[i].cache.size : Number.NaN));
    return lowestByChance(sizes, this.seed, request, view);
  }

  /** Blocks whose time is over. */
  private forget(nowUs: number): void {
    const beforeUs = nowUs - this.values['router-ttl-secs'] * 1e6;
    for (const { cache } of this.workers) while (cache.oldestUs <= beforeUs) cache.dropOldest();
  }

  private prune(): void {
    const most = this.values['router-max-tree-size'];
    let size = this.workers.reduce((sum, { cache }) => sum + cache.size, 0);
    if (size <= most) return;
    for (const target = Math.floor(most * this.values['router-prune-target-ratio']); size > target; size--)
      this.workers.reduce((a, b) => (b.cache.oldestUs < a.cache.oldestUs ? b : a)).cache.dropOldest();
  }
}
