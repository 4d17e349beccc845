import { EntryFlag } from '../batch.ts';
import { Because, type Bound, DecisionKind } from '../decision.ts';
import type { OperatorTime } from '../gpu/cost.ts';
import { type StepLimit, stepLimit } from '../gpu/step-limit.ts';
import type { Fixed, Flips } from '../policy/policy.ts';
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
  /** What could have been decided otherwise about this request. */
  readonly alternatives: readonly Choice[];
  /** Why nothing could, where that is a question; null = something could, or it got what it wanted. */
  readonly fixed: Fixed | null;
}

/** Explains the step that `simulation.next()` has just launched. */
export function explainStep(simulation: Simulation, request: number): StepAnswer {
  const { sequences, policy } = simulation.engine;
  const { lastBatch: batch } = simulation;
  const { requests } = sequences;
  const hasArrived = request < simulation.arrived;
  const status = hasArrived ? sequences.status[request] : Status.future;
  const entry = entryOf(simulation, request);
  const state = entry >= 0 ? stateOfEntry(batch.flags[entry]) : stateOf(status);
  const ahead = policy.waiting().indexOf(request);
  const computed = entry >= 0 ? batch.computed[entry] : hasArrived ? sequences.computed[request] : 0;
  const tokens = entry >= 0 ? batch.tokens[entry] : 0;
  const operators = simulation.cost.explain(batch.shape);
  const answer = {
    request,
    step: batch.step,
    decidedUs: simulation.nowUs,
    startUs: batch.startUs,
    endUs: batch.endUs,
    state,
    ...ruleFor(simulation, request, state, ahead >= 0),
    ahead,
    tokens,
    computed,
    hasJoined: entry >= 0 && (batch.flags[entry] & EntryFlag.admitted) !== 0,
    bound: batch.bound,
    operators,
    limit: stepLimit(operators),
    batch: { requests: batch.count, prefillTokens: batch.prefillTokens, decodeTokens: batch.decodeTokens },
  };
  if (state === 'not-arrived') {
    const need = requests.arrivalUs[request] - simulation.nowUs;
    return { ...answer, need, have: 0, alternatives: [], fixed: null };
  }
  return { ...answer, ...flipsOf(simulation, answer) };
}

/** The choices that were open about the request: what `runWhatIf` can try. Where none is, what stands in the way. */
function flipsOf(simulation: Simulation, answer: Omit<StepAnswer, 'alternatives' | 'fixed'>): Open {
  const { policy } = simulation.engine;
  const { flips } = policy;
  const { state } = answer;
  const isWaiting = answer.ahead >= 0;
  if (flips === undefined) return isWaiting ? { alternatives: [], fixed: 'ownPolicy' } : nothing;
  if (state === 'passed-over') return isOnItsWay(answer.because) ? { alternatives: [], fixed: 'onItsWay' } : nothing;
  if (isWaiting) return flipsOfWaiting(simulation, answer, flips);
  return state === 'prefill' || state === 'recompute'
    ? { alternatives: flipsOfPrompt(simulation, answer, flips), fixed: null }
    : nothing;
}

interface Open {
  readonly alternatives: readonly Choice[];
  readonly fixed: Fixed | null;
}
const nothing: Open = { alternatives: [], fixed: null };

function flipsOfWaiting(
  { engine }: Simulation,
  { request, state, because, subject }: Omit<StepAnswer, 'alternatives' | 'fixed'>,
  flips: Flips,
): Open {
  const { policy, sequences, decisions } = engine;
  const closed = (fixed: Fixed): Open => ({ alternatives: [], fixed });
  if (state === 'loading') return closed('onItsWay');
  for (let i = 0; i < decisions.count; i++) {
    if (decisions.kind[i] !== DecisionKind.preempt || decisions.request[i] !== request) continue;
    const hasOther = policy.running.some((other) => sequences.status[other] === Status.running);
    return hasOther ? { alternatives: [{ kind: 'spare', request }], fixed: null } : closed('nobodyElse');
  }
  const fixed = flips.fixed(because, request);
  if (fixed !== null) return closed(fixed);
  // Behind the head it may be smaller, and fit.
  if (subject === request && !flips.preempts && isWantOfBlocks(because)) return closed('neverTakesBack');
  return { alternatives: [{ kind: 'admit', request }], fixed: null };
}

