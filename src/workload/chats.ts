/** Conversations of many users whose later prompts hold what was said before, in whole or in part: chat as a service sees it. */

import { Calendar } from '../sim/cluster/calendar.ts';
import { choose, exponential, gamma, lognormal, Purpose, uniform } from '../sim/random.ts';
import { PRIVATE_SEGMENTS, RequestTable, type Segment } from '../sim/request.ts';
import type { Source } from '../sim/source.ts';
import type { FittedSpec } from './fitted.ts';
import { type Body, type Lengths, sampleLengths } from './lengths.ts';
import { openSource } from './open-source.ts';
import type { People } from './people.ts';

/** Lognormals by weight; `mu` and `sigma` are of the natural logarithm. */
interface LognormalMixture {
  readonly weights: readonly number[];
  readonly mu: readonly number[];
  readonly sigma: readonly number[];
}

/** Conversations as distributions, with where they come from. */
export interface ChatSpec extends Pick<FittedSpec, 'id' | 'evidence' | 'source' | 'licence' | 'recorded'> {
  /** All requests a second: as many conversations begin as it takes. */
  readonly ratePerS: number;
  /** Tokens with which every prompt begins. */
  readonly systemTokens: number;
  /** What is kept of a prompt is known in whole blocks of so many tokens. */
  readonly blockTokens: number;
  readonly maxPrompt: number;
  readonly maxOutput: number;
  /** Weight of conversations of 1, 2, ... turns, and of those that have more. */
  readonly turns: readonly number[];
  readonly manyTurns: { readonly weight: number; readonly min: number; readonly max: number };
  readonly firstTurn: Lengths;
  /** From the arrival of a turn to that of the next one, lognormal. */
  readonly gapS: { readonly mu: number; readonly sigma: number };
  /** What the next prompt is, by weight. */
  readonly next: {
    /** All before it, the answer, and something new. */
    readonly goesOn: { readonly weight: number; readonly newTokens: LognormalMixture };
    /** The same prompt. */
    readonly asksAgain: { readonly weight: number };
    /** The same prompt and something new instead of the answer. */
    readonly leavesAnswerOut: {
      readonly weight: number;
      readonly newTokens: { readonly shape: number; readonly scale: number };
    };
    /** The beginning of the prompt, by its share of the blocks (quantiles `x` at `p`), and something new. */
    readonly branches: {
      readonly weight: number;
      readonly keptShare: { readonly p: readonly number[]; readonly x: readonly number[] };
      readonly newTokens: LognormalMixture;
    };
  };
  readonly nextOutput: LognormalMixture;
  /** Who asks beside them. */
  readonly programs: readonly ProgramSpec[];
}

/** A program whose calls have nothing in common but its instructions. */
export interface ProgramSpec {
  /** Of all requests. */
  readonly share: number;
  readonly instructionTokens: number;
  /** What it calls for, by weight. */
  readonly calls: readonly {
    readonly weight: number;
    readonly newTokens: LognormalMixture;
    readonly output: LognormalMixture;
  }[];
}

export interface ChatOptions {
  readonly requests: number;
  /** Mean arrivals a second: more or fewer conversations begin, whose users take as long as ever. 0 = as recorded. */
  readonly ratePerS: number;
  readonly seed: number;
  /** Longest sequence: answers, then prompts, end there. */
  readonly maxTokens: number;
  readonly people: People | null;
}

/** A conversation on its way. */
interface Chat {
  readonly number: number;
  readonly turns: number;
  /** Its turn that comes next, from 0, and when. */
  turn: number;
  atUs: number;
  /** The turn before. */
  said: Turn | null;
}

interface Turn {
  readonly segments: readonly Segment[];
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly outputSegment: number;
}

/** Turns of a conversation that have numbers of their own; more than any has. */
const MOST_TURNS = 32;
/**
 * For how long conversations have begun when the first request is counted. A recording takes those that began long before it for new ones:
 * with ten minutes lengths and what is shared are nearly as recorded. The rate rises by a tenth over the hour, to `ratePerS`.
 */
const BEFORE_US = 6e8;
const SYSTEM_STREAM = 1;
/** Of the instructions of the first program. */
const PROGRAM_STREAM = 2;
/** Of what is asked first; two numbers a turn. */
const FIRST_STREAM = 16;

