/** Recorded runs that differ in one setting: whether the simulation moves as the measurement does, and how far. */

import type { Change, PairComparison, Quantity, RunComparison } from './format.ts';
import { median } from './latencies.ts';

/** Changes of less than this, up or down, count as none. */
const NO_CHANGE = 0.02;

/** Whether both go the same way, or both hardly anywhere. */
export function hasRightSign({ measured, simulated }: Change): boolean {
  const direction = (change: number) => (Math.abs(change) < NO_CHANGE ? 0 : Math.sign(change));
  return direction(measured) === direction(simulated);
}

/** All pairs that differ in one setting and in no other; the smaller value, or the earlier name, comes first. */
export function settingPairs(runs: readonly RunComparison[]): PairComparison[] {
  return differingSettings(runs).flatMap((setting) =>
    groupsWithout(runs, setting).flatMap((group) =>
      group.flatMap((first, i) =>
        group
          .slice(i + 1)
          .filter((second) => second.settings[setting] !== first.settings[setting])
          .map((second) => pairOf([setting], first, second)),
      ),
    ),
  );
}

/** By how much the second differs from the first, in these quantities or all that both have. */
export function pairOf(
  differsIn: readonly string[],
  first: RunComparison,
  second: RunComparison,
  quantities: readonly Quantity[] = first.quantities.map((q) => q.quantity),
): PairComparison {
  const changes = quantities.flatMap((quantity): Change[] => {
    const [a, b] = [first, second].map((run) => run.quantities.find((q) => q.quantity === quantity));
    if (a === undefined || b === undefined) return [];
    return [{ quantity, measured: b.measured / a.measured - 1, simulated: b.simulated / a.simulated - 1 }];
  });
  return { from: first.name, to: second.name, differsIn, changes };
}

/** Runs that are equal but for this setting, in its order. */
function groupsWithout(runs: readonly RunComparison[], setting: string): RunComparison[][] {
  const groups = new Map<string, RunComparison[]>();
  for (const run of runs) {
    const { [setting]: value, ...others } = run.settings;
    if (value === undefined) continue;
    const key = JSON.stringify(Object.entries(others).sort());
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()].map((group) =>
    group.sort((a, b) => compareValues(a.settings[setting], b.settings[setting])),
  );
}

/** What a setting does over all its pairs. */
export interface PairSummary {
  readonly setting: string;
  readonly quantity: Quantity;
  readonly pairs: number;
  /** Share of the pairs with the right sign. */
  readonly rightSigns: number;
  readonly measuredMedian: number;
  readonly simulatedMedian: number;
}

export function pairSummaries(pairs: readonly PairComparison[]): PairSummary[] {
  const groups = new Map<string, { setting: string; quantity: Quantity; changes: Change[] }>();
  for (const { differsIn, changes } of pairs) {
    // A repetition changes nothing.
    if (differsIn.length === 0) continue;
    const setting = differsIn.join(' and ');
    for (const change of changes) {
      const { quantity } = change;
      const key = `${setting} ${quantity}`;
      const group = groups.get(key) ?? { setting, quantity, changes: [] };
      group.changes.push(change);
      groups.set(key, group);
    }
  }
  return [...groups.values()].map(({ setting, quantity, changes }) => ({
    setting,
    quantity,
    pairs: changes.length,
    rightSigns: changes.filter(hasRightSign).length / changes.length,
    measuredMedian: median(changes.map((c) => c.measured)),
    simulatedMedian: median(changes.map((c) => c.simulated)),
  }));
}

/** Settings that do not have one value in all runs. */
export function differingSettings(runs: readonly RunComparison[]): string[] {
  const names = [...new Set(runs.flatMap((run) => Object.keys(run.settings)))];
  return names.filter((name) => new Set(runs.map((run) => run.settings[name])).size > 1);
}

export function compareValues(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
}
