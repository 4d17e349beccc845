import { addMessages, type Translate } from '../i18n/i18n.ts';
import { problems } from '../i18n/messages/problems.ts';
import { few, hintOf } from '../scenario/hint.ts';
import { type Problem, type ProblemCode, problemValues } from '../scenario/problem.ts';

addMessages(problems);

/** A file of no kind that is read. */
const fileCodes: readonly ProblemCode[] = ['unknown-file', 'bad-json', 'cut-json', 'wrong-columns'];

/** A problem in one or two sentences: where, what, and what is used instead. */
export function problemText(problem: Problem, t: Translate): string {
  const hint = hintOf(problem);
  const names = hint !== null && hint.near.length > 0 ? hint.near.join(t('problem.comma')) : null;
  const isLong = hint !== null && hint.count > few;
  const expected =
    isLong && problem.expected !== undefined ? t('problem.oneOf', { count: hint.count }) : problem.expected;
  const values = problemValues({ ...problem, expected });
  const parts = [t(`problem.${problem.code}`, values)];
  if (problem.where !== undefined) {
    parts[0] = t('notice.at', {
      where: t(problem.line === undefined ? 'problem.where' : 'problem.where-line', values),
      what: parts[0],
    });
  }
  if (names !== null) parts.push(t('problem.didYouMean', { names }));
  if (names !== null && isLong) parts.push(t('problem.allNames'));
  if (fileCodes.includes(problem.code)) parts.push(t('problem.kinds'));
  if (problem.hasKept) parts.push(t('problem.kept'));
  if (problem.used !== undefined) parts.push(t('problem.used', values));
  return parts.join(t('problem.between'));
}
