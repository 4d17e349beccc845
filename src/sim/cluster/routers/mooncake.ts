import { type FleetView, lowest, REFUSED, type Router } from '../router.ts';
import { PendingPrefills } from './pending-prefills.ts';
import type { mooncakeSettings, ValuesOf } from './settings.ts';

/** How an instance would get to the first token of a request. */
interface Plan {
  /** Until what the store has is there; 0 if nothing is fetched. */
  readonly transferUs: number;
  readonly prefillUs: number;
}

/**
 * Mooncake's conductor (R. Qin et al., FAST 2025, algorithm 1): estimates for every instance how long the first token
 * takes, and goes to the shortest.
 *
 *     TTFT = transfer + prefills before it + its own prefill on top of the prefix
 *
 * The prefix is what the instance has, or where the best one elsewhere is longer by a factor (`kvcache_balancing_threshold`) that one, which
 * is transferred first. Elsewhere is the store that the fleet shares: engines do not fetch from each other, so that without a store nothing is
 * transferred. They fetch whatever the store has beyond their own, which is what the threshold of 1 assumes; the paper tunes it by hand and
 * gives no value. Where the paper predicts a prefill from its length and its prefix by a fitted model, the instance's cost model is asked for a
 * step with that one prompt. Decode instances have a router of their own.
 */
export class Mooncake implements Router {
  readonly isBlind = false;
  private readonly values: ValuesOf<typeof mooncakeSettings>;
  private readonly prefills: readonly PendingPrefills[];
  private readonly instanceOf = new Map<number, number>();

  constructor(values: ValuesOf<typeof mooncakeSettings>, instances: number) {
    this.values = values;
    this.prefills = Array.from({ length: instances }, () => new PendingPrefills());
  }

  choose(request: number, _nowUs: number, view: FleetView, scores: Float64Array): number {
    const stored = view.storedTokens(request);
    for (let i = 0; i < view.count; i++) {
      if (!view.isOpen(i)) continue;
      const { transferUs, prefillUs } = this.plan(request, i, stored, view);
      scores[i] = transferUs + this.prefills[i].left(view.tokensAhead(i)) + prefillUs;
    }
    const best = lowest(scores);
    const mostUs = this.values['ttft-slo-ms'] * 1000;
    return best >= 0 && mostUs > 0 && scores[best] > mostUs ? REFUSED : best;
  }

  sent(request: number, instance: number, _nowUs: number, view: FleetView): void {
    const { prefillUs } = this.plan(request, instance, view.storedTokens(request), view);
    this.prefills[instance].push(request, view.requests.promptTokens[request], prefillUs);
    this.instanceOf.set(request, instance);
  }

  ended(request: number): void {
    const instance = this.instanceOf.get(request);
    if (instance === undefined) return;
    this.instanceOf.delete(request);
    this.prefills[instance].remove(request);
  }

  private plan(request: number, instance: number, stored: number, view: FleetView): Plan {
    const own = view.cachedTokens(instance, request);
    const isFetched = stored > own * this.values.kvcache_balancing_threshold;
    const prefix = isFetched ? stored : own;
    return {
      transferUs: isFetched ? view.fetchUs(instance, own, stored) : 0,
      prefillUs: view.prefillUs(instance, view.requests.promptTokens[request] - prefix, prefix),
    };
  }
}
