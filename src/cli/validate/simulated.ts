import { build } from '../../scenario/build.ts';
import type { Facts } from '../../scenario/facts.ts';
import type { Knobs } from '../../scenario/knobs.ts';
import type { RunAccount } from '../../sim/metrics/recorder.ts';
import { Run } from '../../sim/run.ts';
import type { Source } from '../../sim/source.ts';
import { Failure, problemLine } from '../failure.ts';
import { percent } from '../format.ts';

export interface SimulatedRun {
  readonly account: RunAccount;
  readonly facts: Facts;
}

/** Simulates a scenario's engine on recorded requests, in place of the scenario's own. */
export function simulateRequests(knobs: Knobs, source: Source): SimulatedRun {
  // The smallest workload stands for one that nobody looks at.
  const built = build({ ...knobs, workload: 'tiny' });
  if (!built.ok) throw new Failure(built.problems.map(problemLine).join('; '));
  const { config, cost, device, facts } = built.value;
  const run = new Run(config, source, cost, device.peakFlops, device.peakBytesPerS);
  run.advance(Number.POSITIVE_INFINITY);
  return { account: run.account(), facts };
}

/** `Llama-3.1-8B on 2 x NVIDIA H100 (fitted, median step error 2.6 %)`. */
export function hardwareWords({ model, devices, device, evidence, stepErrorMedian }: Facts): string {
  const error = stepErrorMedian === null ? '' : `, median step error ${percent(stepErrorMedian)}`;
  return `${model} on ${devices > 1 ? `${devices} x ` : ''}${device} (${evidence}${error})`;
}
