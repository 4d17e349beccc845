import type { Knobs } from '../knobs.ts';
import { type Simulated, simulateScenario } from '../simulate.ts';
import type { GalleryLeaf } from './entry.ts';
import { galleryMetrics } from './metrics.ts';
import { sampleMemory, sampleRows, sampleSteps } from './sample.ts';
import { sideKnobs } from './side.ts';
import type { Sample } from './thumb.ts';

/** A leaf's numbers and picture, as the page shows them. */
export interface LeafResult {
  readonly id: string;
  /** Of the two sides, in the metric's unit. */
  readonly values: readonly [number, number];
  /** Time that the thumbnail covers, microseconds. */
  readonly fromUs: number;
  readonly toUs: number;
  readonly samples: readonly [Sample, Sample];
}

/** Simulates both sides of a leaf. */
export function measureLeaf(leaf: GalleryLeaf): LeafResult {
  const sides = [sideKnobs(leaf.sides[0]), sideKnobs(leaf.sides[1])] as const;
  const runs = [simulated(leaf, sides[0]), simulated(leaf, sides[1])] as const;
  const { fromUs = 0, toUs = Math.max(...runs.map((run) => run.account.summary.durationUs)), kind } = leaf.thumb;
  const metric = galleryMetrics[leaf.metric];
  const sample = (side: 0 | 1): Sample => {
    switch (kind) {
      case 'rows':
        return { rows: sampleRows(sides[side], fromUs, toUs) };
      case 'steps':
        return { steps: sampleSteps(sides[side], fromUs, toUs) };
      case 'memory':
        return { memory: sampleMemory(runs[side], fromUs, toUs) };
      case 'bars':
        return {};
    }
  };
  const value = (side: 0 | 1) => Number(metric.value(runs[side]).toPrecision(4));
  return {
    id: leaf.id,
    values: [value(0), value(1)],
    fromUs,
    toUs,
    samples: [sample(0), sample(1)],
  };
}

function simulated(leaf: GalleryLeaf, knobs: Knobs): Simulated {
  const result = simulateScenario(knobs, {});
  if (!result.ok) throw new Error(`${leaf.id}: ${JSON.stringify(result.problems)}`);
  return result.value;
}
