/**
 * From the first decision that differs between two runs to the request whose latency changed most.
 *
 * The chain is defined so that each of its statements can be checked in the runs:
 *
 * - *Root*: the first step that differs, and in it the request whose share of tokens differs most (of equal ones the
 *   first in scheduling order).
 * - *Target*: of the requests that finish in both runs with as many tokens, the one whose end-to-end latency changed most.
 * - *Milestones* of a request: the start of its first batch, and the end of each batch that gives it a token. Its *gain*
 *   at a milestone is how much longer the way there from the milestone before took in B than in A.
 * - A *link* is a request at one milestone: of the target the one with the largest gain towards its change, of the
 *   others the one with the largest gain either way. Its *cause* is what held it in the run in which it came later: the
 *   rule that held the queue, a preemption, or a step that took long; and who stood in its way there.
 * - The link before it is that other request, at a milestone up to then. The causes of the links go back in time, so
 *   the chain ends: at the root, or where the one in the way has no gain of its own that is at least a tenth of the
 *   gain that it should explain. Then nothing but the shifted times
 *   of the steps between connects it with the root, and `reachesRoot` is false.
 *
 * What it leaves out: a delay has many causes, and a chain follows one of each.
 */

import { type Batch, EntryFlag } from '../batch.ts';
import { type Because, Bound, DecisionKind } from '../decision.ts';
import { isSameStep } from '../first-difference.ts';
import type { Outcomes } from '../metrics/result.ts';
import { Status } from '../request.ts';
import type { Simulation } from '../simulation.ts';
import { explainStep, type StepAnswer } from './at-step.ts';
import { type Service, StepLog } from './step-log.ts';

export type Side = 'a' | 'b';

/** The request whose end-to-end latency changed most. */
export interface ChainTarget {
  readonly request: number;
  readonly wasUs: number;
  readonly isUs: number;
}

export interface ChainRoot {
  readonly step: number;
  /** When it starts, in the run in which it starts first. */
  readonly timeUs: number;
  /** The request whose share differs most; -1 where the shares are the same and only the times differ. */
  readonly request: number;
  /** What it did there in each run; null where the run has no such step, or where nobody's share differs. */
  readonly a: StepAnswer | null;
  readonly b: StepAnswer | null;
  /** How long the step takes in each run; NaN where there is none. */
  readonly durationUs: Readonly<Record<Side, number>>;
}

/** Where a milestone lies in a run. */
export interface Place {
  readonly step: number;
  /** Start of the batch for a start, its end for a token. */
  readonly timeUs: number;
}

export interface ChainCause {
  /** The run in which the milestone came later, and the step that says why. */
  readonly side: Side;
  readonly step: number;
  readonly kind: 'held' | 'bound' | 'preempted' | 'passed-over' | 'long-step';
  /** The rule of a hold, with its numbers and whom it holds: the request itself or the head that it waits behind. */
  readonly because: Because;
  readonly need: number;
  readonly have: number;
  readonly head: number;
  /** What kept the step from doing more. */
  readonly bound: Bound;
  /** How long the step took. */
  readonly durationUs: number;
  /** Who stood in the way; -1 = nobody in particular. And the prompt tokens that it computed in the step. */
  readonly blocker: number;
  readonly blockerTokens: number;
}

export interface ChainLink {
  readonly request: number;
  /** The number of the token that came, from 1; 0 = the request started, `LAST_TOKEN` = its last one, whose number differs. */
  readonly token: number;
  readonly a: Place;
  readonly b: Place;
  /** Longer in B than in A: from the milestone before, and from the request's arrival. */
  readonly gainUs: number;
  readonly delayUs: number;
  readonly cause: ChainCause;
}

export interface CausalChain {
  readonly root: ChainRoot;
  /** Oldest first; the last one is the target's. Empty where the runs are too long to be followed from the root to the target. */
  readonly links: readonly ChainLink[];
  readonly reachesRoot: boolean;
  readonly target: ChainTarget;
}

/** With drafts the last batch gives more tokens in one run than in the other. */
export const LAST_TOKEN = -1;
/** A gain that is a smaller share of the one it should explain does not. */
const LEAST_SHARE = 0.1;
/** A longer chain is no explanation. */
const MOST_LINKS = 6;
/** Steps between two pauses. */
const STEPS_A_TURN = 64;

