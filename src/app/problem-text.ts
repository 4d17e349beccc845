import { addMessages, type Translate } from '../i18n/i18n.ts';
import { problems } from '../i18n/messages/problems.ts';
import { type Problem, problemValues } from '../scenario/problem.ts';

addMessages(problems);

/** A problem in one or two sentences: where, what, and what is used instead. */
export function problemText(problem: Problem, t: Translate): string {
  const values = problemValues(problem);
  const parts = [t(`problem.${problem.code}`, values)];
  if (problem.where !== undefined) {
    parts[0] = t('notice.at', {
      where: t(problem.line === undefined ? 'problem.where' : 'problem.where-line', values),
      what: parts[0],
    });
  }
  if (problem.used !== undefined) parts.push(t('problem.used', values));
  return parts.join(' ');
}
