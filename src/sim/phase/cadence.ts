import type { EngineConfig } from '../engine-config.ts';
import type { Sequences } from '../sequences.ts';

/**
 * Which steps a request may take part in, beside all budgets, after vLLM's scheduler (V1, main of 2026-08-17).
 *
 * Prefill throttle (data parallelism, `--prefill-schedule-interval` N): ranks that step together should prefill
 * together, so on steps not divisible by N prefills wait, if anybody decodes and the last step that did prefill left
 * nobody waiting. Decode cadence (pipeline with asynchronous scheduling): a request that samples in one call of the
 * scheduler is not scheduled again before so many calls later, so that its token has left the last stage.
 */
export class Cadence {
  private readonly interval: number;
  private readonly decodeCadence: number;
  private readonly sequences: Sequences;
  private calls = 0;
  private leftWaiting = false;
  /** First call in which a request may be scheduled again. */
  private readonly eligible = new Map<number, number>();

  constructor(config: EngineConfig, sequences: Sequences) {
    this.interval = config.prefillScheduleInterval;
    this.decodeCadence = config.decodeCadence;
    this.sequences = sequences;
  }

  /** The scheduler is called. True if it must leave prefills alone. */
  beginStep(step: number, running: readonly number[]): boolean {
    this.calls++;
    if (this.interval <= 1 || step % this.interval === 0 || this.leftWaiting) return false;
    return running.some((request) => this.sequences.isChunk[request] === 0);
  }

  /** An admission pass that did not spare prefills is over. */
  admitted(isAnybodyWaiting: boolean): void {
    this.leftWaiting = isAnybodyWaiting;
  }

  mayRun(request: number): boolean {
    return this.decodeCadence <= 1 || this.calls >= (this.eligible.get(request) ?? 0);
  }

  /** Whether a request waits for nothing but further calls. vLLM goes on calling its scheduler, with steps that compute nothing. */
  holds(running: readonly number[]): boolean {
    return this.decodeCadence > 1 && running.some((request) => !this.mayRun(request));
  }

  /** The request samples in this step. */
  samples(request: number): void {
    if (this.decodeCadence > 1) this.eligible.set(request, this.calls + this.decodeCadence);
  }

  forget(request: number): void {
    this.eligible.delete(request);
  }

  save(): CadenceState {
    return { calls: this.calls, leftWaiting: this.leftWaiting, eligible: [...this.eligible] };
  }

  restore(state: CadenceState): void {
    this.calls = state.calls;
    this.leftWaiting = state.leftWaiting;
    this.eligible.clear();
    for (const [request, call] of state.eligible) this.eligible.set(request, call);
  }
}

export interface CadenceState {
  readonly calls: number;
  readonly leftWaiting: boolean;
  readonly eligible: readonly (readonly [number, number])[];
}