function flipsOfPrompt(
  simulation: Simulation,
  { request, tokens, hasJoined }: Omit<StepAnswer, 'alternatives' | 'fixed'>,
  { chunkUnit, batchSize }: Flips,
): Choice[] {
  const { policy, decisions, sequences } = simulation.engine;
  const { lastBatch: batch } = simulation;
  const found: Choice[] = [];
  if (hasJoined && batchSize !== undefined) {
    let hasWaited = false;
    for (let i = 0; i < decisions.count; i++) hasWaited ||= decisions.because[i] === Because.batchNotFull;
    if (hasWaited) found.push({ kind: 'start', request });
    const mayCome = simulation.arrived < sequences.requests.count && policy.waitingCount === 0;
    if (mayCome && batch.count < batchSize) found.push({ kind: 'wait', request });
  }
  // With nobody else in the batch the GPU would be idle for nothing.
  if (hasJoined && batch.count > 1) found.push({ kind: 'hold', request });
  const half = Math.ceil(tokens / 2);
  if (chunkUnit > 0 && tokens > 1 && half >= chunkUnit) found.push({ kind: 'chunk', request, tokens: half });
  return found;
}

function isWantOfBlocks(because: Because): boolean {
  return because === Because.noBlocks || because === Because.fullPrompt || because === Because.wholeOutput;
}

function isOnItsWay(because: Because): boolean {
  return because === Because.inFlight || because === Because.endsInFlight;
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

/** The decision that concerns the request: its own; while it waits, the one about the head; else what kept its share of the step small. */
function ruleFor(simulation: Simulation, request: number, state: StepState, isWaiting: boolean): Rule {
  const { decisions, sequences } = simulation.engine;
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
  if (rule === null || rule.because === Because.none) return ruleOfStep(simulation, request, state, isWaiting);
  // A budget that was used up before anybody asked: the head would have asked for this.
  const isUnsaid = rule.need === 0 && (rule.because === Because.tokenBudget || rule.because === Because.inputBudget);
  return isUnsaid ? { ...rule, need: sequences.known(rule.subject) - sequences.computed[rule.subject] } : rule;
}

/** No decision speaks of the request: what the step as a whole says. */
function ruleOfStep(simulation: Simulation, request: number, state: StepState, isWaiting: boolean): Rule {
  const { lastBatch: batch } = simulation;
  const { sequences, limits, policy, memory, config } = simulation.engine;
  const none: Rule = { because: Because.none, need: 0, have: 0, subject: request };
  const rest = sequences.known(request) - sequences.computed[request];
  switch (state) {
    case 'prefill':
    case 'recompute': {
      if (rest <= 0) return none;
      const entry = entryOf(simulation, request);
      const isLong = batch.tokens[entry] === limits.longPrefillTokenThreshold;
      return { ...none, because: isLong ? Because.longPrefill : Because.tokenBudget, need: rest };
    }
    case 'passed-over': {
      // Where steps overlap, a token on its way keeps nobody from the next one.
      if (!config.asyncScheduling && sequences.inFlight[request] > 0) return { ...none, because: Because.inFlight };
      if (batch.prefillTokens > 0 && batch.decodeTokens === 0) return { ...none, because: Because.standsStill };
      const because = ruleOfBound(batch.bound);
      return { ...none, because: because === Because.none ? Because.notItsTurn : because, need: rest };
    }
    default: {
      if (!isWaiting) return none;
      const subject = policy.waiting()[0];
      const because = ruleOfBound(batch.bound);
      const need = sequences.known(subject) - sequences.computed[subject];
      if (because === Because.seats) return { because, need: 1, have: limits.maxNumSeqs, subject };
      if (because !== Because.noBlocks) return { because, need, have: 0, subject };
      return { because, need: memory.blocksFor(sequences.known(subject), 0), have: memory.freeBlocks, subject };
    }
  }
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
