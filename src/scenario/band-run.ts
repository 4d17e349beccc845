/** Makes the runs of a band (`band.ts`), in slices. */

import { scaledCost } from '../sim/gpu/scaled-cost.ts';
import { Recorder, type RunAccount } from '../sim/metrics/recorder.ts';
import { Simulation } from '../sim/simulation.ts';
import { type Band, type BandRun, ENOUGH_REQUESTS, type Load } from './band.ts';
import { type Built, buildOne, type Materials } from './build.ts';
import type { Knobs } from './knobs.ts';
import type { Result } from './result.ts';

/** Times are never scaled by more than this: beyond, the figures are guesses anyway. */
const MOST_ERROR = 0.9;

/** A band in the making: `advance` goes on in slices. */
export interface RunningBand {
  /** Simulates up to `steps` more steps; true when all runs have ended. */
  advance(steps: number): boolean;
  readonly progress: number;
  result(): Band;
}

export function startBand(knobs: Knobs, materials: Materials = {}): Result<RunningBand> {
  const first = buildOne(knobs, materials);
  if (!first.ok) return first;
  const { profile, facts, source } = first.value;
  // The error belongs to the profile as it is: phases and engines that change times were compared with nothing.
  const error = facts.stepErrorMedian === null ? null : Math.min(MOST_ERROR, profile.error.p95);
  const offered = offeredLoad(source.save() !== null, source.requests.arrivalUs, source.requests.count);
  const jobs: Job[] = [];
  if (error !== null) jobs.push({ of: 'faster', factor: 1 - error }, { of: 'slower', factor: 1 + error });
  if (offered.because === null) jobs.push({ of: 'backlog', factor: 1 });

  const done = new Map<Job['of'], RunAccount>();
  let at = 0;
  let current: Part | null = null;
  return {
    ok: true,
    value: {
      advance(steps) {
        if (at === jobs.length) return true;
        // Knobs that were built once can be built again.
        current ??= startPart(jobs[at], at === 0 ? first.value : rebuilt(knobs, materials));
        if (current.advance(steps)) {
          done.set(jobs[at].of, current.account());
          current = null;
          at++;
        }
        return at === jobs.length;
      },
      get progress() {
        return jobs.length === 0 ? 1 : (at + (current?.progress ?? 0)) / jobs.length;
      },
      result() {
        const backlog = done.get('backlog');
        return {
          error,
          faster: bandRun(done.get('faster')),
          slower: bandRun(done.get('slower')),
          load:
            backlog === undefined ? { low: null, because: offered.because ?? 'few' } : loadOf(offered.spanUs, backlog),
        };
      },
    },
  };
}

/** The whole band at once. */
export function bandOf(knobs: Knobs, materials: Materials = {}): Result<Band> {
  const started = startBand(knobs, materials);
  if (!started.ok) return started;
  while (!started.value.advance(Number.POSITIVE_INFINITY));
  return { ok: true, value: started.value.result() };
}

interface Job {
  readonly of: 'faster' | 'slower' | 'backlog';
  readonly factor: number;
}

interface Part {
  advance(steps: number): boolean;
  readonly progress: number;
  account(): RunAccount;
}

function startPart({ of, factor }: Job, { config, source, cost, device }: Built): Part {
  if (of === 'backlog') source.requests.arrivalUs.fill(0, 0, source.requests.count);
  const scaled = factor === 1 ? cost : scaledCost(cost, factor);
  const recorder = new Recorder(scaled, device.peakFlops, device.peakBytesPerS);
  const simulation = new Simulation(config, source, scaled, recorder, true);
  return {
    advance(steps) {
      for (let i = 0; i < steps; i++) if (!simulation.next()) return true;
      return false;
    },
    get progress() {
      const { finished, rejected, failed } = simulation;
      return (finished + rejected + failed) / Math.max(1, source.requests.count);
    },
    account() {
      simulation.engine.policy.settle();
      return recorder.finish(simulation);
    },
  };
}

function rebuilt(knobs: Knobs, materials: Materials): Built {
  const again = buildOne(knobs, materials);
  if (!again.ok) throw new Error(`a scenario that was built cannot be built again: ${again.problems[0]?.code}`);
  return again.value;
}

function bandRun(account: RunAccount | undefined): BandRun | null {
  if (account === undefined) return null;
  const { summary, distributions, series } = account;
  return { summary, distributions, series };
}

/** The time in which requests arrive, or why there is no load. */
function offeredLoad(isClosed: boolean, arrivalUs: Float64Array, count: number) {
  const spanUs = count < 2 ? 0 : arrivalUs[count - 1] - arrivalUs[0];
  const because = isClosed ? 'closed' : count < ENOUGH_REQUESTS ? 'few' : spanUs <= 0 ? 'at-once' : null;
  return { because, spanUs } as const;
}

function loadOf(spanUs: number, { outcomes, summary }: RunAccount): Load {
  let lastUs = 0;
  for (const us of outcomes.firstScheduledUs) if (us > lastUs) lastUs = us;
  return { low: lastUs / spanUs, high: summary.durationUs / spanUs };
}
