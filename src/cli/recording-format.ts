/** What the formats of recordings have in common. */

import * as v from 'valibot';
import type { ReplayReport } from '../sim/replay/vllm-replay.ts';

/** A format that `replay` knows: what it checks before it begins, and how it replays. */
export interface RecordingFormat {
  /** Checked is all that a replay reads without comparing it. */
  readonly schema: v.GenericSchema;
  readonly replay: (content: unknown) => readonly ReplayReport[];
}

export const int = v.pipe(v.number(), v.integer());
export const positive = v.pipe(int, v.minValue(1));
/** Pieces `[stream, length]` of a token sequence. */
export const tokens = v.array(v.tuple([int, int]));
