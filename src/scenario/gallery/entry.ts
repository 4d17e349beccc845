/** The form of the gallery: one leaf a phenomenon, as two runs that differ in little and the number that tells them apart. */

import type { Text } from '../knob-entry.ts';
import type { KnobValue } from '../knobs.ts';
import type { PresetId } from '../presets.ts';
import type { MetricId } from './metrics.ts';

/** A run: a preset and what is set otherwise. */
export interface GallerySide {
  readonly name: Text;
  readonly preset: PresetId;
  /** An engine brings its own defaults along; it is set before the other knobs. */
  readonly set?: Readonly<Record<string, KnobValue>>;
}

/**
 * What a thumbnail shows of each run: `rows` = one bar a request, by what happened to it; `steps` = tokens of each step;
 * `memory` = what the KV pool held over time; `bars` = the compared numbers alone.
 */
export type ThumbKind = 'rows' | 'steps' | 'memory' | 'bars';

/** Part of a run that a thumbnail shows. Both sides show the same time, so that they can be compared. */
export interface ThumbWindow {
  readonly kind: ThumbKind;
  /** Simulated microseconds; left out: from the beginning. */
  readonly fromUs?: number;
  /** Left out: to the end of the longer run. */
  readonly toUs?: number;
}

export interface GalleryLeaf {
  readonly id: string;
  readonly name: Text;
  /** What happens, in one sentence. */
  readonly says: Text;
  /** First the way things were, or the plain way; then what the leaf is about. */
  readonly sides: readonly [GallerySide, GallerySide];
  readonly metric: MetricId;
  readonly thumb: ThumbWindow;
}

/** A branch of the map of the field. */
export interface GalleryBranch {
  readonly id: string;
  readonly name: Text;
  readonly leaves: readonly GalleryLeaf[];
}
