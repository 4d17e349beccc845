/** The waiting queue as cards: the head first, each with its prompt length and waiting time, and why the head is held. */

import type { MessageKey, Translate } from '../../i18n/i18n.ts';
import type { Frame } from '../../protocol/frame.ts';
import { Because, Bound, DecisionKind } from '../../sim/decision.ts';
import { sqrtScale } from '../../ui/scale.ts';
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
  /** Why it was not taken in this step; '' where the engine did not say. */
  readonly reason: string;
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
export const mostCards = 40;
/** Tokens whose bar is full: longer prompts look alike. */
const fullBarTokens = 8192;

/** By square root a prompt of 100 tokens can still be seen beside one of 8,192. */
const barShare = sqrtScale([0, fullBarTokens], [0, 1]);

export function queueModel(frame: Frame, t: Translate, format: Format, most = mostCards): QueueModel {
  const { queue } = frame;
  const shown = Math.min(most, queue.request.length);
  const places = Array.from({ length: shown }, (_, i) => i);
  const cards = cardsOf(frame, places, t, format);
  return { cards, count: queue.count, more: queue.count - shown, held: heldOf(frame, t, format) };
}

/** The cards of those at some places of the queue. */
export function cardsOf(frame: Frame, places: readonly number[], t: Translate, format: Format): readonly QueueCard[] {
  const { queue } = frame;
  const reasons = reasonsOf(frame, t, format);
  return places.map((i) => {
    const request = queue.request[i];
    const promptTokens = queue.promptTokens[i];
    const isPreempted = queue.preempted[i] !== 0;
    const keptTokens = isPreempted ? queue.generated[i] : 0;
    const waited = format.duration(queue.waitedUs[i]);
    const values = { request, prompt: format.count(promptTokens), kept: format.count(keptTokens), waited };
    const reason = reasons(i);
    const card = t(isPreempted ? 'queue.cardPreempted' : 'queue.card', values);
    const label = reason === '' ? card : t('queue.cardReason', { card, reason });
    return {
      request,
      promptTokens,
      promptShare: barShare(promptTokens),
      waited,
      isPreempted,
      keptTokens,
      reason,
      label,
    };
  });
}

/** Names of the rules and of what binds steps, by code. */
const becauseNames = Object.keys(Because) as (keyof typeof Because)[];
const boundNames = Object.keys(Bound) as (keyof typeof Bound)[];

/** Why the i-th of the queue waits: by a decision about itself, or because the engine did not come to it. */
function reasonsOf(frame: Frame, t: Translate, format: Format): (i: number) => string {
  const { decisions, queue, window } = frame;
  const own = new Map<number, string>();
  let lastHeld = -1;
  for (let i = 0; i < decisions.count; i++) {
    const request = decisions.request[i];
    if (decisions.kind[i] === DecisionKind.preempt) own.set(request, t('queue.preemptedNow'));
    if (decisions.kind[i] !== DecisionKind.hold) continue;
    own.set(request, becauseOf(frame, i, t, format));
    lastHeld = request;
  }
  const last = window.count - 1;
  const stepUs = last < 0 ? 0 : window.endUs[last] - window.startUs[last];
  const bound = last < 0 ? Bound.nothingLeft : window.bound[last];
  return (i) => {
    const said = own.get(queue.request[i]);
    if (said !== undefined) return said;
    if (queue.preempted[i] === 0 && queue.waitedUs[i] < stepUs) return t('queue.cameSince');
    if (lastHeld >= 0) return t('queue.behind', { request: lastHeld });
    return bound === Bound.nothingLeft ? '' : t('queue.stepFull', { bound: boundName(bound, t) });
  };
}

function becauseOf({ decisions }: Frame, i: number, t: Translate, format: Format): string {
  const name = becauseNames.find((each) => Because[each] === decisions.because[i]) ?? 'none';
  const key: MessageKey = `because.${name}`;
  return t(key, { need: format.count(decisions.need[i]), have: format.count(decisions.have[i]) });
}

function boundName(bound: number, t: Translate): string {
  const key: MessageKey = `bound.${boundNames.find((each) => Bound[each] === bound) ?? 'nothingLeft'}`;
  return t(key);
}

/** The last hold of the step is the one that still stands. A step that was full before it came to the head holds nobody. */
function heldOf(frame: Frame, t: Translate, format: Format): string {
  const { decisions, queue, window } = frame;
  for (let i = decisions.count - 1; i >= 0; i--) {
    if (decisions.kind[i] !== DecisionKind.hold) continue;
    return t('queue.held', { request: decisions.request[i], reason: becauseOf(frame, i, t, format) });
  }
  const bound = window.count === 0 ? Bound.nothingLeft : window.bound[window.count - 1];
  if (bound === Bound.nothingLeft || queue.request.length === 0) return '';
  return t('queue.full', { request: queue.request[0], bound: boundName(bound, t) });
}
