import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cases, openSource } from '../testing.ts';
import { blindRoutes } from './blind-routes.ts';
import { couplingOf } from './coupling.ts';
import { Fleet } from './fleet.ts';
import { accountOf, accountOfRecord, type FleetAccount } from './fleet-account.ts';
import { plainFleet } from './fleet-config.ts';
import { joinShares } from './join-shares.ts';
import { createRouter, routerNames } from './routers/routers.ts';
import { FleetShare, type ShareRecord, sentTo, shareOf, shareOut } from './share.ts';
import { calmFleetArb, type FleetCase, secretive, splitFleetArb, storeFleetArb, troubledFleetArb } from './testing.ts';
import { wholeAccount } from './whole-account.ts';

const blind = routerNames.filter((kind) => createRouter({ kind, seed: 0 }, 2).isBlind);

/** Every engine, up to five instances, behind a router that looks at none. */
const apartFleetArb: fc.Arbitrary<FleetCase> = fc
  .record({ fleet: calmFleetArb, kind: fc.constantFrom(...blind) })
  .map(({ fleet: { requests, config }, kind }) => ({
    requests,
    config: { ...config, router: { kind, seed: config.router.seed } },
  }));

function sideBySide({ config, requests }: FleetCase): FleetAccount {
  const fleet = new Fleet(config, openSource(requests));
  while (!fleet.advance(1000));
  return accountOf(fleet);
}

/** The same fleet in shares, each of which knows of the others no more than another thread would. */
function inShares({ config, requests }: FleetCase, shares: number, slice: number, hasRegrets: boolean): FleetAccount {
  const records = Array.from({ length: shares }, (_, which): ShareRecord => {
    const share = shareOf(config, openSource(requests), { which, of: shares }, hasRegrets);
    while (!share.advance(slice));
    expect(share.progress).toBe(1);
    return structuredClone(share.record());
  });
  const { requests: table } = openSource(requests);
  return accountOfRecord(joinShares(config, table, blindRoutes(config, table), records.reverse()));
}

/** All columns. What is picked out of a life's decisions depends on how often an engine that waits is asked. */
const columnsOf = ({ routes, attempts, lives, ...rest }: FleetAccount) => ({
  ...rest,
  lives: lives.map(({ account: { events, ...account }, ...life }) => ({ ...life, account })),
  routes: rowsOf(routes),
  scores: routes.allScores(),
  attempts: rowsOf(attempts),
});

/** The columns of a table up to its last row. */
function rowsOf(table: { readonly count: number }) {
  const columns = Object.entries(table as object).filter(([name]) => name !== 'scores');
  return columns.map(([name, value]) => [
    name,
    ArrayBuffer.isView(value) ? [...(value as Float64Array).subarray(0, table.count)] : value,
  ]);
}

describe('a fleet that nothing couples', () => {
  it('is the same in any number of shares, in slices of any size', () => {
    fc.assert(
      fc.property(
        apartFleetArb,
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 50 }),
        (fleet, shares, slice) => {
          const whole = sideBySide(fleet);
          const joined = inShares(fleet, shares, slice, true);
          expect(columnsOf(joined)).toEqual(columnsOf(whole));
          expect(wholeAccount(joined)).toEqual(wholeAccount(whole));
        },
      ),
      { numRuns: Math.ceil(cases / 4) },
    );
  });

  it('is the same but for regrets where nobody asks for them', () => {
    fc.assert(
      fc.property(apartFleetArb, fc.integer({ min: 1, max: 4 }), (fleet, shares) => {
        const whole = sideBySide(fleet);
        const joined = inShares(fleet, shares, 1000, false);
        expect(joined.summary.regretTokens).toBe(fleet.requests.length > 0 ? Number.NaN : 0);
        expect(wholeAccount(joined)).toEqual(wholeAccount(whole));
        expect(joined.lives.map(({ account }) => account.series)).toEqual(
          whole.lives.map(({ account }) => account.series),
        );
      }),
      { numRuns: Math.ceil(cases / 4) },
    );
  });

  it('is not taken for whole where an instance is missing or is there twice', () => {
    const [fleet] = fc.sample(apartFleetArb, { numRuns: 1, seed: 1 });
    const config = { ...fleet.config, instances: [fleet.config.instances[0], fleet.config.instances[0]] };
    const source = openSource(fleet.requests);
    const routes = blindRoutes(config, source.requests);
    const recordOf = (instances: readonly number[]) => {
      const share = new FleetShare(config, source, routes, instances, false);
      while (!share.advance(1000));
      return share.record();
    };
    const join = (...shares: readonly (readonly number[])[]) =>
      joinShares(config, source.requests, routes, shares.map(recordOf));
    expect(() => join([0])).toThrow('every instance once');
    expect(() => join([0, 1], [1])).toThrow('every instance once');
    expect(join([1], [0]).arrived).toBe(fleet.requests.length);
  });
});

