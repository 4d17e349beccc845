import { linkHash } from '../../memory/hash-chain.ts';
import { requestSpan } from '../../memory/request-span.ts';
import { type FleetView, lowest, type Router } from '../router.ts';
import { rendezvous } from './rendezvous.ts';
import type { prefixHashSettings, ValuesOf } from './settings.ts';

/**
 * Goes where the hash of the prompt's beginning points, unless too much is in flight there: then to the least load.
 * SGLang's `prefix_hash` (sgl-model-gateway, `policies/prefix_hash.rs`): consistent hashing with bounded loads, where the
 * bound is (all in flight + 1) / instances x the factor. It keeps no record of what went where.
 */
export class PrefixHash implements Router {
  readonly isBlind = false;
  private readonly values: ValuesOf<typeof prefixHashSettings>;
  private readonly seed: number;

  constructor(values: ValuesOf<typeof prefixHashSettings>, seed: number) {
    this.values = values;
    this.seed = seed;
  }

  choose(request: number, _nowUs: number, view: FleetView, scores: Float64Array): number {
    const key = this.keyOf(request, view);
    let owner = -1;
    let nearest = 1;
    let open = 0;
    let load = 0;
    for (let i = 0; i < view.count; i++) {
      if (!view.isOpen(i)) continue;
      scores[i] = 1 + view.inFlight(i);
      open++;
      load += view.inFlight(i);
      const distance = rendezvous(this.seed, key, i);
      if (distance >= nearest) continue;
      nearest = distance;
      owner = i;
    }
    if (owner < 0) return -1;
    const bound = ((load + 1) / open) * this.values['prefix-hash-load-factor'];
    // Where the hash points comes before any load.
    if (view.inFlight(owner) <= bound) scores[owner] = 0;
    return lowest(scores);
  }

  private keyOf(request: number, { requests }: FleetView): number {
    const tokens = Math.min(requests.promptTokens[request], this.values['prefix-token-count']);
    const { pieces } = requestSpan(requests, request, tokens);
    return linkHash(
      null,
      pieces.flatMap(({ segment, offset, length }) => [segment, offset, length]),
    );
  }
}
