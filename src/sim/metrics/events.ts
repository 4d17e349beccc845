import type { Batch } from '../batch.ts';
import { Bound, DecisionKind } from '../decision.ts';
import type { Simulation } from '../simulation.ts';
import { type EventColumns, EventKind } from './result.ts';

/** Most events kept of one run. */
const MOST_EVENTS = 4096;
/** Steps without any hold after which a hold is news again; likewise for a change of what binds. */
const CALM_STEPS = 50;

/** Picks out of the steps what is worth jumping to. */
export class EventRecorder {
  private readonly step: number[] = [];
  private readonly timeUs: number[] = [];
  private readonly kind: number[] = [];
  private readonly request: number[] = [];
  private dropped = 0;
  private lastHoldStep = Number.NEGATIVE_INFINITY;
  private lastChangeStep = Number.NEGATIVE_INFINITY;
  private bound: Bound = Bound.nothingLeft;
  private isFull = false;
  private freeBlocks = -1;

  launched(simulation: Simulation, batch: Batch): void {
    const { decisions, memory, sequences, config } = simulation.engine;
    if (decisions.count > 0) {
      for (let i = 0; i < decisions.count; i++) {
        const kind = decisions.kind[i];
        const request = decisions.request[i];
        if (kind === DecisionKind.preempt) this.add(batch, EventKind.preempt, request);
        // Whom the engine ends with an error it refuses late.
        else if (kind === DecisionKind.fail) this.add(batch, EventKind.reject, request);
        else if (kind === DecisionKind.changePrecision) this.add(batch, EventKind.precision, -1);
        else if (kind === DecisionKind.hold) {
          if (batch.step - this.lastHoldStep > CALM_STEPS) this.add(batch, EventKind.hold, request);
          this.lastHoldStep = batch.step;
        } else if (kind === DecisionKind.admit) {
          const prompt = sequences.requests.promptTokens[request];
          if (prompt >= Math.max(2048, config.maxNumBatchedTokens / 2)) this.add(batch, EventKind.longPrompt, request);
        }
      }
    }
    const { freeBlocks } = memory;
    // Most steps take no block and free none.
    if (freeBlocks !== this.freeBlocks) {
      const use = 1 - freeBlocks / memory.usableBlocks;
      if (use > 0.95 && !this.isFull) this.add(batch, EventKind.kvFull, -1);
      this.isFull = use > (this.isFull ? 0.9 : 0.95);
      this.freeBlocks = freeBlocks;
    }
    if (batch.bound !== this.bound) {
      if (batch.step - this.lastChangeStep > CALM_STEPS) this.add(batch, EventKind.boundChange, -1);
      this.lastChangeStep = batch.step;
      this.bound = batch.bound;
    }
  }

  /** A request was refused; the step is the next one to be launched. */
  rejected(simulation: Simulation, request: number): void {
    this.push(simulation.steps, simulation.nowUs, EventKind.reject, request);
  }

  finish(): EventColumns {
    return {
      count: this.step.length,
      step: Float64Array.from(this.step),
      timeUs: Float64Array.from(this.timeUs),
      kind: Uint8Array.from(this.kind),
      request: Int32Array.from(this.request),
      dropped: this.dropped,
    };
  }

  private add(batch: Batch, kind: number, request: number): void {
    this.push(batch.step, batch.startUs, kind, request);
  }

  private push(step: number, timeUs: number, kind: number, request: number): void {
    if (this.step.length >= MOST_EVENTS) {
      this.dropped++;
      return;
    }
    this.step.push(step);
    this.timeUs.push(timeUs);
    this.kind.push(kind);
    this.request.push(request);
  }
}
