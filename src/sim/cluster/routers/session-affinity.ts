import { type FleetView, lowest, type Router } from '../router.ts';
import { rendezvous } from './rendezvous.ts';

/**
 * All requests of a session go to the instance that its name hashes to. SGLang's `consistent_hashing` with the session as
 * the routing key, vLLM production-stack's `session`. Sessions of an instance that is closed are spread over the others
 * and come back with it. Nobody looks at load, so a few busy sessions can be too many for one instance.
 */
export class SessionAffinity implements Router {
  readonly isBlind = true;
  private readonly seed: number;

  constructor(seed: number) {
    this.seed = seed;
  }

  choose(request: number, _nowUs: number, view: FleetView, scores: Float64Array): number {
    const session = view.requests.session[request];
    for (let i = 0; i < view.count; i++) if (view.isOpen(i)) scores[i] = rendezvous(this.seed, session, i);
    return lowest(scores);
  }
}
