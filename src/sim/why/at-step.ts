import { EntryFlag } from '../batch.ts';
import { Because, type Bound, DecisionKind } from '../decision.ts';
import type { OperatorTime } from '../gpu/cost.ts';
import { type StepLimit, stepLimit } from '../gpu/step-limit.ts';
import { Status } from '../request.ts';
import type { Simulation } from '../simulation.ts';
import type { Choice } from './choice.ts';
import { ruleOfBound } from './parts.ts';

/** What a request did in a step. */
export type StepState =
  | 'not-arrived'
  | 'waiting'
  | 'preempted'
  /** It waits for its KV from another instance. */
  | 'loading'
  | 'prefill'
  | 'decode'
  | 'recompute'
  /** It holds a seat and gets no token. */
  | 'passed-over'
  /** It has ended and still fills a row of its static batch. */
  | 'padding'
  | 'finished'
  | 'rejected';

/** Why a request did in a step what it did. Numbers are in the unit of the rule (`decision.ts`). */
export interface StepAnswer {
  readonly request: number;
  readonly step: number;
  /** When the scheduler decided, and when the step ran. */
  readonly decidedUs: number;
  readonly startUs: number;
  readonly endUs: number;
  readonly state: StepState;
  readonly because: Because;
  readonly need: number;
  readonly have: number;
  /** The request that the rule speaks of: the head it waits behind, or the one that took its blocks; else itself. */
  readonly subject: number;
  /** Requests that wait before it; -1 if it does not wait. */
  readonly ahead: number;
  /** Tokens it computes in the step, on top of how many, and whether it joined in this step. */
  readonly tokens: number;
  readonly computed: number;
  readonly hasJoined: boolean;
  /** What bound the step. */
  readonly bound: Bound;
  /** Where the step's time went, and what most of it waited for; null for a step of no time. */
  readonly operators: readonly OperatorTime[];
  readonly limit: StepLimit | null;
  readonly batch: { readonly requests: number; readonly prefillTokens: number; readonly decodeTokens: number };
  /** What could have been decided otherwise, legally, about this request. */
  readonly alternatives: readonly Choice[];
}

/** Explains the step that `simulation.next()` has just launched. */
export function explainStep(simulation: Simulation, request: number): StepAnswer {
  const { sequences, policy } = simulation.engine;
  const { lastBatch: batch } = simulation;
  const { requests } = sequences;
  const hasArrived = request < simulation.arrived;
  const status = hasArrived ? sequences.status[request] : Status.future;
  const entry = entryOf(simulation, request);
  const waiting = policy.waiting();
  const ahead = waiting.indexOf(request);
  const rule = ruleFor(simulation, request, ahead >= 0);
  const state = entry >= 0 ? stateOfEntry(batch.flags[entry]) : stateOf(status);
  const operators = simulation.cost.explain(batch.shape);
  const answer = {
    request,
    step: batch.step,
    decidedUs: simulation.nowUs,
    startUs: batch.startUs,
    endUs: batch.endUs,
    state,
    ...rule,
    ahead,
    tokens: entry >= 0 ? batch.tokens[entry] : 0,
    computed: entry >= 0 ? batch.computed[entry] : hasArrived ? sequences.computed[request] : 0,
    hasJoined: entry >= 0 && (batch.flags[entry] & EntryFlag.admitted) !== 0,
    bound: batch.bound,
    operators,
    limit: stepLimit(operators),
    batch: { requests: batch.count, prefillTokens: batch.prefillTokens, decodeTokens: batch.decodeTokens },
  };
  if (state === 'not-arrived') {
    return { ...answer, need: requests.arrivalUs[request] - simulation.nowUs, have: 0, alternatives: [] };
  }
  return { ...answer, alternatives: alternatives(simulation, answer) };
}

/** The choices that were open about the request: what `runWhatIf` can try. */
function alternatives(simulation: Simulation, answer: Omit<StepAnswer, 'alternatives'>): Choice[] {
  const { config, policy, decisions, sequences } = simulation.engine;
  const { lastBatch: batch } = simulation;
  if (config.policy !== 'vllm') return [];
  const found: Choice[] = [];
  const { request, state } = answer;
  const waiting = policy.waiting();
  // Somebody behind the head could have been tried; for the head itself that is no help but still a choice.
  if (state === 'waiting' && batch.preemptions === 0 && waiting.length > 1 && isHeldForRoom(answer.because)) {
    found.push({ kind: 'skip-head', request: waiting[0] });
  }
  // With nobody else in the batch a denial would leave the GPU idle for nothing.
  if (answer.hasJoined && batch.count > 1) found.push({ kind: 'deny', request });
  const isPrefill = state === 'prefill' || state === 'recompute';
  if (isPrefill && config.enableChunkedPrefill && answer.tokens > 1) {
    found.push({ kind: 'chunk', request, tokens: Math.ceil(answer.tokens / 2) });
  }
  if (state === 'preempted') {
    for (let i = 0; i < decisions.count; i++) {
      if (decisions.kind[i] !== DecisionKind.preempt || decisions.request[i] !== request) continue;
      const others = policy.running.filter((r) => r !== request && sequences.status[r] === Status.running);
      const newest = others.at(-1);
      if (newest !== undefined) found.push({ kind: 'victim', request: newest });
    }
  }
  return found;
}

function isHeldForRoom(because: Because): boolean {
  return because === Because.noBlocks || because === Because.fullPrompt || because === Because.watermark;
}

function entryOf(simulation: Simulation, request: number): number {
  const { lastBatch: batch } = simulation;
  for (let i = 0; i < batch.count; i++) if (batch.request[i] === request) return i;
  return -1;
}

interface Rule {
  readonly because: Because;
  readonly need: number;
  readonly have: number;
  readonly subject: number;
}

/** The decision that concerns the request: its own, or, while it waits, the one about the head. */
function ruleFor(simulation: Simulation, request: number, isWaiting: boolean): Rule {
  const { decisions } = simulation.engine;
  let rule: Rule | null = null;
  for (let i = 0; i < decisions.count; i++) {
    const kind = decisions.kind[i];
    const isOwn = decisions.request[i] === request;
    const isHold = kind === DecisionKind.hold && isWaiting && decisions.because[i] !== Because.remoteKv;
    if (!isOwn && !isHold) continue;
    const other = decisions.other[i];
    const found: Rule = {
      because: decisions.because[i] as Because,
      need: decisions.need[i],
      have: decisions.have[i],
      subject: other >= 0 ? other : decisions.request[i],
    };
    // Why it lost its blocks says more than why nobody is let in afterwards.
    if (isOwn && kind === DecisionKind.preempt) return found;
    rule = found;
  }
  if (rule !== null) return rule;
  const because = isWaiting ? ruleOfBound(simulation.lastBatch.bound) : Because.none;
  return { because, need: 0, have: 0, subject: request };
}

function stateOfEntry(flags: number): StepState {
  if ((flags & EntryFlag.idle) !== 0) return 'padding';
  if ((flags & EntryFlag.recompute) !== 0) return 'recompute';
  return (flags & EntryFlag.prefill) !== 0 ? 'prefill' : 'decode';
}

function stateOf(status: number): StepState {
  switch (status) {
    case Status.future:
      return 'not-arrived';
    case Status.waiting:
      return 'waiting';
    case Status.preempted:
      return 'preempted';
    case Status.loading:
      return 'loading';
    case Status.rejected:
      return 'rejected';
    case Status.running:
      return 'passed-over';
    default:
      return 'finished';
  }
}
