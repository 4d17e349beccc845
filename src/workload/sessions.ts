import { type RequestSpec, RequestTable, type Segment } from '../sim/request.ts';
import type { Source } from '../sim/source.ts';
import { arrivalTimes } from './arrivals.ts';
import type { Bodies, Body } from './lengths.ts';
import type { People } from './people.ts';

export interface SessionOptions {
  /** Calls of all sessions together; only whole sessions are made, at least one. */
  readonly requests: number;
  /** Mean calls a second: sessions start as a Poisson process. 0 = all at time 0, or `clients` at once. */
  readonly ratePerS: number;
  /** Sessions at a time; the next one starts when one has ended. 0 = no limit. */
  readonly clients: number;
  readonly seed: number;
  /** Different prefixes. Sessions that follow each other have the same one, as a benchmark goes through its subjects. */
  readonly groups: number;
  /** Tokens with which every prompt of a group begins. */
  readonly prefixTokens: number;
  /** Calls from the first of a session to its last: each one's prompt is all that was said before, and a new question. */
  readonly turns: number;
  /** Calls that follow on each answer, at the same time. 1 = a conversation, more = a tree of thoughts. */
  readonly branches: number;
  /** How often all sessions are gone through, with the same prompts; a round starts when the one before has ended. */
  readonly rounds: number;
  /** Question and answer of a call, by its number. */
  readonly bodies: Bodies;
  /** Who leads each session; null = one user. */
  readonly people?: People | null;
}

interface Pending {
  readonly arrivalUs: number;
  readonly call: number;
}

interface Saved {
  readonly sent: number;
  readonly ended: number;
  readonly started: number;
  readonly open: readonly number[];
  readonly pending: readonly Pending[];
}

/**
 * Sessions of calls whose prompts begin alike: a shared prefix (a system prompt, examples), and what the session has said
 * so far. A call is made when the one before it is answered. Calls are numbered session by session and level by level, and
 * what a call says depends on its number alone, so every policy sees the same sessions. Calls of equal time are made in
 * order of their number.
 */
export function sessionSource(options: SessionOptions): Source {
  const { turns, branches, rounds, bodies } = options;
  const callsPerSession = treeSize(branches, turns);
  const sessions = Math.max(1, Math.floor(options.requests / callsPerSession));
  const callsPerRound = sessions * callsPerSession;
  const table = new RequestTable(callsPerRound * rounds);
  /** The call that each row of the table makes. */
  const callOf = new Int32Array(callsPerRound * rounds);
  const prompts = new SessionPrompts(options, callsPerSession, sessions);
  /** Rows sent, and calls ended, since the start or the last restore. */
  let sent = 0;
  let ended = 0;
  /** Sessions of this round that were started, of those that start when another ends. */
  let started = 0;
  /** Calls of each session that are not answered yet. */
  const open = new Int32Array(sessions);
  let pending: Pending[] = [];

  function ask(call: number, arrivalUs: number): void {
    let at = pending.length;
    while (at > 0 && isBefore({ arrivalUs, call }, pending[at - 1])) at--;
    pending.splice(at, 0, { arrivalUs, call });
  }

  function start(session: number, nowUs: number): void {
    open[session] = callsPerSession;
    ask(session * callsPerSession, nowUs);
  }

  function startRound(nowUs: number): void {
    started = options.clients > 0 ? Math.min(options.clients, sessions) : sessions;
    const isPoisson = options.ratePerS > 0 && options.clients === 0;
    const times = isPoisson
      ? arrivalTimes({ type: 'poisson', ratePerS: options.ratePerS / callsPerSession }, sessions, 0, options.seed)
      : null;
    for (let session = 0; session < started; session++) start(session, nowUs + (times?.[session] ?? 0));
  }

  function send({ arrivalUs, call }: Pending): void {
    const row = sent++;
    callOf[row] = call;
    // After a restore the rows that follow are in the table already.
    if (row >= table.count) table.push(prompts.request(call, arrivalUs, bodies));
  }

  startRound(0);
  return {
    requests: table,
    classes: ['request'],
    next(nowUs) {
      let due = 0;
      while (due < pending.length && pending[due].arrivalUs <= nowUs) send(pending[due++]);
      if (due > 0) pending = pending.slice(due);
      return pending.length > 0 ? pending[0].arrivalUs : Number.POSITIVE_INFINITY;
    },
    finished(request, nowUs) {
      const call = callOf[request];
      const session = Math.floor(call / callsPerSession);
      const node = call % callsPerSession;
      ended++;
      const firstChild = node * branches + 1;
      for (let child = firstChild; child < Math.min(firstChild + branches, callsPerSession); child++)
        ask(session * callsPerSession + child, nowUs);
      if (--open[session] === 0 && started < sessions) start(started++, nowUs);
      if (ended % callsPerRound === 0 && ended < callsPerRound * rounds) startRound(nowUs);
    },
    save(): Saved {
      return { sent, ended, started, open: [...open], pending: [...pending] };
    },
    restore(state) {
      // Only what `save` of this source returned ever comes back here.
      const saved = state as Saved;
      sent = saved.sent;
      ended = saved.ended;
      started = saved.started;
      open.set(saved.open);
      pending = [...saved.pending];
    },
  };
}

/** What calls ask. Streams of tokens: one for each group's prefix, then a question and an answer for each call. */
class SessionPrompts {
  private readonly options: SessionOptions;
  private readonly callsPerSession: number;
  private readonly sessions: number;
  private readonly body: Body = { promptTokens: 0, outputTokens: 0 };

  constructor(options: SessionOptions, callsPerSession: number, sessions: number) {
    this.options = options;
    this.callsPerSession = callsPerSession;
    this.sessions = sessions;
  }

  request(call: number, arrivalUs: number, bodies: Bodies): RequestSpec {
    const { groups, prefixTokens, branches } = this.options;
    const session = Math.floor(call / this.callsPerSession);
    const base = session * this.callsPerSession;
    const group = Math.floor((session * groups) / this.sessions);
    /** From the last call back to the first. */
    const line: number[] = [];
    for (let node = call - base; node >= 0; node = node === 0 ? -1 : Math.floor((node - 1) / branches)) line.push(node);
    const segments: Segment[] = [{ segment: 1 + group, offset: 0, length: prefixTokens }];
    let promptTokens = prefixTokens;
    let outputTokens = 1;
    for (const node of line.reverse()) {
      const said = base + node;
      bodies(said, this.body);
      segments.push({ segment: this.stream(said), offset: 0, length: this.body.promptTokens });
      promptTokens += this.body.promptTokens;
      outputTokens = this.body.outputTokens;
      if (said === call) break;
      segments.push({ segment: this.stream(said) + 1, offset: 0, length: outputTokens });
      promptTokens += outputTokens;
    }
    const { people } = this.options;
    const who = people ? { user: people.userOf(session), priority: people.priorityOf(call) } : {};
    return { arrivalUs, promptTokens, outputTokens, segments, outputSegment: this.stream(call) + 1, session, ...who };
  }

  private stream(call: number): number {
    return 1 + this.options.groups + 2 * call;
  }
}

/** Calls of a session. */
export function treeSize(branches: number, turns: number): number {
  let calls = 0;
  for (let level = 0, width = 1; level < turns; level++, width *= branches) calls += width;
  return calls;
}

function isBefore(a: Pending, b: Pending): boolean {
  return a.arrivalUs < b.arrivalUs || (a.arrivalUs === b.arrivalUs && a.call < b.call);
}
