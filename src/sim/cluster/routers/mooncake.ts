import { type FleetView, lowest, REFUSED, type Router } from '../router.ts';
import { PendingPrefills } from './pending-prefills.ts';
import { count, type RouterSettings, type ValuesOf } from './setting.ts';

export const mooncakeSettings = {
  'ttft-slo-ms': count(0, 'ms', 'A request whose estimated TTFT is longer everywhere is refused at once; 0 = none is.'),
} as const satisfies RouterSettings;

/**
 * Mooncake's conductor (R. Qin et al., FAST 2025, algorithm 1): estimates for every instance how long the first token
 * takes, and goes to the shortest.
 *
 *     TTFT = prefills before it + its own prefill on top of what is cached there
 *
 * Where the paper predicts a prefill from its length and its prefix by a fitted model, the instance's cost model is asked for a
 * step with that one prompt. The branch that fetches a longer prefix from another instance is left out, with its
 * `kvcache_balancing_threshold`: engines of a fleet do not fetch prefixes from each other, so that estimate would be untrue.
 * Decode instances have a router of their own.
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
    for (let i = 0; i < view.count; i++) {
      if (view.isOpen(i)) scores[i] = this.prefills[i].left(view.tokensAhead(i)) + prefillUs(request, i, view);
    }
    const best = lowest(scores);
    const mostUs = this.values['ttft-slo-ms'] * 1000;
    return best >= 0 && mostUs > 0 && scores[best] > mostUs ? REFUSED : best;
  }

  sent(request: number, instance: number, _nowUs: number, view: FleetView): void {
    const tokens = view.requests.promptTokens[request];
    this.prefills[instance].push(request, tokens, prefillUs(request, instance, view));
    this.instanceOf.set(request, instance);
  }

  ended(request: number): void {
    const instance = this.instanceOf.get(request);
    if (instance === undefined) return;
    this.instanceOf.delete(request);
    this.prefills[instance].remove(request);
  }
}

/** Time to prefill a prompt, of which the cache holds a part. */
function prefillUs(request: number, instance: number, view: FleetView): number {
  const cached = view.cachedTokens(instance, request);
  return view.prefillUs(instance, view.requests.promptTokens[request] - cached, cached);
}
