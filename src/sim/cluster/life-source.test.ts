import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Status } from '../request.ts';
import { Run } from '../run.ts';
import { cases, openSource } from '../testing.ts';
import { AttemptEnd } from './attempts.ts';
import { SideBySideRun } from './fleet-run.ts';
import { lifeSource } from './life-source.ts';
import { calmFleetArb, checkSnapshots, type FleetCase, secretive, splitFleetArb, troubledFleetArb } from './testing.ts';

const anyFleet = fc.oneof(calmFleetArb, troubledFleetArb, splitFleetArb);

function ran({ config, requests }: FleetCase, isSecretive = false): SideBySideRun {
  const source = openSource(requests);
  const run = new SideBySideRun(config, isSecretive ? secretive(source) : source);
  while (!run.advance(1000));
  return run;
}

/** Every life of a fleet, simulated alone. */
function alone(run: SideBySideRun) {
  return run.fleet.lives.map((life, number) => {
    const { config, cost, peakFlopsPerS } = run.fleet.config.instances[life.instance];
    const single = new Run(config, lifeSource(run.fleet, number), cost, peakFlopsPerS);
    single.advance(Number.POSITIVE_INFINITY);
    return { life, single };
  });
}

describe('a life simulated alone on what came to it', () => {
  it('goes through the same steps as in the fleet, whoever timed out, and ends where it died', () => {
    fc.assert(
      fc.property(anyFleet, fc.boolean(), (fleet, isSecretive) => {
        for (const { life, single } of alone(ran(fleet, isSecretive))) {
          const { simulation } = single;
          expect([simulation.steps, simulation.trail]).toEqual([life.simulation.steps, life.simulation.trail]);
        }
      }),
      { numRuns: cases },
    );
  });

  it('ends every request as the fleet knows it', () => {
    fc.assert(
      fc.property(anyFleet, (fleet) => {
        const run = ran(fleet);
        const { attempts } = run.fleet;
        const lives = alone(run).map(({ single }) => single.account().outcomes);
        for (let a = 0; a < attempts.count; a++) {
          const { status, finishUs } = lives[attempts.life[a]];
          const local = attempts.local[a];
          if (attempts.end[a] === AttemptEnd.finished)
            expect([status[local], finishUs[local]]).toEqual([Status.finished, attempts.endUs[a]]);
          if (attempts.end[a] === AttemptEnd.timedOut) expect(status[local]).toBe(Status.aborted);
        }
      }),
      { numRuns: Math.ceil(cases / 5) },
    );
  });

  it('can be looked at from any snapshot', () => {
    fc.assert(
      fc.property(troubledFleetArb, fc.nat(40), (fleet, at) => {
        checkSnapshots(ran(fleet), at);
      }),
      { numRuns: Math.ceil(cases / 5) },
    );
  });
});

describe('the whole of a fleet', () => {
  it('of one instance that nothing happens to has the numbers of its engine', () => {
    fc.assert(
      fc.property(calmFleetArb, (fleet) => {
        const one = { ...fleet.config, instances: fleet.config.instances.slice(0, 1) };
        const { whole } = ran({ ...fleet, config: one }).account();
        const [{ cost, config, peakFlopsPerS, peakBytesPerS }] = one.instances;
        const single = new Run(config, openSource(fleet.requests), cost, peakFlopsPerS, peakBytesPerS);
        single.advance(Number.POSITIVE_INFINITY);
        const { summary, outcomes, distributions, series } = single.account();
        expect({ ...whole.series, firstStep: null }).toEqual({ ...series, firstStep: null });
        expect(whole.outcomes).toEqual(outcomes);
        expect(whole.distributions).toEqual(distributions);
        for (const [name, value] of Object.entries(whole.summary))
          expect(value, name).toEqual(
            typeof value === 'number' ? close(summary[name as 'mfu']) : summary[name as 'stepsByBound'],
          );
      }),
      { numRuns: Math.ceil(cases / 5) },
    );
  });
});

/** Sums in another order. */
const close = (value: number) => (Number.isFinite(value) ? expect.closeTo(value, 9) : value);
