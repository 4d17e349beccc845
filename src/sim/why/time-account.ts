import { type Batch, EntryFlag } from '../batch.ts';
import { Because, DecisionKind } from '../decision.ts';
import { VllmPolicy } from '../policy/vllm.ts';
import { Status } from '../request.ts';
import type { Observer, Simulation } from '../simulation.ts';
import { Part, partNames, QUEUE_PARTS, queuePart, ruleOfBound } from './parts.ts';

const PARTS = partNames.length;

/**
 * Collects, for every request that arrives while it listens, where its time from arrival to finish went. The parts of a
 * request sum to its end-to-end latency exactly, in whole microseconds.
 *
 * Waiting costs nothing per request and step: a clock a rule says how long heads were held by it so far, and a request's
 * share is what the clocks gained between its arrival and its admission.
 */
export class TimeAccounts implements Observer {
  /** First request that is accounted for; those before it had arrived when the collector was attached. */
  private first = -1;
  /** Requests seen so far. */
  private seen = 0;
  /** `PARTS` numbers a request. */
  private parts = new Float64Array(0);
  /** The same up to its first token. */
  private partsToFirst = new Float64Array(0);
  /** Until when a request's time is accounted for. */
  private markUs = new Float64Array(0);
  /** Preemptions of the request that its last accounted batch knew of; -1 before its first batch. */
  private epoch = new Int32Array(0);
  /** Preemptions of the request that were taken note of; a log may be read twice. */
  private preemptionsSeen = new Int32Array(0);
  /** 1 = ended, and accounted for. */
  private closed = new Uint8Array(0);
  /** Requests whose KV is on its way. */
  private readonly loading = new Set<number>();
  private readonly clocks = new Float64Array(QUEUE_PARTS);
  private clockPart: Part = Part.queueOther;
  private clockUs = 0;

  /** Tells the collector where a run that is under way stands. Without it the first step counts as the start. */
  begin(simulation: Simulation): void {
    this.first = simulation.arrived;
    this.seen = simulation.arrived;
    this.clockUs = simulation.nowUs;
  }

  launched(simulation: Simulation, batch: Batch): void {
    this.asked(simulation);
    for (let i = 0; i < batch.count; i++) {
      const request = batch.request[i];
      const row = request - this.first;
      if (row < 0 || this.epoch[row] >= 0 || (batch.flags[i] & EntryFlag.admitted) === 0) continue;
      const at = row * PARTS;
      this.stopWaiting(row);
      this.parts[at + Part.queueInFlight] += batch.startUs - simulation.nowUs;
      this.markUs[row] = batch.startUs;
      this.epoch[row] = batch.epoch[i];
    }
    this.clockPart = queuePart(this.holdOf(simulation, ruleOfBound(batch.bound)));
  }

  stalled(simulation: Simulation): void {
    this.asked(simulation);
    this.clockPart = queuePart(this.holdOf(simulation, Because.none));
  }

  completed(simulation: Simulation, batch: Batch): void {
    const { sequences } = simulation.engine;
    for (let i = 0; i < batch.count; i++) {
      const request = batch.request[i];
      const row = request - this.first;
      if (row < 0 || this.closed[row] === 1) continue;
      const at = row * PARTS;
      const isBack = batch.epoch[i] !== this.epoch[row];
      // In a pipeline a chunk may follow the one before it while that is in a later stage: what they share was the first one's.
      const fromUs = Math.max(batch.startUs, this.markUs[row]);
      const transferUs = Math.min(batch.transferUs, batch.endUs - fromUs);
      this.parts[at + (isBack ? Part.preempted : Part.passedOver)] += fromUs - this.markUs[row];
      this.parts[at + Part.transfer] += transferUs;
      this.parts[at + partOf(batch.flags[i])] += batch.endUs - fromUs - transferUs;
      this.markUs[row] = batch.endUs;
      this.epoch[row] = batch.epoch[i];
      if (sequences.firstTokenUs[request] === batch.endUs) {
        this.partsToFirst.set(this.parts.subarray(at, at + PARTS), at);
      }
      if (sequences.status[request] === Status.finished) this.closed[row] = 1;
    }
  }

  idle(): void {}

  rejected(): void {}

  /** Microseconds by `Part`, in the order of `partNames`; null for a request that has not ended or was not seen from its arrival on. */
  of(request: number): Float64Array | null {
    return this.slice(this.parts, request);
  }

  /** The same for the time from arrival to the first token. */
  toFirstToken(request: number): Float64Array | null {
    return this.slice(this.partsToFirst, request);
  }

  private slice(parts: Float64Array, request: number): Float64Array | null {
    const row = request - this.first;
    if (this.first < 0 || row < 0 || request >= this.seen || this.closed[row] === 0) return null;
    return parts.slice(row * PARTS, (row + 1) * PARTS);
  }