/** Null where no request that finishes in both runs has changed. */
export function mostChanged(
  a: Pick<Outcomes, 'count' | 'status' | 'arrivalUs' | 'finishUs' | 'outputTokens'>,
  b: Pick<Outcomes, 'count' | 'status' | 'arrivalUs' | 'finishUs' | 'outputTokens'>,
): ChainTarget | null {
  let found: ChainTarget | null = null;
  for (let request = 0; request < Math.min(a.count, b.count); request++) {
    if (a.status[request] !== Status.finished || b.status[request] !== Status.finished) continue;
    // An answer that is cut short in one of them is another answer.
    if (a.outputTokens[request] !== b.outputTokens[request]) continue;
    const wasUs = a.finishUs[request] - a.arrivalUs[request];
    const isUs = b.finishUs[request] - b.arrivalUs[request];
    const most = found === null ? 0 : Math.abs(found.isUs - found.wasUs);
    if (Math.abs(isUs - wasUs) > most) found = { request, wasUs, isUs };
  }
  return found;
}

/**
 * Follows the chain; pauses now and then so that others get a turn.
 * @param a a fresh simulation of the run before, in which single steps can be seen; `b` of the run after
 * @param from a step up to which the two are known to be the same; 0 always is
 */
export function* causalChain(
  a: Simulation,
  b: Simulation,
  target: ChainTarget,
  from = 0,
): Generator<void, CausalChain | null> {
  for (const simulation of [a, b]) {
    simulation.engine.policy.watch(false);
    while (simulation.steps < from && simulation.next()) if (simulation.steps % STEPS_A_TURN === 0) yield;
    simulation.engine.policy.watch(true);
  }
  let hasStep = { a: a.next(), b: b.next() };
  while (hasStep.a && hasStep.b && isSameStep(a.lastBatch, b.lastBatch)) {
    if (a.steps % STEPS_A_TURN === 0) yield;
    hasStep = { a: a.next(), b: b.next() };
  }
  if (!hasStep.a && !hasStep.b) return null;
  const root = rootOf(hasStep.a ? a : null, hasStep.b ? b : null);
  const logs = { a: new StepLog(root.step), b: new StepLog(root.step) };
  for (const [simulation, side] of [[a, 'a'] as const, [b, 'b'] as const]) {
    const log = logs[side];
    for (let has = hasStep[side]; has && !log.isFull; has = simulation.next()) {
      log.push(simulation);
      if (hasEnded(simulation, target.request)) break;
      if (simulation.steps % STEPS_A_TURN === 0) yield;
    }
    if (log.isFull) return { root, links: [], reachesRoot: false, target };
  }
  const { requests } = a.engine.sequences;
  return { root, target, ...follow(logs, root, target, (r) => requests.promptTokens[r]) };
}

function hasEnded({ engine, arrived }: Simulation, request: number): boolean {
  return request < arrived && engine.sequences.status[request] === Status.finished;
}

function rootOf(a: Simulation | null, b: Simulation | null): ChainRoot {
  const batches = [a, b].flatMap((simulation) => (simulation === null ? [] : [simulation.lastBatch]));
  const request = mostDifferent(a?.lastBatch ?? null, b?.lastBatch ?? null);
  const explain = (simulation: Simulation | null) =>
    simulation === null || request < 0 ? null : explainStep(simulation, request);
  const durationUs = (simulation: Simulation | null) =>
    simulation === null ? Number.NaN : simulation.lastBatch.endUs - simulation.lastBatch.startUs;
  return {
    step: batches[0].step,
    timeUs: Math.min(...batches.map((batch) => batch.startUs)),
    request,
    a: explain(a),
    b: explain(b),
    durationUs: { a: durationUs(a), b: durationUs(b) },
  };
}

/** The request whose number of tokens differs most between two steps; -1 where none does. */
function mostDifferent(a: Batch | null, b: Batch | null): number {
  const tokens = new Map<number, number>();
  for (const [batch, sign] of [[a, -1] as const, [b, 1] as const]) {
    for (let i = 0; i < (batch?.count ?? 0); i++) {
      const request = batch?.request[i] ?? -1;
      tokens.set(request, (tokens.get(request) ?? 0) + sign * (batch?.tokens[i] ?? 0));
    }
  }
  let most = -1;
  for (const [request, difference] of tokens) {
    if (Math.abs(difference) > Math.abs(tokens.get(most) ?? 0)) most = request;
  }
  return most;
}

interface Milestone {
  readonly token: number;
  readonly a: Place;
  readonly b: Place;
  readonly gainUs: number;
  readonly delayUs: number;
  /** Step of the milestone before, by run; -1 = before the log. */
  readonly before: Readonly<Record<Side, number>>;
}

