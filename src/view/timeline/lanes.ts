/** The stages of a pipeline, a lane each: when every step is in them, and the time in which they have nothing to do. Plain data. */

import type { StageColumns, StepWindow } from '../../protocol/frame.ts';
import type { RunResult } from '../../protocol/run.ts';

/** One step in one stage. */
export interface Piece {
  /** Its place among the model's slices. */
  readonly slice: number;
  readonly startUs: number;
  readonly endUs: number;
  /** Part of its time in which the stage's GPUs send each other something. */
  readonly communicationUs: number;
  /** When the next stage has its output; NaN behind the last. */
  readonly arrivesUs: number;
}

export interface Lane {
  /** In the order of time; they never overlap. */
  readonly pieces: readonly Piece[];
  /** The time in view of which all is known: what ran before is forgotten, and what comes after is not launched yet. */
  readonly fromUs: number;
  readonly toUs: number;
  /** Share of that time without a step, and of the whole run. */
  readonly idleView: number;
  readonly idleRun: number;
}

/**
 * The lanes of the steps from window position `first` on, as far as they are seen between two times.
 * @param isLast no step follows the window's last one
 */
export function lanesOf(
  window: StepWindow,
  first: number,
  [fromUs, toUs]: readonly [number, number],
  isLast: boolean,
  result: RunResult | null,
): readonly Lane[] {
  const { stages, count, firstStep } = window;
  const durationUs = Math.max(1, result?.summary.durationUs ?? 1);
  return Array.from({ length: stages.count }, (_, stage): Lane => {
    const at = (i: number) => i * stages.count + stage;
    const pieces = Array.from({ length: count - first }, (_, slice) =>
      pieceOf(stages, at(first + slice), stage, slice),
    );
    const knownFromUs = firstStep === 0 || count === 0 ? fromUs : Math.max(fromUs, stages.startUs[at(0)]);
    const knownToUs = isLast || count === 0 ? toUs : Math.min(toUs, stages.endUs[at(count - 1)]);
    return {
      pieces,
      fromUs: knownFromUs,
      toUs: knownToUs,
      idleView: 1 - busyUs(pieces, knownFromUs, knownToUs) / Math.max(1, knownToUs - knownFromUs),
      idleRun: idleOfRun(result, stage, durationUs),
    };
  });
}

function pieceOf(
  { count, startUs, endUs, communicationUs, sendUs }: StageColumns,
  at: number,
  stage: number,
  slice: number,
) {
  return {
    slice,
    startUs: startUs[at],
    endUs: endUs[at],
    communicationUs: communicationUs[at],
    arrivesUs: stage === count - 1 ? Number.NaN : endUs[at] + sendUs[at],
  };
}

function busyUs(pieces: readonly Piece[], fromUs: number, toUs: number): number {
  return pieces.reduce(
    (sum, { startUs, endUs }) => sum + Math.max(0, Math.min(toUs, endUs) - Math.max(fromUs, startUs)),
    0,
  );
}

/** Share of the run in which a stage has no step. */
export function idleOfRun(result: RunResult | null, stage: number, durationUs: number): number {
  return 1 - (result?.stages.busyUs[stage] ?? 0) / durationUs;
}

/** The same for the run as a whole: the mean over its stages. */
export function idleOfRunMean(result: RunResult): number {
  const durationUs = Math.max(1, result.summary.durationUs);
  const { busyUs } = result.stages;
  return busyUs.reduce((sum, _, stage) => sum + idleOfRun(result, stage, durationUs), 0) / busyUs.length;
}

/** Share of the known time in view in which a stage has nothing to do, over all stages. */
export function idleOf(lanes: readonly Lane[]): number {
  const knownUs = lanes.reduce((sum, lane) => sum + lane.toUs - lane.fromUs, 0);
  const idleUs = lanes.reduce((sum, lane) => sum + lane.idleView * (lane.toUs - lane.fromUs), 0);
  return idleUs / Math.max(1, knownUs);
}
