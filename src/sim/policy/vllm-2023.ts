import type { Batch } from '../batch.ts';
import { Because, Bound, DecisionKind } from '../decision.ts';
import { createHostTier, type HostTier, type HostTierState } from '../memory/host-tier.ts';
import { Status } from '../request.ts';
import { IterationPolicy, type IterationState } from './iteration.ts';
import type { Fixed, PolicyContext } from './policy.ts';

/**
 * vLLM of 2023 (v0.1 to v0.4): prefills first. As long as a waiting prompt fits, a step is whole prompts only and the
 * decodes stand still; else it is one token for everybody who runs.
 *
 * With preemption by swap (PagedAttention paper, arXiv 2309.06180, section 4.5) a victim's blocks go to host memory, and
 * it goes on where it was as soon as they fit again. Until nobody is swapped out no prompt is begun, and nobody comes back
 * in a step that preempts. A victim that finds no room in host memory computes everything again.
 */
export class Vllm2023Policy extends IterationPolicy {
  /** Where blocks of preempted requests wait; null with preemption by recompute. */
  readonly host: HostTier | null;
  /** Requests that are swapped out, in order of arrival. */
  private readonly swapped: number[] = [];

  constructor(context: PolicyContext) {
    super(context);
    const { config } = context;
    this.host = config.preemption === 'swap' && config.hostBlocks > 0 ? createHostTier(config) : null;
  }

  override get hasWork(): boolean {
    return super.hasWork || this.swapped.length > 0;
  }

  override get waitingCount(): number {
    return super.waitingCount + this.swapped.length;
  }

  override get waitingHead(): number {
    return this.swapped[0] ?? super.waitingHead;
  }

  override waiting(): number[] {
    return [...this.swapped, ...super.waiting()];
  }

  override withhold(request: number): (() => void) | null {
    const at = this.swapped.indexOf(request);
    if (at < 0) return super.withhold(request);
    this.swapped.splice(at, 1);
    return () => {
      this.swapped.push(request);
      this.swapped.sort((a, b) => a - b);
    };
  }

  protected override fixed(request: number): Fixed | null {
    return this.swapped.includes(request) ? 'swappedOut' : null;
  }

  protected override fill(nowUs: number, batch: Batch): void {
    const isAnybodyOut = this.swapped.length > 0;
    if (!isAnybodyOut) this.admitPrompts(nowUs, batch);
    if (batch.count > 0) return;
    this.addDecodes(batch);
    if (!isAnybodyOut) return;
    if (batch.preemptions > 0) {
      this.hold(batch, Bound.blocks, Because.preemptedThisStep, 0, 0, this.swapped[0]);
    } else this.swapIn(batch, this.host);
  }

  override save(): Vllm2023State {
    return { ...super.save(), swapped: this.swapped.slice(), host: this.host?.save() ?? null };
  }

  override restore(saved: unknown): void {
    super.restore(saved);
    const state = saved as Vllm2023State;
    this.swapped.length = 0;
    this.swapped.push(...state.swapped);
    if (state.host !== null) this.host?.restore(state.host);
  }

  protected override keepsKv(batch: Batch, victim: number): boolean {
    const { sequences } = this.context;
    const transferUs = this.host?.swapOut(victim, sequences.tableLength[victim]) ?? null;
    if (transferUs === null) return false;
    batch.transferUs += transferUs;
    this.swapped.push(victim);
    this.swapped.sort((a, b) => a - b);
    return true;
  }

  protected override unqueue(request: number): void {
    const at = this.swapped.indexOf(request);
    if (at < 0) super.unqueue(request);
    else {
      this.swapped.splice(at, 1);
      this.host?.forget(request);
    }
  }

  /** Brings swapped requests back, first come, first served, with a place for their next token. */
  private swapIn(batch: Batch, host: HostTier | null): void {
    const { limits, sequences, memory, decisions } = this.context;
    while (host !== null && this.swapped.length > 0) {
      const request = this.swapped[0];
      if (this.running.length >= limits.maxNumSeqs) {
        this.hold(batch, Bound.seats, Because.seats, 1, limits.maxNumSeqs, request);
        return;
      }
      const computed = sequences.computed[request];
      const known = sequences.known(request);
      // Beside others one block more is wanted than it had, whether its next token begins a block or not.
      const grows = memory.blocksFor(known, 0) > host.blocksOf(request);
      const spare = this.running.length > 0 ? this.watermarkBlocks + (grows ? 0 : 1) : 0;
      if (!memory.admit(request, 0, known - computed, false, spare)) {
        const { because, need, have } = memory.failure;
        this.hold(batch, Bound.blocks, because, need, have, request);
        return;
      }
      this.swapped.shift();
      memory.filled(computed);
      batch.transferUs += host.swapIn(request);
      sequences.status[request] = Status.running;
      this.running.push(request);
      decisions.add(DecisionKind.resume, request, Because.none, sequences.tableLength[request], 0);
      this.addDecode(batch, request, 0, true);
    }
    if (this.queue.size > 0) this.hold(batch, batch.bound, Because.notItsTurn, 0, 0);
  }

  private admitPrompts(nowUs: number, batch: Batch): void {
    const { config, limits, sequences } = this.context;
    // The limit is never below the longest sequence: no prompt is split.
    const budget = Math.max(limits.maxNumBatchedTokens, config.maxModelLen);
    let total = 0;
    let longest = 0;
    while (this.queue.size > 0) {
      const request = this.queue.head();
      const tokens = sequences.known(request) - this.hitOf(request);
      const used = config.paddedPrefillBudget ? batch.count * longest : total;
      const wanted = config.paddedPrefillBudget ? (batch.count + 1) * Math.max(longest, tokens) : total + tokens;
      if (wanted > budget) {
        this.hold(batch, Bound.tokenBudget, Because.tokenBudget, tokens, budget - used);
        break;
      }
      if (!this.admitHead(nowUs, batch)) break;
      this.addPrefill(batch, request, tokens);
      total += tokens;
      longest = Math.max(longest, tokens);
    }
  }
}

interface Vllm2023State extends IterationState {
  readonly swapped: readonly number[];
  readonly host: HostTierState | null;
}
