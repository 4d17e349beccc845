import { requestSpan } from '../../memory/request-span.ts';
import { type FleetView, lowest, type Router } from '../router.ts';
import { PrefixTree } from './prefix-tree.ts';
import type { cacheAwareSettings, ValuesOf } from './settings.ts';

/**
 * SGLang's `cache_aware` (sgl-model-gateway, `policies/cache_aware.rs`, the default policy): remembers in a tree what it
 * sent where, and asks no engine. While loads are balanced, a prompt of which enough was sent before goes where most of it
 * was; all others, and everything while loads are unbalanced, go to the fewest requests in flight.
 *
 * Of several instances with an equally long match the one that was sent it last is taken; SGLang takes one that is
 * recorded at the node. Its tree looks at characters of the text, this one at tokens.
 */
export class CacheAware implements Router {
  readonly isBlind = false;
  private readonly values: ValuesOf<typeof cacheAwareSettings>;
  private readonly tree: PrefixTree;
  private readonly matched: Float64Array;
  private readonly lastUse: Float64Array;
  private nextEvictionUs: number;

  constructor(values: ValuesOf<typeof cacheAwareSettings>, instances: number) {
    this.values = values;
    this.tree = new PrefixTree(instances);
    this.matched = new Float64Array(instances);
    this.lastUse = new Float64Array(instances);
    this.nextEvictionUs = this.intervalUs;
  }

  choose(request: number, nowUs: number, view: FleetView, scores: Float64Array): number {
    this.evict(nowUs);
    for (let i = 0; i < view.count; i++) if (view.isOpen(i)) scores[i] = view.inFlight(i);
    if (this.isUnbalanced(scores)) return lowest(scores);
    const { matched, lastUse } = this;
    const prompt = requestSpan(view.requests, request, view.requests.promptTokens[request]);
    this.tree.match(prompt, matched, lastUse);
    let best = -1;
    for (let i = 0; i < view.count; i++) {
      if (!view.isOpen(i)) continue;
      const isBetter =
        best < 0 || matched[i] > matched[best] || (matched[i] === matched[best] && lastUse[i] > lastUse[best]);
      if (isBetter) best = i;
    }
    if (best < 0 || matched[best] <= this.values['cache-threshold'] * prompt.length) return lowest(scores);
    for (let i = 0; i < view.count; i++) if (view.isOpen(i)) scores[i] = 1 - matched[i] / prompt.length;
    return best;
  }

  sent(request: number, instance: number, _nowUs: number, { requests }: FleetView): void {
    this.tree.insert(requestSpan(requests, request, requests.promptTokens[request]), instance);
  }

  lost(instance: number): void {
    this.tree.remove(instance);
  }

  private isUnbalanced(loads: Float64Array): boolean {
    let least = Number.POSITIVE_INFINITY;
    let most = 0;
    for (const load of loads) {
      if (load < least) least = load;
      if (load > most) most = load;
    }
    return most - least > this.values['balance-abs-threshold'] && most > least * this.values['balance-rel-threshold'];
  }

  private evict(nowUs: number): void {
    if (nowUs < this.nextEvictionUs) return;
    this.nextEvictionUs = (Math.floor(nowUs / this.intervalUs) + 1) * this.intervalUs;
    this.tree.evict(this.values['max-tree-size']);
  }

  private get intervalUs(): number {
    return this.values['eviction-interval'] * 1e6;
  }
}
