/** Choosing by scores where `lowest` does not do. */

import { exp } from '../../math.ts';
import { Purpose, uniform } from '../../random.ts';
import type { FleetView } from '../router.ts';

/** An instance with the lowest score; of several each is as likely. -1 if none has a score. */
export function lowestByChance(scores: Float64Array, seed: number, request: number, view: FleetView): number {
  let least = Number.POSITIVE_INFINITY;
  for (const score of scores) if (score < least) least = score;
  const best: number[] = [];
  for (let i = 0; i < scores.length; i++) if (scores[i] === least) best.push(i);
  if (best.length <= 1) return best[0] ?? -1;
  return best[Math.floor(uniform(seed, Purpose.routing, request, 2 * view.draw(request)) * best.length)];
}

/**
 * Draws an instance: probabilities go with exp(-cost / range / temperature), where the range is that of all costs.
 * Dynamo's `softmax_sample`. `u`: between 0 and 1. -1 if none has a cost.
 */
export function softmax(costs: Float64Array, temperature: number, u: number): number {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const cost of costs) {
    if (cost < least) least = cost;
    if (cost > most) most = cost;
  }
  const range = most > least ? most - least : 1;
  const weights = costs.map((cost) => (Number.isNaN(cost) ? 0 : exp((least - cost) / range / temperature)));
  let rest = u * weights.reduce((sum, weight) => sum + weight, 0);
  let last = -1;
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] === 0) continue;
    last = i;
    rest -= weights[i];
    if (rest < 0) return i;
  }
  return last;
}
