import type { FleetView, Router } from '../router.ts';
import { lowestByChance } from './pick.ts';

/**
 * The KV router of Dynamo's first versions (2025-03 to 2025-05, `components/kv_router.py`, `_cost_function`): twice the
 * share of the prompt that is cached, less the share of KV blocks in use, less the queue over the longest queue. The highest wins,
 * ties go by chance. (Its Rust version put requests in slots for the queue.) The score that is recorded has its sign changed.
 */
export class Dynamo2025 implements Router {
  readonly isBlind = false;
  private readonly seed: number;

  constructor(seed: number) {
    this.seed = seed;
  }

  choose(request: number, _nowUs: number, view: FleetView, scores: Float64Array): number {
    const tokens = view.requests.promptTokens[request];
    let longest = 0;
    for (let i = 0; i < view.count; i++) if (view.isOpen(i)) longest = Math.max(longest, view.waiting(i));
    for (let i = 0; i < view.count; i++) {
      if (!view.isOpen(i)) continue;
      const queue = longest > 0 ? view.waiting(i) / longest : 0;
      scores[i] = view.kvUse(i) + queue - (2 * view.cachedTokens(i, request)) / tokens;
    }
    return lowestByChance(scores, this.seed, request, view);
  }
}
