/** The waiting queue as cards: the head first, each with its prompt length and waiting time, and why the head is held. */

import { scaleSqrt } from 'd3';
import type { MessageKey, Translate } from '../../i18n/i18n.ts';
import type { Frame } from '../../protocol/frame.ts';
import { Because, Bound, DecisionKind } from '../../sim/decision.ts';
import type { Format } from '../../ui/use-format.ts';

export interface QueueCard {
  readonly request: number;
  readonly promptTokens: number;
  /** Length of the prompt's bar, 0 to 1. */
  readonly promptShare: number;
  readonly waited: string;
  readonly isPreempted: boolean;
  /** Generated tokens that it keeps through its preemption. */
  readonly keptTokens: number;
  /** All of the above in words. */
  readonly label: string;
}

export interface QueueModel {
  readonly cards: readonly QueueCard[];
  /** Everybody who waits, with a card or without. */
  readonly count: number;
  readonly more: number;
  /** Why the head was not taken in this step, as a sentence; empty where nothing is known to hold it. */
  readonly held: string;
}

/** More cards than this tell nothing that the number does not. */
const mostCards = 40;
/** Tokens whose bar is full: longer prompts look alike. */
const fullBarTokens = 8192;

/** By square root a prompt of 100 tokens can still be seen beside one of 8,192. */
const barShare = scaleSqrt().domain([0, fullBarTokens]).range([0, 1]).clamp(true);

export function queueModel(frame: Frame, t: Translate, format: Format): QueueModel {
  const { queue } = frame;
  const shown = Math.min(mostCards, queue.request.length);
  const cards = Array.from({ length: shown }, (_, i): QueueCard => {
    const request = queue.request[i];
    const promptTokens = queue.promptTokens[i];
    const isPreempted = queue.preempted[i] !== 0;
    const keptTokens = isPreempted ? queue.generated[i] : 0;
    const waited = format.duration(queue.waitedUs[i]);
    const values = { request, prompt: format.count(promptTokens), kept: format.count(keptTokens), waited };
    const label = t(isPreempted ? 'queue.cardPreempted' : 'queue.card', values);
    return { request, promptTokens, promptShare: barShare(promptTokens), waited, isPreempted, keptTokens, label };
  });
  return { cards, count: queue.count, more: queue.count - shown, held: heldOf(frame, t, format) };
}

/** Names of the rules and of what binds steps, by code. */
const becauseNames = Object.keys(Because) as (keyof typeof Because)[];
const boundNames = Object.keys(Bound) as (keyof typeof Bound)[];

/** The last hold of the step is the one that still stands. A step that was full before it came to the head holds nobody. */
function heldOf({ decisions, queue, window }: Frame, t: Translate, format: Format): string {
  for (let i = decisions.count - 1; i >= 0; i--) {
    if (decisions.kind[i] !== DecisionKind.hold) continue;
    const name = becauseNames.find((each) => Because[each] === decisions.because[i]) ?? 'none';
    const key: MessageKey = `because.${name}`;
    const reason = t(key, { need: format.count(decisions.need[i]), have: format.count(decisions.have[i]) });
    return t('queue.held', { request: decisions.request[i], reason });
  }
  const bound = window.count === 0 ? Bound.nothingLeft : window.bound[window.count - 1];
  if (bound === Bound.nothingLeft || queue.request.length === 0) return '';
  const name = boundNames.find((each) => Bound[each] === bound) ?? 'nothingLeft';
  const key: MessageKey = `bound.${name}`;
  return t('queue.full', { request: queue.request[0], bound: t(key) });
}
