import type { Materials } from './build.ts';
import type { Knobs } from './knobs.ts';
import type { Result } from './result.ts';
import { type Simulated, simulateScenario } from './simulate.ts';
import { type KnobValue, withValue } from './value.ts';

/** A knob and the values it takes, in order. */
export interface Axis {
  readonly knob: string;
  readonly values: readonly KnobValue[];
}

/** One simulation of a sweep. */
export interface SweepPoint {
  /** Place in the whole grid, whatever the shard. */
  readonly index: number;
  readonly knobs: Knobs;
  /** What the axes set, in their order. */
  readonly over: Readonly<Record<string, KnobValue>>;
}

/** Every `index` with `index % count === part` belongs to the shard. */
export interface Shard {
  readonly part: number;
  readonly count: number;
}

/**
 * The grid over all axes, the last one changing fastest, each point with `seeds` seeds from the scenario's own on. A
 * shard is a share of the points that is the same wherever it is computed.
 */
export function sweepPoints(
  base: Knobs,
  axes: readonly Axis[],
  seeds = 1,
  shard: Shard = { part: 0, count: 1 },
): SweepPoint[] {
  let grid: { knobs: Knobs; over: Record<string, KnobValue> }[] = [{ knobs: base, over: {} }];
  for (const { knob, values } of axes) {
    grid = grid.flatMap(({ knobs, over }) =>
      values.map((value) => ({ knobs: withValue(knobs, knob, value), over: { ...over, [knob]: value } })),
    );
  }
  return grid
    .flatMap(({ knobs, over }) => seedsOf(knobs, seeds).map((seeded) => ({ knobs: seeded, over })))
    .map((point, index) => ({ ...point, index }))
    .filter(({ index }) => index % shard.count === shard.part);
}

/** The same scenario with `seeds` seeds from its own on. */
export function seedsOf(knobs: Knobs, seeds: number): Knobs[] {
  return Array.from({ length: seeds }, (_, i) => ({ ...knobs, seed: (knobs.seed + i) % 2 ** 32 }));
}

/** Simulates the points one by one. */
export function* sweep(
  points: readonly SweepPoint[],
  materials: Materials,
): Generator<SweepPoint & { readonly result: Result<Simulated> }> {
  for (const point of points) yield { ...point, result: simulateScenario(point.knobs, materials) };
}
