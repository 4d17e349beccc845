/** Recorded runs that differ in one setting: whether the simulation moves as the measurement does, and how far. */

import type { Quantity, RunComparison } from './format.ts';
import { median } from './latencies.ts';

/** Two runs, and what the step from the first to the second does. */
export interface SettingPair {
  readonly setting: string;
  readonly first: RunComparison;
  readonly second: RunComparison;
  readonly changes: readonly Change[];
}

/** Second over first, less one. */
export interface Change {
  readonly quantity: Quantity;
  readonly measured: number;
  readonly simulated: number;
}

/** Changes of less than this, up or down, count as none. */
const NO_CHANGE = 0.02;

/** Whether both go the same way, or both hardly anywhere. */
export function hasRightSign({ measured, simulated }: Change): boolean {
  const direction = (change: number) => (Math.abs(change) < NO_CHANGE ? 0 : Math.sign(change));
  return direction(measured) === direction(simulated);
}

/** All pairs that differ in one setting and in no other; the smaller value, or the earlier name, comes first. */
export function settingPairs(runs: readonly RunComparison[]): SettingPair[] {
  return differingSettings(runs).flatMap((setting) =>
    groupsWithout(runs, setting).flatMap((group) =>
      group.flatMap((first, i) =>
        group
          .slice(i + 1)
          .filter((second) => second.settings[setting] !== first.settings[setting])
          .map((second) => ({ setting, first, second, changes: changesOf(first, second) })),
      ),
    ),
  );
}

function changesOf(first: RunComparison, second: RunComparison): Change[] {
  return first.quantities.flatMap((a) => {
    const b = second.quantities.find(({ quantity }) => quantity === a.quantity);
    if (b === undefined) return [];
    return [
      {
        quantity: a.quantity,
        measured: b.measured / a.measured - 1,
        simulated: b.simulated / a.simulated - 1,
      },
    ];
  });
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

export function pairSummaries(pairs: readonly SettingPair[]): PairSummary[] {
  const groups = new Map<string, { setting: string; quantity: Quantity; changes: Change[] }>();
  for (const { setting, changes } of pairs) {
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
