import { expect, it } from 'vitest';
import { SideBySideRun } from '../../sim/cluster/fleet-run.ts';
import { presetOf } from '../presets.ts';
import { buildFleet } from './fleet.ts';

/** Requests of each replica, and the median time of a token, milliseconds. */
function under(router?: string) {
  const { knobs } = presetOf('four-replicas');
  const built = buildFleet(router === undefined ? knobs : { ...knobs, router });
  if (!built.ok) throw new Error(built.problems[0].code);
  const run = new SideBySideRun(built.value.config, built.value.one.source);
  while (!run.advance(Number.POSITIVE_INFINITY));
  const { lives, distributions } = run.account();
  return {
    requests: lives.map(({ account }) => account.summary.requests),
    tpotMs: Number((distributions.tpot.p50Us / 1000).toFixed(1)),
  };
}

it('says of four replicas what they do', () => {
  expect(under()).toEqual({ requests: [1752, 962, 245, 41], tpotMs: 18 });
  const even = under('least-waiting-and-running');
  expect(even.tpotMs).toBe(6.7);
  for (const requests of even.requests) expect(Math.abs(requests - 750)).toBeLessThan(25);
});
