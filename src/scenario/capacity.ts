import { type Slo, summarise } from '../sim/metrics/summarise.ts';
import type { Materials } from './build.ts';
import { type Criterion, judge } from './criterion.ts';
import { type Bracket, type Crossing, highestRate } from './crossing.ts';
import { type Interval, meanInterval } from './interval.ts';
import type { Knobs } from './knobs.ts';
import { isRead, knobEntry } from './registry.ts';
import type { Result } from './result.ts';
import { type Simulated, simulateScenario } from './simulate.ts';
import { seedsOf } from './sweep.ts';

export interface CapacityQuestion {
  /** What the goodput is counted by, and what has to be kept unless another criterion is given. */
  readonly slo: Slo;
  /** Share of the requests that must keep the SLO, 0 to 1. */
  readonly attain: number;
  /** Another promise of the whole run; left out: `attain` of the requests keep `slo`. */
  readonly criterion?: Criterion;
  /** Seeds to search with: the scenario's own and the ones after it. */
  readonly seeds: number;
  /** Width of the bracket at which a search ends, relative to the rate. */
  readonly tolerance: number;
}

/** The highest rate found with one seed. */
export interface SeedCapacity {
  readonly seed: number;
  /** Requests a second; 0 = not even the lowest rate keeps the SLO. */
  readonly ratePerS: number;
  /** Share of the requests that keep the SLO at that rate. */
  readonly attainment: number;
  readonly goodputPerS: number;
  /** The lowest rate that was seen to fail; null if the highest allowed one does not. */
  readonly failsAtPerS: number | null;
  readonly runs: number;
}

export interface Capacity {
  /** Mean over the seeds, with its 95 % confidence interval (Student's t); no interval from one seed. */
  readonly ratePerS: Interval;
  readonly bySeed: readonly SeedCapacity[];
}

/** What a probe at a rate shows. */
export interface RateSeen {
  readonly attainment: number;
  readonly goodputPerS: number;
}

/**
 * The highest rate at which enough requests keep the SLO. For each seed a bracket is searched from the scenario's own
 * rate (`crossing.ts`); the interval over seeds says how much the crossing moves.
 * @param progress told of every simulation
 */
export function findCapacity(
  knobs: Knobs,
  materials: Materials,
  { slo, attain, tolerance, seeds, criterion = { kind: 'attainment', slo, attain } }: CapacityQuestion,
  progress: (seed: number, ratePerS: number, attainment: number) => void = () => {},
): Result<Capacity> {
  const bracket = rateBracket(knobs, tolerance);
  if (!bracket.ok) return bracket;
  const bySeed: SeedCapacity[] = [];
  for (const seeded of seedsOf(knobs, seeds)) {
    const found = highestRate<RateSeen>(bracket.value, (rate) => {
      const simulated = simulateScenario({ ...seeded, rate }, materials);
      if (!simulated.ok) return simulated;
      const seen = seenAt(simulated.value.account, slo);
      progress(seeded.seed, rate, seen.attainment);
      return { ok: true, value: { holds: judge(simulated.value, criterion).holds, seen } };
    });
    if (!found.ok) return found;
    bySeed.push(seedCapacity(seeded.seed, found.value));
  }
  return { ok: true, value: { ratePerS: meanInterval(bySeed.map((s) => s.ratePerS)), bySeed } };
}

/** Where the rate of a scenario is searched; a problem if it cannot be set. */
export function rateBracket(knobs: Knobs, tolerance: number): Result<Bracket> {
  const entry = knobEntry('rate');
  if (!isRead(entry, knobs) || entry.type !== 'number') {
    return {
      ok: false,
      problems: [{ code: 'invalid-value', field: 'rate', expected: 'a scenario whose rate can be set' }],
    };
  }
  const fromPerS = knobs.rate > 0 ? knobs.rate : 1;
  return { ok: true, value: { fromPerS, lowestPerS: entry.min, highestPerS: entry.max, tolerance } };
}

export function seenAt({ outcomes }: Simulated['account'], slo: Slo): RateSeen {
  const { attainment, goodputPerS } = summarise(outcomes, { slo });
  return { attainment, goodputPerS };
}

export function seedCapacity(seed: number, { ratePerS, seen, failsAtPerS, runs }: Crossing<RateSeen>): SeedCapacity {
  return { seed, ratePerS, ...(seen ?? { attainment: 0, goodputPerS: 0 }), failsAtPerS, runs };
}
