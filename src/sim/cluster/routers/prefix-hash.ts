import { linkHash } from '../../memory/hash-chain.ts';
import { requestSpan } from '../../memory/request-span.ts';
import { type FleetView, lowest, type Router } from '../router.ts';
import { rendezvous } from './rendezvous.ts';
import { amount, count, type RouterSettings, type ValuesOf } from './setting.ts';

export const prefixHashSettings = {
  'prefix-token-count': count(256, 'tokens', 'Requests that agree in so many first tokens belong together.', 1),
  'prefix-hash-load-factor': amount(
    1.25,
    100,
    '',
    'An instance with more than so many times the mean load is passed over.',
  ),
} as const satisfies RouterSettings;

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