type Logs = Readonly<Record<Side, StepLog>>;

function follow(
  logs: Logs,
  root: ChainRoot,
  target: ChainTarget,
  promptTokens: (request: number) => number,
): Pick<CausalChain, 'links' | 'reachesRoot'> {
  const links: ChainLink[] = [];
  const seen = new Set<number>();
  const way = Math.sign(target.isUs - target.wasUs);
  let request = target.request;
  /** When the cause of the link behind began; only what came before it can be a cause of that. */
  let untilUs = Number.POSITIVE_INFINITY;
  while (links.length < MOST_LINKS) {
    seen.add(request);
    const isTarget = request === target.request;
    const leastUs = isTarget ? 0 : LEAST_SHARE * Math.abs(links[0].gainUs);
    const open = milestonesOf(logs, request, promptTokens(request), isTarget).filter(
      ({ gainUs, a, b }) =>
        (isTarget ? way * gainUs > 0 : Math.abs(gainUs) >= leastUs) && Math.min(a.timeUs, b.timeUs) <= untilUs,
    );
    const found = open.reduce<Milestone | null>(
      (best, each) => (best === null || Math.abs(each.gainUs) > Math.abs(best.gainUs) ? each : best),
      null,
    );
    if (found === null) break;
    const { before, ...milestone } = found;
    const cause = causeOf(logs, request, found);
    const startUs = logs[cause.side].startOf(cause.step);
    if (startUs >= untilUs) break;
    links.unshift({ request, ...milestone, cause });
    untilUs = startUs;
    if (cause.step === root.step || cause.blocker < 0 || seen.has(cause.blocker)) break;
    request = cause.blocker;
  }
  const [first] = links;
  return { links, reachesRoot: first !== undefined && isAtRoot(first, root) };
}

/** Whether the link's cause is the step that differs first, or what the request of the root did in it. */
function isAtRoot({ request, cause, a, b }: ChainLink, root: ChainRoot): boolean {
  return cause.step === root.step || (request === root.request && Math.min(a.step, b.step) === root.step);
}

/** What a request reaches in both runs, in order. `isToEnd`: both logs reach to its end. */
function milestonesOf(logs: Logs, request: number, promptTokens: number, isToEnd: boolean): Milestone[] {
  const services = { a: logs.a.servicesOf(request), b: logs.b.servicesOf(request) };
  const places = { a: placesOf(services.a, promptTokens), b: placesOf(services.b, promptTokens) };
  const found: Milestone[] = [];
  let delayUs = 0;
  let before: Record<Side, number> = { a: -1, b: -1 };
  const shared = [...places.a].flatMap(([token, a]) => {
    const b = places.b.get(token);
    return b === undefined ? [] : [{ token, a, b }];
  });
  const [lastA, lastB] = [services.a.at(-1), services.b.at(-1)];
  const last = shared.at(-1);
  if (isToEnd && lastA !== undefined && lastB !== undefined) {
    const [a, b] = [lastA, lastB].map(({ step, endUs }) => ({ step, timeUs: endUs }));
    if (last?.a.step !== a.step || last.b.step !== b.step) shared.push({ token: LAST_TOKEN, a, b });
  }
  for (const { token, a, b } of shared) {
    const laterUs = b.timeUs - a.timeUs;
    found.push({ token, a, b, gainUs: laterUs - delayUs, delayUs: laterUs, before });
    delayUs = laterUs;
    before = { a: a.step, b: b.step };
  }
  return found;
}

/** By token number; 0 is the start, unless it lies before the log. */
function placesOf(services: readonly Service[], promptTokens: number): Map<number, Place> {
  const places = new Map<number, Place>();
  const [first] = services;
  if (first !== undefined && (first.flags & EntryFlag.admitted) !== 0) {
    places.set(0, { step: first.step, timeUs: first.startUs });
  }
  for (const { step, endUs, context, flags } of services) {
    const token = context - promptTokens + 1;
    if ((flags & EntryFlag.samples) !== 0 && token > 0 && !places.has(token))
      places.set(token, { step, timeUs: endUs });
  }
  return places;
}

function causeOf(logs: Logs, request: number, milestone: Milestone): ChainCause {
  const side: Side = milestone.gainUs > 0 ? 'b' : 'a';
  const other: Side = side === 'a' ? 'b' : 'a';
  const slow = logs[side];
  return milestone.token === 0
    ? causeOfWait(slow, logs[other], side, request, milestone[side], milestone[other])
    : causeOfGap(slow, side, request, milestone.before[side], milestone[side]);
}

