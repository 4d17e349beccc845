import type { Obstacle } from '../decision-log.ts';
import { Status } from '../request.ts';
import type { Simulation } from '../simulation.ts';
import type { Choice } from './choice.ts';
import { inOneGo } from './in-one-go.ts';

/** What if `choice` had been taken in `step`? */
export interface WhatIf {
  readonly step: number;
  readonly request: number;
  readonly choice: Choice;
  /** Most steps to simulate from there, in each of the two runs. */
  readonly budget: number;
}

/** A number as it was, and as it would have been; NaN where it did not come to that within the budget. */
export interface Pair {
  readonly was: number;
  readonly is: number;
}

export interface WhatIfResult {
  readonly choice: Choice;
  readonly step: number;
  /** Whether the situation came up: a choice that does not fit the step changes nothing. */
  readonly wasTaken: boolean;
  /** What made the choice impossible; null = nothing, or it did not come to that. */
  readonly obstacle: Obstacle | null;
  /** Whether all requests that were alive in the step have ended in both runs. */
  readonly isComplete: boolean;
  /** Steps simulated from the step on. */
  readonly steps: Pair;
  readonly request: { readonly ttftUs: Pair; readonly e2eUs: Pair };
  /** Over the requests alive in the step that ended in both runs. */
  readonly all: {
    readonly requests: number;
    readonly ttftMeanUs: Pair;
    readonly e2eMeanUs: Pair;
    /** When the last of them ended. */
    readonly endUs: Pair;
    /** Tokens delivered to anybody from the step on, until the earlier of the two ends. */
    readonly tokens: Pair;
  };
}

/** Steps that a what-if simulates where nobody asks for another number: an answer of a thousand tokens ends within them. */
export const WHAT_IF_STEPS = 2000;
/** Steps between two pauses. */
const STEPS_A_TURN = 64;

/**
 * Runs twice from the step on, as it was and with the choice, until the requests alive in the step have ended.
 * @param create gives a fresh simulation that stands at or before the step, the same each time
 */
export function runWhatIf(create: () => Simulation, whatIf: WhatIf): WhatIfResult {
  return inOneGo(whatIfInTurns(create, whatIf));
}

/** The same, pausing now and then so that others get a turn. */
export function* whatIfInTurns(create: () => Simulation, whatIf: WhatIf): Generator<void, WhatIfResult> {
  const was = yield* follow(create(), whatIf, null, null);
  const is = yield* follow(create(), whatIf, whatIf.choice, was.alive);
  const both = was.alive.filter((r) => !Number.isNaN(was.e2eUs(r)) && !Number.isNaN(is.e2eUs(r)));
  const pair = (value: (run: Followed) => number): Pair => ({ was: value(was), is: value(is) });
  const mean = (value: (run: Followed, r: number) => number): Pair =>
    pair((run) => both.reduce((sum, r) => sum + value(run, r), 0) / both.length);
  const endUs = pair((run) => Math.max(...both.map((r) => run.finishUs(r))));
  const untilUs = Math.min(endUs.was, endUs.is);
  return {
    choice: whatIf.choice,
    step: whatIf.step,
    wasTaken: is.wasTaken,
    obstacle: is.obstacle,
    isComplete: both.length === was.alive.length,
    steps: pair((run) => run.steps),
    request: {
      ttftUs: pair((run) => run.ttftUs(whatIf.request)),
      e2eUs: pair((run) => run.e2eUs(whatIf.request)),
    },
    all: {
      requests: both.length,
      ttftMeanUs: mean((run, r) => run.ttftUs(r)),
      e2eMeanUs: mean((run, r) => run.e2eUs(r)),
      endUs,
      tokens: pair((run) => run.tokensUntil(untilUs)),
    },
  };
}

interface Followed {
  readonly alive: readonly number[];
  readonly wasTaken: boolean;
  readonly obstacle: Obstacle | null;
  readonly steps: number;
  finishUs(request: number): number;
  ttftUs(request: number): number;
  e2eUs(request: number): number;
  tokensUntil(us: number): number;
}

/** Simulates from the step on until `awaited` have ended; null = those who are alive in it. */
function* follow(
  simulation: Simulation,
  { step, budget }: WhatIf,
  choice: Choice | null,
  awaited: readonly number[] | null,
): Generator<void, Followed> {
  const { sequences, override, clock, policy } = simulation.engine;
  policy.watch(false);
  while (simulation.steps < step && simulation.next()) if (simulation.steps % STEPS_A_TURN === 0) yield;
  policy.watch(true);
  const deliveredBefore = clock.delivered;
  override.put(choice);
  const hasStep = simulation.next();
  const { isTaken: wasTaken, obstacle } = override;
  override.put(null);
  const alive: number[] = [];
  for (let r = 0; hasStep && r < simulation.arrived; r++) if (!hasEnded(sequences.status[r])) alive.push(r);
  const open = (awaited ?? alive).slice();
  const timesUs: number[] = [simulation.nowUs];
  const delivered: number[] = [clock.delivered - deliveredBefore];
  let steps = 1;
  for (; steps < budget; steps++) {
    while (open.length > 0 && hasEnded(sequences.status[open[open.length - 1]])) open.pop();
    if (open.length === 0 || !simulation.next()) break;
    if (steps % STEPS_A_TURN === 0) yield;
    timesUs.push(simulation.nowUs);
    delivered.push(clock.delivered - deliveredBefore);
  }
  const { arrivalUs } = sequences.requests;
  // Rows of requests that had ended before keep their stamps; of those that have not, they are not numbers.
  const finishUs = (r: number) => (r < simulation.arrived ? sequences.finishUs[r] : Number.NaN);
  return {
    alive,
    wasTaken,
    obstacle,
    steps,
    finishUs,
    ttftUs: (r) => (r < simulation.arrived ? sequences.firstTokenUs[r] - arrivalUs[r] : Number.NaN),
    e2eUs: (r) => finishUs(r) - arrivalUs[r],
    tokensUntil: (us) => delivered[timesUs.findLastIndex((timeUs) => timeUs <= us)] ?? 0,
  };
}

function hasEnded(status: number): boolean {
  return status === Status.finished || status === Status.rejected || status === Status.aborted;
}
