/** What the step panel says of the shown step. */

import type { MessageKey, Translate } from '../../i18n/i18n.ts';
import { plural } from '../../i18n/plural.ts';
import type { Frame } from '../../protocol/frame.ts';
import type { RunResult } from '../../protocol/run.ts';
import { stepLimit } from '../../sim/gpu/step-limit.ts';
import type { Format } from '../../ui/use-format.ts';
import { boundKeys } from '../batch/model.ts';
import { type DecisionLine, decisionLines } from './decisions.ts';
import { type LifeModel, lifeOf } from './life.ts';
import { sentenceOf } from './sentence.ts';

export interface StepModel {
  readonly sentence: string;
  /** What kept the step from doing more, and what that means; '' before the first step. */
  readonly bound: string;
  readonly boundMeans: string;
  /** What most of the step's time waits for, and for how much of it; '' where that is not known. */
  readonly limit: string;
  readonly limitMeans: string;
  readonly decisions: readonly DecisionLine[];
  /** "and 12 more", or ''. */
  readonly more: string;
  readonly life: LifeModel | null;
}

/** A step of a thousand sequences can take hundreds of decisions; nobody reads more than these. */
const shownDecisions = 40;

const boundMeansKeys = [
  'step.boundMeans.nothingLeft',
  'step.boundMeans.tokenBudget',
  'step.boundMeans.seats',
  'step.boundMeans.blocks',
  'step.boundMeans.batch',
] as const satisfies readonly MessageKey[];

export function stepModel(
  frame: Frame | null,
  result: RunResult | null,
  selected: number,
  t: Translate,
  format: Format,
): StepModel {
  const life = lifeOf(selected, frame, result, t, format);
  if (frame === null || frame.window.count === 0) {
    return {
      sentence: t('step.none'),
      bound: '',
      boundMeans: '',
      limit: '',
      limitMeans: '',
      decisions: [],
      more: '',
      life,
    };
  }
  const bound = frame.window.bound[frame.window.count - 1];
  const limit = stepLimit(frame.operators);
  const rest = frame.decisions.count - shownDecisions;
  return {
    sentence: sentenceOf(frame, result, t, format),
    bound: t('step.bound', { bound: t(boundKeys[bound]) }),
    boundMeans: t(boundMeansKeys[bound]),
    limit: limit === null ? '' : t('step.limit', { limit: t(`limit.${limit.limit}`) }),
    limitMeans: limit === null ? '' : t(`step.limit.${limit.limit}`, { share: format.percent(limit.share) }),
    decisions: decisionLines(frame.decisions, shownDecisions, t, format),
    more: rest > 0 ? plural(t, format.language, 'step.moreDecisions', rest, { count: format.count(rest) }) : '',
    life,
  };
}
