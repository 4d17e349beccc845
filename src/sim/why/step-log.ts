import { EntryFlag } from '../batch.ts';
import { type Because, type Bound, DecisionKind } from '../decision.ts';
import type { Simulation } from '../simulation.ts';

/** Entries that are kept at most: some hundred megabytes of two runs. */
const MOST_ENTRIES = 5_000_000;

/** A request's part in a step. */
export interface Service {
  readonly step: number;
  readonly startUs: number;
  readonly endUs: number;
  readonly tokens: number;
  /** Tokens of its sequence when the step ends, drafts aside. */
  readonly context: number;
  readonly flags: number;
}

/** A decision that kept a request from something. */
export interface LoggedDecision {
  readonly kind: number;
  readonly request: number;
  readonly because: Because;
  readonly need: number;
  readonly have: number;
  readonly other: number;
}

/** Most steps take no such decision. */
const none: readonly LoggedDecision[] = [];

/** Consecutive steps of a run as they were launched: when, for whom, and who was held, passed over or preempted. */
export class StepLog {
  readonly firstStep: number;
  /** When the scheduler was asked, and when the step ran. */
  private readonly decidedUs: number[] = [];
  private readonly startUs: number[] = [];
  private readonly endUs: number[] = [];
  /** Entries of step i are `entryStart[i] .. entryStart[i + 1] - 1`. */
  private readonly entryStart: number[] = [0];
  private request = new Int32Array(1024);
  private tokens = new Int32Array(1024);
  private context = new Int32Array(1024);
  private flags = new Uint8Array(1024);
  private readonly bounds: Bound[] = [];
  private readonly decisions: (readonly LoggedDecision[])[] = [];

  constructor(firstStep: number) {
    this.firstStep = firstStep;
  }

  get isFull(): boolean {
    return this.entryStart[this.entryStart.length - 1] > MOST_ENTRIES;
  }

  /** Takes down the step that `simulation.next()` has just launched. */
  push(simulation: Simulation): void {
    const { lastBatch: batch, engine } = simulation;
    const at = this.entryStart[this.entryStart.length - 1];
    if (at + batch.count > this.request.length) this.grow(at + batch.count);
    for (let i = 0; i < batch.count; i++) {
      this.request[at + i] = batch.request[i];
      this.tokens[at + i] = batch.tokens[i];
      this.context[at + i] = batch.computed[i] + batch.tokens[i] - batch.drafts[i];
      this.flags[at + i] = batch.flags[i];
    }
    this.decidedUs.push(simulation.nowUs);
    this.startUs.push(batch.startUs);
    this.endUs.push(batch.endUs);
    this.entryStart.push(at + batch.count);
    const { decisions } = engine;
    const kept: LoggedDecision[] = [];
    for (let i = 0; i < decisions.count; i++) {
      const kind = decisions.kind[i];
      if (kind !== DecisionKind.hold && kind !== DecisionKind.preempt && kind !== DecisionKind.skip) continue;
      kept.push({
        kind,
        request: decisions.request[i],
        because: decisions.because[i] as Because,
        need: decisions.need[i],
        have: decisions.have[i],
        other: decisions.other[i],
      });
    }
    this.bounds.push(batch.bound);
    this.decisions.push(kept.length === 0 ? none : kept);
  }

  startOf(step: number): number {
    return this.startUs[step - this.firstStep];
  }

  endOf(step: number): number {
    return this.endUs[step - this.firstStep];
  }

  /** What kept a step from doing more. */
  boundOf(step: number): Bound {
    return this.bounds[step - this.firstStep];
  }

  decisionsOf(step: number): readonly LoggedDecision[] {
    return this.decisions[step - this.firstStep];
  }

  /** When the scheduler was asked for a step. */
  decisionOf(step: number): number {
    return this.decidedUs[step - this.firstStep];
  }

  /** The first step that is decided at a time or later; one more than the last where there is none. */
  firstDecided(us: number): number {
    return this.firstStep + firstAt(this.decidedUs, us);
  }

  /** The step that runs at a time, or the last one that started before it; -1 where none has. */
  at(us: number): number {
    const next = firstAt(this.startUs, us + 1);
    return next === 0 ? -1 : this.firstStep + next - 1;
  }

  /** Who takes part in a step, in scheduling order. */
  entriesOf(step: number): readonly (Service & { readonly request: number })[] {
    const i = step - this.firstStep;
    const found: (Service & { readonly request: number })[] = [];
    for (let entry = this.entryStart[i]; entry < this.entryStart[i + 1]; entry++) {
      if ((this.flags[entry] & EntryFlag.idle) !== 0) continue;
      found.push({ request: this.request[entry], ...this.service(i, entry) });
    }
    return found;
  }

  /** All steps that a request takes part in. */
  servicesOf(request: number): readonly Service[] {
    const found: Service[] = [];
    for (let i = 0; i < this.startUs.length; i++) {
      for (let entry = this.entryStart[i]; entry < this.entryStart[i + 1]; entry++) {
        if (this.request[entry] !== request || (this.flags[entry] & EntryFlag.idle) !== 0) continue;
        found.push(this.service(i, entry));
      }
    }
    return found;
  }

  private service(i: number, entry: number): Service {
    return {
      step: this.firstStep + i,
      startUs: this.startUs[i],
      endUs: this.endUs[i],
      tokens: this.tokens[entry],
      context: this.context[entry],
      flags: this.flags[entry],
    };
  }

  private grow(entries: number): void {
    const size = Math.max(entries, 2 * this.request.length);
    const ints = (from: Int32Array): Int32Array<ArrayBuffer> => {
      const to = new Int32Array(size);
      to.set(from);
      return to;
    };
    const flags = new Uint8Array(size);
    flags.set(this.flags);
    this.request = ints(this.request);
    this.tokens = ints(this.tokens);
    this.context = ints(this.context);
    this.flags = flags;
  }
}

/** Place of the first time of a rising list that is not before `us`. */
function firstAt(timesUs: readonly number[], us: number): number {
  let low = 0;
  let high = timesUs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (timesUs[middle] >= us) high = middle;
    else low = middle + 1;
  }
  return low;
}
