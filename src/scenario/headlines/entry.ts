/** The form of a published result and of its reproduction. */

import type { Text } from '../knob-entry.ts';
import type { Knobs } from '../knobs.ts';
import type { Measure } from './measure.ts';

/**
 * How sure it is that the number was published as it stands here: read in a primary source (V), in the abstract of the
 * paper (A), from general knowledge of the paper and not read again (M), or a range that is commonly quoted and that no
 * single source states (S).
 */
export type Mark = 'V' | 'A' | 'M' | 'S';

export interface Published {
  /** Bounds of what was published, in the unit of the row; equal for a single number. `low` 0 = "up to". */
  readonly low: number;
  readonly high: number;
  readonly mark: Mark;
  readonly source: string;
}

/** Unit of a row's numbers. `x` = a ratio. */
export type HeadlineUnit = 'x' | 'requests/s' | 'requests/min' | 'tokens/s' | 'tokens' | 'ms' | 's' | 'requests' | '%';

/** One of the compared scenarios. */
export interface Side {
  readonly name: Text;
  readonly knobs: Knobs;
}

/** A published number and how to simulate it. */
export interface HeadlineRow {
  /** Unique: the headline, and what tells its rows apart. */
  readonly id: string;
  readonly claim: Text;
  readonly published: Published;
  readonly unit: HeadlineUnit;
  /** Unit of the sides' own numbers. */
  readonly sideUnit: HeadlineUnit;
  /** What is measured first, then what it is compared with, if anything. */
  readonly sides: readonly Side[];
  readonly measure: Measure;
  /** Hardware, constants and choices that the number depends on. */
  readonly assumptions: Text;
  /** Why ours differs, or what it shows. */
  readonly remark: Text;
}

/** A published number that is not simulated, and why. */
export interface MissingRow {
  readonly id: string;
  readonly claim: Text;
  /** As published, in words. */
  readonly published: string;
  readonly mark: Mark;
  readonly source: string;
  readonly because: Text;
}

/** What one side came to, with the link of the very run. */
export interface SideResult {
  readonly value: number;
  readonly link: string;
  /** Fingerprint of that run. */
  readonly fingerprint: string;
}

export interface RowResult {
  readonly id: string;
  /** In the unit of the row. */
  readonly ours: number;
  readonly sides: readonly SideResult[];
  /** Simulations that it took. */
  readonly runs: number;
}
