import { TriangleAlert, X } from 'lucide-react';
import { useState } from 'react';
import { useStore } from 'zustand';
import { plural } from '../i18n/plural.ts';
import { useT } from '../i18n/use-t.ts';
import type { Problem } from '../scenario/problem.ts';
import { runStore } from '../state/run.ts';
import { Button } from '../ui/controls/Button.tsx';
import { IconButton } from '../ui/controls/IconButton.tsx';
import { useFormat } from '../ui/use-format.ts';
import { useSession } from '../view/session-context.ts';
import { problemText } from './problem-text.ts';
import { RefusedNotice } from './RefusedNotice.tsx';

/** A file can have a hundred bad lines; the rest is counted. */
const shownProblems = 4;
const none: readonly Problem[] = [];

/** What is wrong with the scenario, its run, or what was opened. A default export because it is loaded lazily. */
export default function ProblemNotices() {
  const t = useT();
  const format = useFormat();
  const session = useSession();
  const problems = useStore(session.scenario, (s) => s.problems);
  const failure = useStore(runStore, (s) => (s.status === 'failed' ? s.problems : none));
  const [dismissed, setDismissed] = useState<readonly Problem[]>(none);
  const hidden = problems.length - shownProblems;
  const { dismiss } = session.scenario.getState();

  return (
    <>
      {failure !== none && failure !== dismissed && (
        <div className="notice failure">
          <TriangleAlert aria-hidden="true" />
          <p>
            <strong>{t('run.failed')}</strong> {failure.map((problem) => problemText(problem, t)).join(' ')}
          </p>
          <IconButton label={t('ui.dismiss')} onPress={() => setDismissed(failure)}>
            <X />
          </IconButton>
        </div>
      )}
      {problems.slice(0, shownProblems).map((problem, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: equal problems may stand twice
        <div key={`${problemText(problem, t)} ${index}`} className="notice">
          <p>{problemText(problem, t)}</p>
          <IconButton label={t('ui.dismiss')} onPress={() => dismiss(problem)}>
            <X />
          </IconButton>
        </div>
      ))}
      {hidden > 0 && (
        <div className="notice">
          <p>{plural(t, format.language, 'notice.more', hidden, { count: hidden })}</p>
          <Button look="quiet" onPress={() => problems.map(dismiss)}>
            {t('notice.dismissAll')}
          </Button>
        </div>
      )}
      <RefusedNotice />
    </>
  );
}
