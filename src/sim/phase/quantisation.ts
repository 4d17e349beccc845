import { Because, DecisionKind } from '../decision.ts';
import type { DecisionLog } from '../decision-log.ts';

/** Dynamic quantisation as an engine is told: two copies of the weights, and when to read which. */
export interface QuantisationConfig {
  /** Requests left waiting by a step, from which on the next steps read the smaller copy. */
  readonly waitingHigh: number;
  /**
   * Requests left waiting at which they read the usual copy again; below `waitingHigh`, so that the two do not
   * alternate.
   */
  readonly waitingLow: number;
  /** Shortest time between two changes, microseconds. */
  readonly holdUs: number;
  /** Time the step after a change waits for the weights: to the smaller copy, and back; 0 where both are resident. */
  readonly toSmallUs: number;
  readonly toUsualUs: number;
  /** Numbers of the two precisions (`gpu/precision.ts`), for the words of the decision. */
  readonly usual: number;
  readonly small: number;
}

/**
 * Dynamic quantisation: under load the weights are read in fewer bits, so that steps get shorter, and in full again when
 * nobody waits. It looks at the queue after each step is scheduled, so a change holds from the next step on. Ours: no
 * engine does this out of the box. Published schemes differ in where the second copy lives: beside the first one, inside
 * it (NestedFP, arXiv 2506.02024), or in host memory, from where layers are exchanged (MorphServe, arXiv 2506.02006).
 *
 * Weights only: keys and values keep the precision they were stored in, and the pool keeps its size.
 */
export class Quantisation {
  /** 0 = the usual copy, 1 = the smaller one. */
  copy = 0;
  private readonly config: QuantisationConfig;
  private changedUs = Number.NEGATIVE_INFINITY;

  constructor(config: QuantisationConfig) {
    this.config = config;
  }

  /** A step was scheduled and left `waiting` requests. Returns the time that the next step waits for its weights. */
  look(nowUs: number, waiting: number, decisions: DecisionLog): number {
    const { waitingHigh, waitingLow, holdUs, toSmallUs, toUsualUs, usual, small } = this.config;
    const isHigh = this.copy === 0;
    if (isHigh ? waiting < waitingHigh : waiting > waitingLow) return 0;
    if (nowUs - this.changedUs < holdUs) return 0;
    this.copy = isHigh ? 1 : 0;
    this.changedUs = nowUs;
    if (isHigh) decisions.add(DecisionKind.changePrecision, -1, Because.load, waiting, waitingHigh, small);
    else decisions.add(DecisionKind.changePrecision, -1, Because.calm, waiting, waitingLow, usual);
    return isHigh ? toSmallUs : toUsualUs;
  }

  save(): QuantisationState {
    return { copy: this.copy, changedUs: this.changedUs };
  }

  restore(state: QuantisationState): void {
    this.copy = state.copy;
    this.changedUs = state.changedUs;
  }
}

export interface QuantisationState {
  readonly copy: number;
  readonly changedUs: number;
}
