/** Rows of the table of users: what each of them got in a run. */

import type { Translate } from '../../i18n/i18n.ts';
import type { Outcomes } from '../../protocol/run.ts';
import { userRows } from '../../scenario/user-rows.ts';
import type { Format } from '../../ui/use-format.ts';
import type { LearnedRow } from './model.ts';

/** Users shown by name; the others are counted. */
const MOST_USERS = 12;

export interface UserTable {
  readonly heads: readonly string[];
  readonly rows: readonly LearnedRow[];
  /** Users who are not in the table. */
  readonly more: number;
}

/** The users who asked most; no rows where one is alone. */
export function userTable(outcomes: Outcomes | undefined, t: Translate, format: Format): UserTable {
  const users = outcomes === undefined ? [] : userRows(outcomes);
  const served = users.reduce((sum, user) => sum + user.servedTokens, 0);
  const shown = users.length > 1 ? users.slice(0, MOST_USERS) : [];
  return {
    heads: [
      t('learned.userRequests'),
      t('learned.userServed'),
      t('learned.userShare'),
      t('learned.ttftMean'),
      t('learned.ttftP99'),
      t('learned.e2eMean'),
    ],
    rows: shown.map(({ user, requests, servedTokens, ttft, e2e }) => ({
      id: String(user),
      name: t('learned.user', { number: user + 1 }),
      isJudged: false,
      cells: [
        format.count(requests),
        format.compact(servedTokens),
        served > 0 ? format.percent(servedTokens / served) : '–',
        format.duration(ttft.meanUs),
        format.duration(ttft.p99Us),
        format.duration(e2e.meanUs),
      ],
    })),
    more: users.length - shown.length,
  };
}
