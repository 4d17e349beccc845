import type { RequestTable } from '../request.ts';
import { AttemptEnd, Attempts } from './attempts.ts';
import { Fate } from './fates.ts';
import type { FleetConfig } from './fleet-config.ts';
import type { FleetRecord } from './fleet-record.ts';
import type { RouteLog } from './route-log.ts';
import type { ShareRecord } from './share.ts';

/** Puts shares that have every instance of a fleet once together: what the fleet as a whole comes to. Fills in the regrets of `routes` where they are known. */
export function joinShares(
  config: FleetConfig,
  requests: RequestTable,
  routes: RouteLog,
  shares: readonly ShareRecord[],
): FleetRecord {
  const lives = shares.flatMap((share) => share.lives).sort((a, b) => a.record.instance - b.record.instance);
  if (lives.some(({ record }, i) => record.instance !== i) || lives.length !== config.instances.length)
    throw new Error('the shares do not have every instance once');
  const { count } = routes;
  const attempts = new Attempts();
  const fate = new Uint8Array(count);
  const fateUs = new Float64Array(count);
  const next = new Int32Array(lives.length);
  let nowUs = 0;
  for (let r = 0; r < count; r++) {
    const instance = routes.instance[r];
    const { end, endUs, ahead } = lives[instance];
    const row = next[instance]++;
    attempts.push(r, instance, routes.timeUs[r]);
    attempts.local[r] = row;
    attempts.end[r] = end[row];
    attempts.endUs[r] = endUs[row];
    fate[r] = fateOf(end[row]);
    fateUs[r] = endUs[row];
    nowUs = Math.max(nowUs, routes.timeUs[r], endUs[row]);
    if (ahead.length > 0)
      routes.regretTokens[r] = shares.reduce((most, { fewest }) => Math.max(most, ahead[row] - fewest[r]), 0);
  }
  return {
    config,
    requests,
    nowUs,
    arrived: count,
    tries: new Uint16Array(count).fill(1),
    lastAttempt: Int32Array.from({ length: count }, (_, r) => r),
    fate,
    fateUs,
    attempts,
    routes,
    events: [],
    handovers: [],
    turns: [],
    store: null,
    lives: lives.map(({ record }) => record),
  };
}

function fateOf(end: number): Fate {
  switch (end) {
    case AttemptEnd.finished:
      return Fate.finished;
    case AttemptEnd.refused:
      return Fate.refused;
    default:
      throw new Error('a request of a share has no end');
  }
}