  /** The scheduler has looked: the clock of the rule that held until now goes on, and arrivals start theirs. */
  private asked(simulation: Simulation): void {
    if (this.first < 0) {
      this.first = 0;
      this.clockUs = simulation.nowUs;
    }
    const { sequences, decisions } = simulation.engine;
    this.clocks[this.clockPart] += simulation.nowUs - this.clockUs;
    this.clockUs = simulation.nowUs;
    if (simulation.arrived > this.seen) this.reserve(simulation.arrived - this.first);
    for (; this.seen < simulation.arrived; this.seen++) {
      const row = this.seen - this.first;
      const at = row * PARTS;
      this.startWaiting(row);
      this.parts[at + Part.queueInFlight] += simulation.nowUs - sequences.requests.arrivalUs[this.seen];
      this.epoch[row] = -1;
    }
    if (this.loading.size > 0) this.endLoads(simulation);
    for (let i = 0; i < decisions.count; i++) {
      const kind = decisions.kind[i];
      if (kind === DecisionKind.hold && decisions.because[i] === Because.remoteKv) {
        this.beginLoad(simulation, decisions.request[i]);
      }
      if (kind !== DecisionKind.preempt) continue;
      const request = decisions.request[i];
      const row = request - this.first;
      // With a batch in flight the request is served until that batch ends.
      if (row < 0 || this.preemptionsSeen[row] === sequences.preemptions[request]) continue;
      this.preemptionsSeen[row] = sequences.preemptions[request];
      if (sequences.inFlight[request] > 0 || simulation.nowUs <= this.markUs[row]) continue;
      this.parts[row * PARTS + Part.passedOver] += simulation.nowUs - this.markUs[row];
      this.markUs[row] = simulation.nowUs;
    }
  }

  private startWaiting(row: number): void {
    for (let part = 0; part < QUEUE_PARTS; part++) this.parts[row * PARTS + part] -= this.clocks[part];
  }

  private stopWaiting(row: number): void {
    for (let part = 0; part < QUEUE_PARTS; part++) this.parts[row * PARTS + part] += this.clocks[part];
  }

  /** From now on the request waits for its KV and for nothing else; a log may be read twice. */
  private beginLoad(simulation: Simulation, request: number): void {
    const row = request - this.first;
    const { policy, sequences } = simulation.engine;
    const isLoaded = policy instanceof VllmPolicy && policy.connector?.isLoaded(request);
    if (row < 0 || sequences.status[request] !== Status.loading || isLoaded || this.loading.has(request)) return;
    this.loading.add(request);
    this.stopWaiting(row);
    this.markUs[row] = simulation.nowUs;
  }

  /** Whose KV is here waits in the queue again. */
  private endLoads(simulation: Simulation): void {
    const { policy, sequences } = simulation.engine;
    const connector = policy instanceof VllmPolicy ? policy.connector : null;
    for (const request of this.loading) {
      if (sequences.status[request] === Status.loading && connector?.isLoaded(request) !== true) continue;
      this.loading.delete(request);
      const row = request - this.first;
      this.parts[row * PARTS + Part.transfer] += simulation.nowUs - this.markUs[row];
      this.startWaiting(row);
    }
  }

  /** The rule that holds the head of the queue from now on. */
  private holdOf(simulation: Simulation, fallback: Because): Because {
    const { decisions } = simulation.engine;
    for (let i = decisions.count - 1; i >= 0; i--) {
      const because = decisions.because[i] as Because;
      // Whose KV is on its way holds nobody: the next one becomes the head.
      if (decisions.kind[i] === DecisionKind.hold && because !== Because.remoteKv) return because;
    }
    return fallback;
  }

  private reserve(rows: number): void {
    if (rows <= this.closed.length) return;
    const size = Math.max(rows, 1024, 2 * this.closed.length);
    const copy = <T extends Float64Array | Int32Array | Uint8Array>(to: T, from: T): T => {
      to.set(from);
      return to;
    };
    this.parts = copy(new Float64Array(size * PARTS), this.parts);
    this.partsToFirst = copy(new Float64Array(size * PARTS), this.partsToFirst);
    this.markUs = copy(new Float64Array(size), this.markUs);
    this.epoch = copy(new Int32Array(size), this.epoch);
    this.preemptionsSeen = copy(new Int32Array(size), this.preemptionsSeen);
    this.closed = copy(new Uint8Array(size), this.closed);
  }
}

function partOf(flags: number): Part {
  if ((flags & EntryFlag.recompute) !== 0) return Part.recompute;
  return (flags & EntryFlag.prefill) !== 0 ? Part.prefill : Part.decode;
}
