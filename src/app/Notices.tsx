import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { useT } from '../i18n/use-t.ts';
import { runStore } from '../state/run.ts';
import { Button } from '../ui/controls/Button.tsx';
import { useFormat } from '../ui/use-format.ts';
import { useSession } from '../view/session-context.ts';
import { importStore } from './import-file.ts';
import { later } from './Later.tsx';
import { uiStore } from './ui-store.ts';

const ProblemNotices = later(() => import('./ProblemNotices.tsx'));

const toastMs = 4000;

/** What went wrong and what is under way, beside the picture, never over a question that must be answered. */
export function Notices() {
  const session = useSession();
  const hasProblems = useStore(session.scenario, (s) => s.problems.length > 0);
  const hasFailed = useStore(runStore, (s) => s.status === 'failed');
  const hasRefused = useStore(runStore, (s) => (s.result?.summary.rejected ?? 0) > 0);
  return (
    <div className="notices" role="status">
      <ImportNotice />
      {(hasProblems || hasFailed || hasRefused) && <ProblemNotices />}
      <Toast />
    </div>
  );
}

function ImportNotice() {
  const t = useT();
  const format = useFormat();
  const { fileName, progress, cancel } = useStore(importStore);
  if (fileName === null) return null;
  return (
    <div className="notice">
      <div className="notice-progress">
        <p>{t('import.reading', { file: fileName, share: format.percent(progress) })}</p>
        <progress value={progress > 0 ? progress : undefined} aria-label={t('import.progress')} />
      </div>
      <Button look="quiet" onPress={cancel}>
        {t('import.cancel')}
      </Button>
    </div>
  );
}

function Toast() {
  const toast = useStore(uiStore, (s) => s.toast);
  const [shown, setShown] = useState('');
  useEffect(() => {
    setShown(toast);
    if (toast === '') return;
    const timer = window.setTimeout(() => uiStore.getState().say(''), toastMs);
    return () => window.clearTimeout(timer);
  }, [toast]);
  return shown === '' ? null : (
    <div className="notice toast">
      <p>{shown}</p>
    </div>
  );
}
