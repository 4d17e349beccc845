import { Purpose, uniform } from '../../random.ts';

/**
 * Where an instance stands in the order of a key: a number between 0 and 1, the instance with the least one owns the key.
 * Rendezvous hashing (D. G. Thaler, C. V. Ravishankar: Using name-based mappings to increase hit rates, IEEE/ACM
 * Transactions on Networking 6, 1998). It promises what the hash ring of real routers promises: one that comes takes its
 * share of the keys from the others, one that goes leaves its own to them, and no other key moves; without points on a ring, whose
 * number decides how even the shares are.
 */
export function rendezvous(seed: number, key: number, instance: number): number {
  return uniform(seed, Purpose.routing, key, instance);
}
