import { Purpose, uniform } from '../../random.ts';
import { type FleetView, lowest, type Router } from '../router.ts';
import { openInstances } from './open-instances.ts';

/** Any open instance, each as likely as the others. */
export class RandomRouter implements Router {
  readonly isBlind = true;
  private readonly seed: number;

  constructor(seed: number) {
    this.seed = seed;
  }

  choose(request: number, _nowUs: number, view: FleetView, scores: Float64Array): number {
    const open = openInstances(view);
    if (open.length === 0) return -1;
    const chosen = open[Math.floor(uniform(this.seed, Purpose.routing, request, 2 * view.draw(request)) * open.length)];
    for (const instance of open) scores[instance] = instance === chosen ? 0 : 1;
    return chosen;
  }
}

/** Two different open instances by chance, and of these the one with fewer requests. Power of two choices, as in SGLang's router. */
export class PowerOfTwo implements Router {
  readonly isBlind = false;
  private readonly seed: number;

  constructor(seed: number) {
    this.seed = seed;
  }

  choose(request: number, _nowUs: number, view: FleetView, scores: Float64Array): number {
    const open = openInstances(view);
    if (open.length === 0) return -1;
    const draw = (which: number, among: number) =>
      Math.floor(uniform(this.seed, Purpose.routing, request, 2 * view.draw(request) + which) * among);
    const first = draw(0, open.length);
    scores[open[first]] = view.inFlight(open[first]);
    if (open.length > 1) {
      const second = (first + 1 + draw(1, open.length - 1)) % open.length;
      scores[open[second]] = view.inFlight(open[second]);
    }
    return lowest(scores);
  }
}