/** Draws of `Purpose.session`: of a conversation (`turns`) or of one of its turns; of a call. */
const Draw = { turns: 0, manyTurns: 1, kind: 2, gap: 3, kept: 4, program: 5, call: 6 } as const;

/**
 * Conversations begin as a Poisson process, and so do the calls of programs. When a turn comes, and what it says, does not depend on how it
 * is served, so that all requests are known from the start. Some conversations are on their way at time 0, and none of what they said before is cached.
 */
export function chatSource(spec: ChatSpec, options: ChatOptions): Source {
  const { requests, seed, people } = options;
  const table = new RequestTable(requests);
  const speak = speaker(spec, options);
  const call = caller(spec, options);
  const usPerRequest = 1e6 / (options.ratePerS > 0 ? options.ratePerS : spec.ratePerS);
  const ofPrograms = spec.programs.reduce((sum, { share }) => sum + share, 0);
  const usPerChat = (usPerRequest * meanTurns(spec)) / (1 - ofPrograms);
  const due = new Calendar<Chat>();
  let begun = 0;
  let beginUs = -BEFORE_US;
  let calls = 0;
  const gapUs = () => (exponential(seed, Purpose.arrival, calls, 1) * usPerRequest) / ofPrograms;
  let callUs = gapUs();

  function push(asker: number, arrivalUs: number, body: Body): void {
    const who = people && { user: people.userOf(asker), priority: people.priorityOf(table.count) };
    table.push({ arrivalUs: Math.floor(arrivalUs), session: asker, ...body, ...who });
  }

  while (table.count < requests) {
    while (beginUs <= due.nextUs) {
      due.add(beginUs, 0, { number: begun, turns: turnsOf(spec, begun, seed), turn: 0, atUs: beginUs, said: null });
      beginUs += exponential(seed, Purpose.arrival, begun++, 0) * usPerChat;
    }
    if (callUs < due.nextUs) {
      push(2 * calls + 1, callUs, call(calls, table.count));
      calls++;
      callUs += gapUs();
      continue;
    }
    const chat = due.take();
    const said = speak(chat);
    if (chat.atUs >= 0) push(2 * chat.number, chat.atUs, said);
    if (chat.turn + 1 === chat.turns) continue;
    const { mu, sigma } = spec.gapS;
    chat.atUs += 1e6 * lognormal(seed, Purpose.session, numberOf(chat), Draw.gap, mu, sigma);
    chat.turn++;
    chat.said = said;
    due.add(chat.atUs, 0, chat);
  }
  return openSource(table);
}

/** What a program asks in a call, by the numbers of the call and of its request. */
function caller({ programs }: ChatSpec, { seed, maxTokens }: ChatOptions): (call: number, row: number) => Body {
  const shares = programs.map(({ share }) => share);
  return (call, row) => {
    // Numbers of turns go up from 0.
    const of = -1 - call;
    const which = choose(uniform(seed, Purpose.session, of, Draw.program), shares);
    const { instructionTokens, calls } = programs[which];
    const weights = calls.map(({ weight }) => weight);
    const { newTokens, output } = calls[choose(uniform(seed, Purpose.session, of, Draw.call), weights)];
    const outputTokens = Math.min(maxTokens - 1, mixed(output, seed, Purpose.output, of));
    const asked = [
      { segment: PROGRAM_STREAM + which, offset: 0, length: instructionTokens },
      { segment: PRIVATE_SEGMENTS + 2 * row, offset: 0, length: mixed(newTokens, seed, Purpose.prompt, of) },
    ];
    const segments = cut(asked, maxTokens - outputTokens);
    return { segments, promptTokens: lengthOf(segments), outputTokens };
  };
}

