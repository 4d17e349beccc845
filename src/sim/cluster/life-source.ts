import type { RequestTable } from '../request.ts';
import type { Source, Withdrawal } from '../source.ts';
import { AttemptEnd, type Attempts } from './attempts.ts';
import type { Fleet } from './fleet.ts';

/**
 * What came to one life of an instance, once the fleet has ended: an open source on which a simulation alone goes through
 * the very same steps. Requests that were given up, and those that were there when the instance died, are withdrawn at that
 * time: a life that died ends with the step in which it did.
 */
export function lifeSource({ lives, attempts, handovers }: Fleet, life: number): Source {
  const { requests, classes, store } = lives[life];
  // What it found in the store is known too.
  if (store !== null) requests.store = store.log.replay();
  // How long keys and values took to come or to leave is known now.
  for (const { prefill, decode, readyUs, askedUs, endUs } of handovers?.rows ?? []) {
    if (attempts.life[prefill] === life) requests.remote.set(attempts.local[prefill], endUs - readyUs);
    if (attempts.life[decode] === life && !Number.isNaN(askedUs))
      requests.remote.set(attempts.local[decode], endUs - askedUs);
  }
  for (const [prefill, atUs] of handovers?.discarded ?? [])
    if (attempts.life[prefill] === life) requests.remote.set(attempts.local[prefill], atUs - attempts.endUs[prefill]);
  return openSourceOf(requests, classes, withdrawalsFrom(attempts, life));
}

/** Requests that are all known, and that nothing changes. */
export function openSourceOf(
  requests: RequestTable,
  classes: readonly string[],
  withdrawals: readonly Withdrawal[] = [],
): Source {
  return {
    requests,
    classes,
    withdrawals,
    isOpen: true,
    next: () => Number.POSITIVE_INFINITY,
    finished: () => {},
    save: () => null,
    restore: () => {},
  };
}

function withdrawalsFrom({ count, life: lifeOf, end, endUs, local }: Attempts, life: number): readonly Withdrawal[] {
  const found: Withdrawal[] = [];
  for (let a = 0; a < count; a++) {
    if (lifeOf[a] !== life || (end[a] !== AttemptEnd.timedOut && end[a] !== AttemptEnd.lost)) continue;
    found.push({ request: local[a], atUs: endUs[a] });
  }
  return found.sort((a, b) => a.atUs - b.atUs || a.request - b.request);
}
