import { expect, it } from 'vitest';
import { defaultEngineConfig } from '../engine-config.ts';
import { readOutcomes } from '../metrics/recorder.ts';
import { Simulation } from '../simulation.ts';
import { openSource, toyCost } from '../testing.ts';
import { tailCauses } from './causes.ts';
import { TimeAccounts } from './time-account.ts';

it('puts a tail of requests that wait for a seat down to the seats', () => {
  const accounts = new TimeAccounts();
  const specs = Array.from({ length: 50 }, () => ({ arrivalUs: 0, promptTokens: 16, outputTokens: 8 }));
  const simulation = new Simulation(
    { ...defaultEngineConfig(400), maxNumSeqs: 2 },
    openSource(specs),
    toyCost,
    accounts,
  );
  while (simulation.next()) {
    // The collector listens.
  }
  const tail = tailCauses(accounts, readOutcomes(simulation), 'ttft', 0.9);
  expect(tail.requests).toBe(6);
  expect(tail.causes[0].part).toBe('queueSeats');
  expect(tail.causes[0].share).toBeGreaterThan(0.9);
  expect(tail.causes.reduce((us, cause) => us + cause.us, 0)).toBeLessThanOrEqual(tail.totalUs);
  const { sequences } = simulation.engine;
  expect(tail.totalUs).toBe([44, 45, 46, 47, 48, 49].reduce((us, r) => us + sequences.firstTokenUs[r], 0));
});
