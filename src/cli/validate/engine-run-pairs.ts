/** Recorded runs of one traffic that differ in a setting: whether the simulation changes as the measurement does. */

import { type EngineRun, submissionOf } from '../../sim/replay/transformers-runs.ts';
import type { PairComparison, Quantity, RunComparison } from './format.ts';
import { pairOf } from './pairs.ts';

const compared: readonly Quantity[] = ['makespan', 'ttft.p50', 'ttft.p95', 'tpot.p50', 'e2e.p50', 'e2e.p95'];

/** All pairs that serve the same requests and differ in one setting, and pairs with the first run that differ in two. */
export function pairsOf(
  cases: Readonly<Record<string, EngineRun>>,
  runs: readonly RunComparison[],
): readonly PairComparison[] {
  const pairs: PairComparison[] = [];
  const repeats = new Set<string>();
  runs.forEach((a, i) => {
    // What the run that it repeats was compared with is not compared again.
    if (repeats.has(a.name)) return;
    for (const b of runs.slice(i + 1)) {
      const [one, other] = [cases[a.name], cases[b.name]];
      if (!haveSameLengths(one, other)) continue;
      const differsIn = differences(a.name, one, b.name, other);
      if (differsIn.length === 0) repeats.add(b.name);
      if (differsIn.length > (i === 0 ? 2 : 1)) continue;
      pairs.push(pairOf(differsIn, a, b, compared));
    }
  });
  return pairs;
}

function differences(nameA: string, a: EngineRun, nameB: string, b: EngineRun): string[] {
  const keys = Object.keys(a.engine) as (keyof typeof a.engine)[];
  const settings = keys.filter((key) => JSON.stringify(a.engine[key]) !== JSON.stringify(b.engine[key]));
  const isOtherBatch = JSON.stringify(submissionOf(nameA)) !== JSON.stringify(submissionOf(nameB));
  if (isOtherBatch) return [...settings, 'static batches'];
  // Requests that are all sent at once take some milliseconds, never the same.
  return Math.abs(lastArrival(a) - lastArrival(b)) > 0.1 ? [...settings, 'arrivals'] : settings;
}

function haveSameLengths(a: EngineRun, b: EngineRun): boolean {
  const lengths = ({ requests }: EngineRun) => JSON.stringify(requests.map(([, prompt, output]) => [prompt, output]));
  return lengths(a) === lengths(b);
}

const lastArrival = ({ requests }: EngineRun) => requests.at(-1)?.[3] ?? 0;