/** Why it was not taken when it was in the other run: the rule that held the queue then, or the step that ran. */
function causeOfWait(slow: StepLog, fast: StepLog, side: Side, request: number, late: Place, early: Place): ChainCause {
  const asked = slow.firstDecided(fast.decisionOf(early.step));
  const step = Math.max(slow.firstStep, Math.min(asked, late.step - 1));
  // It was there when the step was put together, and had to stay outside.
  const isHeld = asked < late.step;
  const hold = isHeld ? slow.decisionsOf(step).findLast(({ kind }) => kind === DecisionKind.hold) : undefined;
  if (hold === undefined) {
    if (!isHeld || slow.boundOf(step) === Bound.nothingLeft) return longStep(slow, side, request, step, 'long-step');
    const last = slow.entriesOf(step).findLast(({ flags }) => (flags & EntryFlag.admitted) !== 0);
    const blocker = last?.request ?? holderOf(slow, fast, request, step);
    const blockerTokens = promptTokensIn(slow, step, blocker);
    return { ...longStep(slow, side, request, step, 'bound'), blocker, blockerTokens };
  }
  const isBehind = hold.request !== request;
  const blocker = isBehind ? hold.request : holderOf(slow, fast, request, step);
  return {
    ...longStep(slow, side, request, step, 'held'),
    because: hold.because,
    need: hold.need,
    have: hold.have,
    head: hold.request,
    blocker,
    blockerTokens: promptTokensIn(slow, step, blocker),
  };
}

/** Who takes part in the step but not in what runs at the same time in the other run: the one with the longest context. */
function holderOf(slow: StepLog, fast: StepLog, request: number, step: number): number {
  const same = fast.at(slow.startOf(step));
  const there = new Set(same < 0 ? [] : fast.entriesOf(same).map((entry) => entry.request));
  let holder = -1;
  let longest = 0;
  for (const entry of slow.entriesOf(step)) {
    if (entry.request === request || there.has(entry.request) || entry.context <= longest) continue;
    holder = entry.request;
    longest = entry.context;
  }
  return holder;
}

/** Why the next token took longer: a preemption, steps without it, or a step that took long. */
function causeOfGap(slow: StepLog, side: Side, request: number, before: number, late: Place): ChainCause {
  const first = Math.max(slow.firstStep, before + 1);
  let longest = late.step;
  for (let step = first; step <= late.step; step++) {
    const loss = slow
      .decisionsOf(step)
      .find(({ kind, request: whose }) => kind === DecisionKind.preempt && whose === request);
    if (loss !== undefined) {
      const { because, need, have, other } = loss;
      const blocker = other === request ? -1 : other;
      const blockerTokens = promptTokensIn(slow, step, blocker);
      return {
        ...longStep(slow, side, request, step, 'preempted'),
        because,
        need,
        have,
        blocker,
        blockerTokens,
      };
    }
    if (slow.endOf(step) - slow.startOf(step) > slow.endOf(longest) - slow.startOf(longest)) longest = step;
  }
  const takesPart = slow.entriesOf(longest).some((entry) => entry.request === request);
  return longStep(slow, side, request, longest, takesPart ? 'long-step' : 'passed-over');
}

/** A step whose length is the cause; the longest prompt chunk in it made it long. */
function longStep(slow: StepLog, side: Side, request: number, step: number, kind: ChainCause['kind']): ChainCause {
  let blocker = -1;
  let blockerTokens = 0;
  for (const entry of slow.entriesOf(step)) {
    if ((entry.flags & EntryFlag.prefill) === 0 || entry.tokens <= blockerTokens) continue;
    blocker = entry.request;
    blockerTokens = entry.tokens;
  }
  // Its own prompt was the longest: nobody stood in its way.
  if (blocker === request) blocker = -1;
  const durationUs = slow.endOf(step) - slow.startOf(step);
  const rule = { because: 0, need: 0, have: 0, head: -1 } as const;
  return {
    side,
    step,
    kind,
    ...rule,
    bound: slow.boundOf(step),
    durationUs,
    blocker,
    blockerTokens: blocker < 0 ? 0 : blockerTokens,
  };
}

function promptTokensIn(log: StepLog, step: number, request: number): number {
  const entry = log.entriesOf(step).find((each) => each.request === request);
  return entry === undefined || (entry.flags & EntryFlag.prefill) === 0 ? 0 : entry.tokens;
}
