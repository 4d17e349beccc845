import { Purpose, uniform } from '../../random.ts';
import { type FleetView, lowest, type Router } from '../router.ts';
import type { stickySettings, ValuesOf } from './settings.ts';

interface Place {
  readonly instance: number;
  readonly usedUs: number;
}

/**
 * Remembers where each session is and leaves it there, also when instances come. SGLang's `manual` (sgl-model-gateway,
 * `policies/manual.rs`), there with the routing key of a header. Only a session whose instance is closed is assigned anew.
 * (SGLang remembers a second place, to which a session may return.)
 */
export class Sticky implements Router {
  readonly isBlind: boolean;
  private readonly values: ValuesOf<typeof stickySettings>;
  private readonly seed: number;
  /** In the order of their last use. */
  private readonly places = new Map<number, Place>();
  private readonly sessions: Int32Array;

  constructor(values: ValuesOf<typeof stickySettings>, seed: number, instances: number) {
    this.values = values;
    this.seed = seed;
    this.sessions = new Int32Array(instances);
    this.isBlind = values['assignment-mode'] !== 'min_load';
  }

  choose(request: number, nowUs: number, view: FleetView, scores: Float64Array): number {
    this.forget(nowUs - this.values['max-idle-secs'] * 1e6);
    const home = this.places.get(view.requests.session[request])?.instance ?? -1;
    if (home >= 0 && view.isOpen(home)) {
      for (let i = 0; i < view.count; i++) if (view.isOpen(i)) scores[i] = i === home ? 0 : 1;
      return home;
    }
    for (let i = 0; i < view.count; i++) if (view.isOpen(i)) scores[i] = this.cost(request, i, view);
    return lowest(scores);
  }

  sent(request: number, instance: number, nowUs: number, { requests }: FleetView): void {
    const session = requests.session[request];
    const place = this.places.get(session);
    this.places.delete(session);
    if (place !== undefined) this.sessions[place.instance]--;
    this.places.set(session, { instance, usedUs: nowUs });
    this.sessions[instance]++;
  }

  private cost(request: number, instance: number, view: FleetView): number {
    switch (this.values['assignment-mode']) {
      case 'random':
        return uniform(this.seed, Purpose.routing, request, instance);
      case 'min_load':
        return view.inFlight(instance);
      case 'min_group':
        return this.sessions[instance];
    }
  }

  private forget(beforeUs: number): void {
    for (const [session, { instance, usedUs }] of this.places) {
      if (usedUs >= beforeUs) return;
      this.places.delete(session);
      this.sessions[instance]--;
    }
  }
}
