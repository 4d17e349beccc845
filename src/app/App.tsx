import { useEffect } from 'react';
import { useStore } from 'zustand';
import { useT } from '../i18n/use-t.ts';
import { comparisonStore } from '../state/comparison.ts';
import { preferencesStore } from '../state/preferences.ts';
import { runStore } from '../state/run.ts';
import type { Session } from '../state/session.ts';
import { useMotion } from '../ui/use-motion.ts';
import { useThemeVariables } from '../ui/use-theme.ts';
import { SessionContext } from '../view/session-context.ts';
import { Dialogs } from './Dialogs.tsx';
import { DropZone } from './DropZone.tsx';
import { later } from './Later.tsx';
import { LiveLine } from './LiveLine.tsx';
import { Notices } from './Notices.tsx';
import { Scenario } from './Scenario.tsx';
import { PhoneTabs, Stage } from './Stage.tsx';
import { TopBar } from './TopBar.tsx';
import { Transport } from './Transport.tsx';
import { uiStore } from './ui-store.ts';
import { useCommandKeys } from './use-commands.ts';
import { useGuide } from './use-guide.ts';
import { useLayout } from './use-layout.ts';
import './app.css';
import './guide.css';

const ComparisonBar = later(() => import('./ComparisonBar.tsx'));
const LectureBar = later(() => import('./LectureBar.tsx'));
const Guide = later(() => import('./Guide.tsx'));
const MotionLayer = later(() => import('../view/motion/MotionLayer.tsx'));

/** The page: bar, scenario, panels, time. */
export function App({ session }: { readonly session: Session }) {
  const t = useT();
  const layout = useLayout();
  const motion = useMotion();
  const language = useStore(preferencesStore, (s) => s.language);
  const pinned = useStore(comparisonStore, (s) => s.pinned);
  const isPresenting = useStore(session.scenario, (s) => s.staging.isPresenting);
  const hasRail = useStore(session.scenario, (s) => !s.staging.hidden.includes('rail'));
  const hasBookmarks = useStore(session.scenario, (s) => s.bookmarks.length > 0);
  const isLecturing = useStore(uiStore, (s) => s.isLecturing);
  const status = useStore(runStore, (s) => s.status);
  useThemeVariables();
  useCommandKeys(session);
  useEffect(() => {
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
    document.title = t('app.title');
  }, [language, t]);

  return (
    <SessionContext value={session}>
      <div
        className="app"
        data-layout={layout}
        data-motion={motion}
        data-status={status}
        data-presenting={isPresenting}
        data-rail={hasRail}
      >
        <button type="button" className="skip-link" onClick={skipToStage}>
          {t('app.skip')}
        </button>
        {!isPresenting && <TopBar layout={layout} />}
        {layout === 'wide' && hasRail && !isPresenting && (
          <aside className="rail" aria-label={t('scenario.title')}>
            <Scenario />
          </aside>
        )}
        <main id="stage" className="stage" tabIndex={-1} aria-busy={status === 'running'}>
          {isPresenting && <h1 className="visually-hidden">{t('app.name')}</h1>}
          <GuidePlace />
          {pinned !== null && <ComparisonBar pinned={pinned} />}
          <Stage layout={layout} />
          {(hasBookmarks || isPresenting || isLecturing) && <LectureBar />}
          <RunProgress />
        </main>
        <Transport layout={layout} />
        {layout === 'phone' && <PhoneTabs />}
        <Notices />
        <Dialogs layout={layout} />
        <DropZone />
        <LiveLine />
        <MotionLayer />
      </div>
    </SessionContext>
  );
}

/** Its room is there before it is loaded, so that the panels do not jump. */
function GuidePlace() {
  const t = useT();
  const isGuided = useGuide();
  if (!isGuided) return null;
  return (
    <section className="guide" aria-label={t('app.guide')}>
      <Guide />
    </section>
  );
}

/** A button and no link: the address after `#` is the scenario, a jump would overwrite it. */
function skipToStage(): void {
  document.querySelector<HTMLElement>('#stage')?.focus();
}

/** A thin bar over the panels while the scenario is simulated again. */
function RunProgress() {
  const t = useT();
  const isRunning = useStore(runStore, (s) => s.status === 'running');
  const progress = useStore(runStore, (s) => s.progress);
  if (!isRunning) return null;
  return <progress className="run-progress" value={progress} aria-label={t('run.running')} />;
}
