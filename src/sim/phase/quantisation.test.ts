import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Batch } from '../batch.ts';
import { Because, DecisionKind } from '../decision.ts';
import { DecisionLog } from '../decision-log.ts';
import { defaultEngineConfig, type EngineConfig } from '../engine-config.ts';
import { EventKind } from '../metrics/result.ts';
import { Run } from '../run.ts';
import { type Observer, Simulation } from '../simulation.ts';
import { openSource, runArb, toyCost } from '../testing.ts';
import { Part } from '../why/parts.ts';
import { checkAccounts, runToEnd } from '../why/testing.ts';
import { TimeAccounts } from '../why/time-account.ts';
import { Quantisation, type QuantisationConfig } from './quantisation.ts';

const rule: QuantisationConfig = {
  waitingHigh: 3,
  waitingLow: 1,
  holdUs: 10_000,
  toSmallUs: 0,
  toUsualUs: 0,
  usual: 0,
  small: 3,
};

describe('the rule', () => {
  it('changes at the upper threshold, comes back at the lower one, and not before its time', () => {
    const quantisation = new Quantisation({ ...rule, toSmallUs: 7, toUsualUs: 9 });
    const log = new DecisionLog();
    const look = (us: number, waiting: number) => quantisation.look(us, waiting, log);
    expect([look(0, 2), quantisation.copy]).toEqual([0, 0]);
    expect([look(1, 3), quantisation.copy]).toEqual([7, 1]);
    expect([look(2, 0), quantisation.copy]).toEqual([0, 1]);
    expect([look(20_000, 2), quantisation.copy]).toEqual([0, 1]);
    expect([look(20_001, 1), quantisation.copy]).toEqual([9, 0]);
    expect([look(20_002, 50), quantisation.copy]).toEqual([0, 0]);
    expect(log.count).toBe(2);
    expect([log.kind[0], log.because[0], log.need[0], log.have[0], log.other[0]]).toEqual([
      DecisionKind.changePrecision,
      Because.load,
      3,
      3,
      3,
    ]);
    expect([log.because[1], log.need[1], log.have[1], log.other[1]]).toEqual([Because.calm, 1, 1, 0]);
  });

  it('never changes twice within its shortest stay', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 9000 }), fc.integer({ min: 0, max: 5 })), { maxLength: 60 }),
        (looks) => {
          const quantisation = new Quantisation(rule);
          const log = new DecisionLog();
          let nowUs = 0;
          let lastUs = Number.NEGATIVE_INFINITY;
          for (const [afterUs, waiting] of looks) {
            nowUs += afterUs;
            const before = quantisation.copy;
            quantisation.look(nowUs, waiting, log);
            if (quantisation.copy === before) continue;
            expect(nowUs - lastUs).toBeGreaterThanOrEqual(rule.holdUs);
            lastUs = nowUs;
          }
        },
      ),
    );
  });
});

/** Twelve prompts at once for two seats. */
const crowd = Array.from({ length: 12 }, () => ({ arrivalUs: 0, promptTokens: 30, outputTokens: 20 }));
const twoSeats: EngineConfig = { ...defaultEngineConfig(200), maxNumSeqs: 2, quantisation: rule };

/** Collects, of every step, the copy it read and what it waited for. */
class Steps implements Observer {
  readonly copies: number[] = [];
  readonly waitedUs: number[] = [];
  launched(_: Simulation, batch: Batch): void {
    this.copies.push(batch.shape.copy);
    this.waitedUs.push(batch.transferUs);
  }
  idle(): void {}
  rejected(): void {}
}

describe('a run', () => {
  it('reads the smaller copy from the step after the one that left many waiting, and the usual one when few wait', () => {
    const steps = new Steps();
    runToEnd(new Simulation(twoSeats, openSource(crowd), toyCost, steps));
    expect(steps.copies[0]).toBe(0);
    expect(steps.copies[1]).toBe(1);
    expect(steps.copies.at(-1)).toBe(0);
    expect(steps.copies.filter((copy, i) => copy !== (steps.copies[i - 1] ?? 0))).toHaveLength(2);
  });

  it('pays for a change once, in the step after it, and the time is accounted for', () => {
    const config = { ...twoSeats, quantisation: { ...rule, toSmallUs: 5000, toUsualUs: 8000 } };
    const steps = new Steps();
    runToEnd(new Simulation(config, openSource(crowd), toyCost, steps));
    expect(steps.waitedUs[1]).toBe(5000);
    expect(steps.waitedUs.filter((us) => us > 0)).toEqual([5000, 8000]);
    const accounts = new TimeAccounts();
    const simulation = new Simulation(config, openSource(crowd), toyCost, accounts);
    runToEnd(simulation);
    expect(checkAccounts(simulation, accounts)[Part.transfer]).toBeGreaterThan(0);
  });

  it('is shorter than without, and its changes are events to jump to', () => {
    const runOf = (config: EngineConfig) => {
      const run = new Run(config, openSource(crowd), toyCost, 1e12);
      run.advance(Number.POSITIVE_INFINITY);
      return run.account();
    };
    const dynamic = runOf(twoSeats);
    expect(dynamic.summary.durationUs).toBeLessThan(runOf({ ...twoSeats, quantisation: null }).summary.durationUs);
    expect([...dynamic.events.kind].filter((kind) => kind === EventKind.precision)).toHaveLength(2);
  });

  it('schedules the same tokens: only times change, where they have no say in who is there', () => {
    fc.assert(
      fc.property(runArb, ({ requests, config }) => {
        const atOnce = requests.map(({ remoteKv: _, ...spec }) => ({ ...spec, arrivalUs: 0 }));
        const tokensOf = (quantisation: QuantisationConfig | null): number[] => {
          const tokens: number[] = [];
          const plain = { ...config, connector: null, tuning: null, quantisation };
          const observer: Observer = {
            launched: (_, batch) => tokens.push(batch.prefillTokens + batch.decodeTokens),
            idle: () => {},
            rejected: () => {},
          };
          runToEnd(new Simulation(plain, openSource(atOnce), toyCost, observer));
          return tokens;
        };
        expect(tokensOf({ ...rule, toSmallUs: 3000 })).toEqual(tokensOf(null));
      }),
      { numRuns: 40 },
    );
  });
});
