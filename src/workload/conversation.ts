import { PRIVATE_SEGMENTS, type Segment } from '../sim/request.ts';
import type { Source } from '../sim/source.ts';
import { closedLoopSource } from './closed-loop.ts';
import { type Bodies, type Lengths, sampleLengths } from './lengths.ts';

/**
 * What a person types, and what the model answers. The median of what is typed in a further turn (26 tokens) is that
 * of Mooncake's conversations, the median of an answer (129) that of the Azure 2023 conversations; both spreads are
 * assumed.
 */
const turn: Lengths = {
  type: 'independent',
  prompt: { type: 'lognormal', mu: 3.258, sigma: 1, min: 2, max: 512 },
  output: { type: 'lognormal', mu: 4.86, sigma: 0.7, min: 4, max: 768 },
};

/** The instructions that every conversation begins with: a round number. */
const SYSTEM_TOKENS = 200;
const SYSTEM_STREAM = 1;
/** First of the streams of questions and answers: two numbers a turn. */
const TURN_STREAMS = PRIVATE_SEGMENTS / 2;

export interface ConversationOptions {
  readonly users: number;
  /** Requests of all users together. */
  readonly requests: number;
  /** Mean time from an answer to the next question, exponentially distributed. */
  readonly thinkS: number;
  /** Questions of a conversation before it begins anew. */
  readonly turns: number;
  /** Longest sequence: a conversation that would outgrow it begins anew. */
  readonly maxTokens: number;
  readonly seed: number;
}

/** One question with all that was said before it. */
interface Turn {
  /** Number of the turn in its conversation. */
  readonly number: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly segments: readonly Segment[];
  readonly outputSegment: number;
}

/**
 * People who read an answer, think, and ask on: each prompt holds the instructions, all questions and answers before
 * it, and a new question. A prefix cache therefore finds nearly all of it, if nothing has taken its place meanwhile.
 * What is asked does not depend on when.
 */
export function conversationSource(options: ConversationOptions): Source {
  const { users, requests, thinkS, seed } = options;
  return closedLoopSource({ clients: users, requests, thinkS, seed, bodies: conversationBodies(options) });
}

/** Bodies for a closed loop of `users` clients: number `k * users + u` is user u's turn k. */
export function conversationBodies({ users, turns, maxTokens, seed }: ConversationOptions): Bodies {
  const sample = sampleLengths(turn, seed);
  /** The turns of each user so far. */
  const said: Turn[][] = Array.from({ length: users }, () => []);

  function next(user: number): Turn {
    const before = said[user];
    const index = before.length * users + user;
    const spec = { arrivalUs: 0, promptTokens: 0, outputTokens: 0 };
    sample(index, spec);
    const last = before.at(-1);
    const goesOn = last !== undefined && last.number + 1 < turns;
    const asked = spec.promptTokens;
    const history = goesOn ? last.promptTokens + last.outputTokens : SYSTEM_TOKENS;
    if (!goesOn || history + asked + spec.outputTokens > maxTokens) return begin(index, asked, spec.outputTokens);
    const segments = [
      ...last.segments,
      { segment: last.outputSegment, offset: 0, length: last.outputTokens },
      { segment: questionStream(index), offset: 0, length: asked },
    ];
    return {
      number: last.number + 1,
      promptTokens: history + asked,
      outputTokens: spec.outputTokens,
      segments,
      outputSegment: answerStream(index),
    };
  }

  function begin(index: number, asked: number, outputTokens: number): Turn {
    return {
      number: 0,
      promptTokens: SYSTEM_TOKENS + asked,
      outputTokens,
      segments: [
        { segment: SYSTEM_STREAM, offset: 0, length: SYSTEM_TOKENS },
        { segment: questionStream(index), offset: 0, length: asked },
      ],
      outputSegment: answerStream(index),
    };
  }

  return (index, into) => {
    const user = index % users;
    const number = (index - user) / users;
    while (said[user].length <= number) said[user].push(next(user));
    const { promptTokens, outputTokens, segments, outputSegment } = said[user][number];
    into.promptTokens = promptTokens;
    into.outputTokens = outputTokens;
    into.segments = segments;
    into.outputSegment = outputSegment;
  };
}

const questionStream = (index: number): number => TURN_STREAMS + 2 * index;
const answerStream = (index: number): number => TURN_STREAMS + 2 * index + 1;