describe('what couples a fleet', () => {
  const [{ config, requests }] = fc.sample(apartFleetArb, { numRuns: 1, seed: 2 });
  const source = openSource(requests);
  const calm = { ...config, ...plainFleet };

  it('is nothing where only arrivals happen and the router looks at no engine', () => {
    for (const kind of routerNames) {
      const coupling = couplingOf({ ...calm, router: { kind, seed: 1 } }, source);
      expect(coupling).toBe(blind.includes(kind) ? null : 'router');
    }
  });

  it('is said for whatever leads from one engine to another', () => {
    const [{ config: splitConfig }] = fc.sample(splitFleetArb, { numRuns: 1, seed: 1 });
    expect(couplingOf(calm, secretive(source))).toBe('clients');
    expect(couplingOf({ ...calm, split: splitConfig.split }, source)).toBe('split');
    const [{ config: storeConfig }] = fc.sample(storeFleetArb, { numRuns: 1, seed: 1 });
    expect(couplingOf({ ...calm, store: storeConfig.store }, source)).toBe('store');
    expect(couplingOf({ ...calm, admission: { maxInFlight: 1, maxTokensAhead: 0 } }, source)).toBe('admission');
    expect(couplingOf({ ...calm, client: { ...calm.client, timeoutUs: 1 } }, source)).toBe('time-outs');
    expect(couplingOf({ ...calm, failures: [{ instance: 0, atUs: 1, forUs: 1 }] }, source)).toBe('failures');
    expect(couplingOf({ ...calm, wear: { meanLifeUs: 1, repairUs: 1, seed: 1 } }, source)).toBe('failures');
    const scaling = { least: 1, targetInFlight: 1, everyUs: 1, startUs: 1, calmUs: 1 };
    expect(couplingOf({ ...calm, scaling }, source)).toBe('scaling');
  });

  it('is nothing wherever nothing but requests finishing or being refused happens', () => {
    let apart = 0;
    let eventful = 0;
    const trouble = fc.constantFrom('client', 'admission', 'failures', 'wear', 'scaling');
    fc.assert(
      fc.property(apartFleetArb, troubledFleetArb, trouble, ({ config, requests }, { config: troubled }, name) => {
        const failures = troubled.failures.filter(({ instance }) => instance < config.instances.length);
        const fleet = { requests, config: { ...config, [name]: { ...troubled, failures }[name] } };
        const whole = sideBySide(fleet);
        if (couplingOf(fleet.config, openSource(requests)) !== null) {
          if (whole.events.length > 0) eventful++;
          return;
        }
        apart++;
        expect(whole.events).toEqual([]);
        expect(columnsOf(inShares(fleet, 2, 100, true))).toEqual(columnsOf(whole));
      }),
      { numRuns: cases },
    );
    expect(apart).toBeGreaterThan(0);
    expect(eventful).toBeGreaterThan(0);
  });
});

describe('sharing out', () => {
  it('gives every instance to one share, and no share more than the others have and one instance', () => {
    fc.assert(
      fc.property(apartFleetArb, fc.integer({ min: 1, max: 6 }), (fleet, shares) => {
        const routes = blindRoutes(fleet.config, openSource(fleet.requests).requests);
        const parts = shareOut(routes, shares);
        expect(parts.flat().sort((a, b) => a - b)).toEqual(fleet.config.instances.map((_, i) => i));
        const sent = sentTo(routes);
        const loads = parts.map((part) => part.reduce((sum, instance) => sum + sent[instance] + 1, 0));
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(Math.max(...sent) + 1);
      }),
      { numRuns: Math.ceil(cases / 4) },
    );
  });
});
