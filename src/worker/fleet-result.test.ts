import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FleetEventKind, LifeEnd, Part, ReplicaRole } from '../protocol/fleet.ts';
import { buffersIn } from '../sim/buffers.ts';
import { Fleet } from '../sim/cluster/fleet.ts';
import { accountOf } from '../sim/cluster/fleet-account.ts';
import { type FleetCase, splitFleetArb, troubledFleetArb } from '../sim/cluster/testing.ts';
import { cases, openSource } from '../sim/testing.ts';
import { fleetResult } from './fleet-result.ts';

function told({ config, requests }: FleetCase) {
  const fleet = new Fleet(config, openSource(requests));
  while (!fleet.advance(1000));
  const account = accountOf(fleet);
  return { account, result: fleetResult(account, config, []) };
}

const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);

describe('what the page is told of a fleet', () => {
  it('is what happened, in any trouble', () => {
    fc.assert(
      fc.property(troubledFleetArb, (fleet) => {
        const { account, result } = told(fleet);
        const { series, lives } = result;
        // Of a step in which its replica died, only what came before the death is told.
        const isWhole = account.lives.every((life) => life.account.recordedUs <= life.endUs);
        const close = (a: number, b: number) => {
          expect(a).toBeLessThanOrEqual(b + 1e-4 * Math.max(1, b));
          if (isWhole) expect(a).toBeGreaterThanOrEqual(b - 1e-4 * Math.max(1, b));
        };
        // Nothing is lost between bins of different widths.
        for (const name of ['prefillTokens', 'decodeTokens'] as const)
          close(sum(series[name]), sum(account.lives.map((life) => sum(life.account.series[name]))));
        // Levels times the time that a replica was up are the integrals they come from.
        const upUs = new Float64Array(series.waiting.length);
        for (let life = 0; life < lives.count; life++)
          for (let bin = 0; bin < series.bins; bin++) {
            const fromUs = Math.max(lives.startUs[life], bin * series.binUs);
            const us = Math.min(lives.endUs[life], (bin + 1) * series.binUs) - fromUs;
            if (us > 0) upUs[lives.replica[life] * series.bins + bin] += us;
          }
        for (const [name, of] of [
          ['waiting', 'waitingUs'],
          ['running', 'runningUs'],
        ] as const)
          close(
            sum(series[name].map((level, at) => (upUs[at] > 0 ? level * upUs[at] : 0))),
            sum(account.lives.map((life) => sum(life.account.series[of]))),
          );
        expect(series.kvUse.filter((use) => !Number.isNaN(use) && !(use >= 0 && use <= 1.0001))).toHaveLength(0);
        const deaths = account.events.filter(({ kind }) => kind === FleetEventKind.died).length;
        expect(lives.end.filter((end) => end === LifeEnd.died)).toHaveLength(deaths);
        expect(result.routes.scores).toHaveLength(result.routes.scored * result.replicas);
      }),
      { numRuns: cases },
    );
  });

  it('says where the KV of prompts went, in any trouble', () => {
    fc.assert(
      fc.property(splitFleetArb, (fleet) => {
        const { account, result } = told(fleet);
        const { handovers, roles, routes } = result;
        expect(handovers.count).toBe(account.handovers.length);
        let lastUs = 0;
        account.handovers.forEach((row, i) => {
          const { from, to, readyUs, askedUs, endUs, bytes } = handovers;
          expect([handovers.request[i], from[i], to[i]]).toEqual([row.request, row.from, row.to]);
          expect([readyUs[i], askedUs[i], endUs[i], bytes[i]]).toEqual([
            row.readyUs,
            row.askedUs,
            row.endUs,
            row.bytes,
          ]);
          expect(handovers.isGivenUp[i]).toBe(row.isGivenUp ? 1 : 0);
          expect([roles[from[i]], roles[to[i]]]).toEqual([ReplicaRole.prefill, ReplicaRole.decode]);
          expect(readyUs[i]).toBeGreaterThanOrEqual(lastUs);
          lastUs = readyUs[i];
        });
        // Both parts of a request go to replicas of their role, a whole one to either in a mixed pool; each part that decodes is a handover.
        let decodes = 0;
        for (let i = 0; i < routes.count; i++) {
          const isWhole = routes.part[i] === Part.whole;
          expect(isWhole && fleet.config.mixedPool === null).toBe(false);
          if (routes.replica[i] < 0 || isWhole) continue;
          const isDecode = routes.part[i] === Part.decode;
          expect(roles[routes.replica[i]]).toBe(isDecode ? ReplicaRole.decode : ReplicaRole.prefill);
          if (isDecode) decodes++;
        }
        expect(decodes).toBe(handovers.count);
      }),
      { numRuns: cases },
    );
  });

  it('shares no memory with the account: it can be given away', () => {
    fc.assert(
      fc.property(fc.oneof(troubledFleetArb, splitFleetArb), (fleet) => {
        const { account, result } = told(fleet);
        const kept = new Set(buffersIn(account));
        expect(buffersIn(result).filter((buffer) => kept.has(buffer))).toEqual([]);
      }),
      { numRuns: 10 },
    );
  });
});
