import type { FleetView, Router } from '../router.ts';

/** One after the other; who is not open is left out. The score is how many are before it. */
export class RoundRobin implements Router {
  readonly isBlind = true;
  private next = 0;

  choose(_request: number, _nowUs: number, view: FleetView, scores: Float64Array): number {
    let chosen = -1;
    for (let i = 0; i < view.count; i++) {
      const instance = (this.next + i) % view.count;
      if (!view.isOpen(instance)) continue;
      if (chosen < 0) chosen = instance;
      scores[instance] = i;
    }
    if (chosen >= 0) this.next = (chosen + 1) % view.count;
    return chosen;
  }
}