/** What a conversation says in the turn that it is at. */
function speaker(spec: ChatSpec, { seed, maxTokens }: ChatOptions): (chat: Chat) => Turn {
  const { next, nextOutput, systemTokens, blockTokens } = spec;
  const first = sampleLengths(spec.firstTurn, seed);
  const body: Body = { promptTokens: 0, outputTokens: 0 };
  const kinds = [next.goesOn, next.asksAgain, next.leavesAnswerOut, next.branches].map(({ weight }) => weight);

  const newTokens = (chat: Chat, kind: number): number => {
    const { shape, scale } = next.leavesAnswerOut.newTokens;
    if (kind === 1) return 0;
    if (kind === 2) return Math.max(1, Math.floor(gamma(seed, Purpose.prompt, numberOf(chat), 0, shape) * scale + 0.5));
    return mixed((kind === 0 ? next.goesOn : next.branches).newTokens, seed, Purpose.prompt, numberOf(chat));
  };
  const kept = ({ segments, promptTokens, outputTokens, outputSegment }: Turn, chat: Chat, kind: number) => {
    if (kind === 0) return [...segments, { segment: outputSegment, offset: 0, length: outputTokens }];
    if (kind !== 3) return segments;
    const share = quantile(next.branches.keptShare, uniform(seed, Purpose.session, numberOf(chat), Draw.kept));
    const blocks = Math.max(1, Math.floor((share * promptTokens) / blockTokens + 0.5));
    return cut(segments, blocks * blockTokens);
  };

  return (chat) => {
    const of = numberOf(chat);
    const ownStream = FIRST_STREAM + 2 * of;
    let outputTokens: number;
    let segments: readonly Segment[];
    if (chat.said === null) {
      first(of, body);
      outputTokens = body.outputTokens;
      segments = [
        { segment: SYSTEM_STREAM, offset: 0, length: systemTokens },
        { segment: ownStream, offset: 0, length: body.promptTokens - systemTokens },
      ];
    } else {
      const kind = choose(uniform(seed, Purpose.session, of, Draw.kind), kinds);
      const own = newTokens(chat, kind);
      outputTokens = Math.min(spec.maxOutput, mixed(nextOutput, seed, Purpose.output, of));
      segments = kept(chat.said, chat, kind);
      if (own > 0) segments = [...segments, { segment: ownStream, offset: 0, length: own }];
    }
    outputTokens = Math.max(1, Math.min(outputTokens, maxTokens - 1));
    segments = cut(segments, Math.min(spec.maxPrompt, maxTokens - outputTokens));
    return { segments, promptTokens: lengthOf(segments), outputTokens, outputSegment: ownStream + 1 };
  };
}

/** A token count; draws 0 and 1. */
function mixed({ weights, mu, sigma }: LognormalMixture, seed: number, purpose: Purpose, of: number): number {
  const k = choose(uniform(seed, purpose, of, 0), weights);
  return Math.max(1, Math.floor(lognormal(seed, purpose, of, 1, mu[k], sigma[k]) + 0.5));
}

/** Turns of a conversation. */
function turnsOf({ turns, manyTurns: { weight, min, max } }: ChatSpec, chat: number, seed: number): number {
  const k = choose(uniform(seed, Purpose.session, chat * MOST_TURNS, Draw.turns), [...turns, weight]);
  if (k < turns.length) return k + 1;
  const u = uniform(seed, Purpose.session, chat * MOST_TURNS, Draw.manyTurns);
  return min + Math.floor(u * (max - min + 1));
}

/** Mean over conversations. */
function meanTurns({ turns, manyTurns: { weight, min, max } }: ChatSpec): number {
  let all = weight;
  let sum = (weight * (min + max)) / 2;
  for (const [i, share] of turns.entries()) {
    all += share;
    sum += share * (i + 1);
  }
  return sum / all;
}

/** Number of a turn among those of all conversations. */
const numberOf = ({ number, turn }: Chat): number => number * MOST_TURNS + turn;

/** The value at `u` of a distribution given by quantiles, linear between them. */
function quantile({ p, x }: { readonly p: readonly number[]; readonly x: readonly number[] }, u: number): number {
  let i = 1;
  while (i < p.length - 1 && p[i] < u) i++;
  return x[i - 1] + ((x[i] - x[i - 1]) * (u - p[i - 1])) / (p[i] - p[i - 1]);
}

/** The first `tokens` of a prompt, at least one. */
function cut(segments: readonly Segment[], tokens: number): readonly Segment[] {
  const first: Segment[] = [];
  let left = Math.max(1, tokens);
  for (const segment of segments) {
    if (left === 0) break;
    const length = Math.min(segment.length, left);
    first.push({ ...segment, length });
    left -= length;
  }
  return first;
}

function lengthOf(segments: readonly Segment[]): number {
  return segments.reduce((sum, { length }) => sum + length, 0);
}
