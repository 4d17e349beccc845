/** The decisions of a step in words, with the requests they speak of kept apart so that they can be selected. */

import type { MessageKey, Translate } from '../../i18n/i18n.ts';
import type { DecisionColumns } from '../../protocol/frame.ts';
import { Because, DecisionKind } from '../../sim/decision.ts';
import { precisions } from '../../sim/gpu/precision.ts';
import type { Format } from '../../ui/use-format.ts';
import { becauseKey } from '../../words/because.ts';

/** A piece of a sentence: plain text, or a request that can be selected. */
export type Part = { readonly text: string } | { readonly request: number };

export interface DecisionLine {
  /** Place among the step's decisions. */
  readonly index: number;
  /** A `DecisionKind`: its icon. */
  readonly kind: number;
  readonly parts: readonly Part[];
}

/** The first `limit` decisions, in the order in which they were taken. */
export function decisionLines(
  decisions: DecisionColumns,
  limit: number,
  t: Translate,
  format: Format,
): readonly DecisionLine[] {
  const count = Math.min(limit, decisions.count);
  return Array.from({ length: count }, (_, index) => ({
    index,
    kind: decisions.kind[index],
    parts: partsOf(decisions, index, t, format),
  }));
}

/** Characters of the private use area stand for the requests until the sentence is cut at them. */
const requestMark = '\uE000';
const otherMark = '\uE001';
const mark = new RegExp(`(r?[${requestMark}${otherMark}])`);

function partsOf(decisions: DecisionColumns, i: number, t: Translate, format: Format): readonly Part[] {
  const need = decisions.need[i];
  const have = decisions.have[i];
  const sentence = t(decisionKey(decisions, i), {
    request: requestMark,
    other: otherMark,
    need: format.count(need),
    have: format.count(have),
    precision: precisions[decisions.other[i]] ?? '',
    reason: t(becauseKey(decisions.because[i], need, have), { need: format.count(need), have: format.count(have) }),
  });
  return sentence
    .split(mark)
    .filter((piece) => piece !== '')
    .map((piece) => {
      if (piece.endsWith(requestMark)) return { request: decisions.request[i] };
      return piece.endsWith(otherMark) ? { request: decisions.other[i] } : { text: piece };
    });
}

function decisionKey(decisions: DecisionColumns, i: number): MessageKey {
  const isOne = decisions.need[i] === 1;
  switch (decisions.kind[i]) {
    case DecisionKind.admit:
      if (decisions.have[i] > 0) return isOne ? 'decision.admitHit.one' : 'decision.admitHit';
      return isOne ? 'decision.admit.one' : 'decision.admit';
    case DecisionKind.resume:
      return isOne ? 'decision.resume.one' : 'decision.resume';
    case DecisionKind.hold:
      return 'decision.hold';
    case DecisionKind.preempt:
      if (decisions.because[i] === Because.decodeRoom) return 'decision.retract';
      if (decisions.other[i] < 0 || decisions.other[i] === decisions.request[i]) {
        return isOne ? 'decision.preemptSelf.one' : 'decision.preemptSelf';
      }
      return isOne ? 'decision.preempt.one' : 'decision.preempt';
    case DecisionKind.skip:
      return 'decision.skip';
    case DecisionKind.finish:
      return isOne ? 'decision.finish.one' : 'decision.finish';
    case DecisionKind.reject:
      return 'decision.reject';
    case DecisionKind.changePrecision:
      return 'decision.changePrecision';
    case DecisionKind.evict:
      return 'decision.evict';
    case DecisionKind.fail:
      return 'decision.fail';
    default:
      throw new Error(`unknown decision kind ${decisions.kind[i]}`);
  }
}
