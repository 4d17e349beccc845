import { lazy, Suspense } from 'react';
import { useStore } from 'zustand';
import { useT } from '../i18n/use-t.ts';
import { Dialog } from '../ui/controls/Dialog.tsx';
import { FactLine } from './FactLine.tsx';
import { Scenario } from './Scenario.tsx';
import { ScenarioFoot } from './TopBar.tsx';
import { uiStore } from './ui-store.ts';
import type { Layout } from './use-layout.ts';

const HelpDialog = lazy(() => import('./HelpDialog.tsx'));
const PaletteDialog = lazy(() => import('./palette/PaletteDialog.tsx'));
const EnginesDialog = lazy(() => import('./EnginesDialog.tsx'));
const PolicyDialog = lazy(() => import('./PolicyDialog.tsx'));
const LearnedDialog = lazy(() => import('./LearnedDialog.tsx'));
const GalleryDialog = lazy(() => import('./GalleryDialog.tsx'));
const GlossaryDialog = lazy(() => import('./GlossaryDialog.tsx'));
const HeadlinesDialog = lazy(() => import('./HeadlinesDialog.tsx'));
const LectureDialog = lazy(() => import('./LectureDialog.tsx'));
const FilmDialog = lazy(() => import('./FilmDialog.tsx'));
const CalibrateDialog = lazy(() => import('./CalibrateDialog.tsx'));
const OwnDialog = lazy(() => import('./OwnDialog.tsx'));

/** The dialog that is open, if one is. All but the scenario's are loaded when they are first needed. */
export function Dialogs({ layout }: { readonly layout: Layout }) {
  const t = useT();
  const dialog = useStore(uiStore, (s) => s.dialog);
  const { close } = uiStore.getState();
  switch (dialog) {
    case null:
      return null;
    case 'scenario':
      return layout === 'wide' ? null : (
        <Dialog title={t('scenario.title')} look={layout === 'phone' ? 'sheet' : 'drawer'} onClose={close}>
          <FactLine />
          <Scenario />
          {layout === 'phone' && <ScenarioFoot />}
        </Dialog>
      );
    case 'help':
      return (
        <Suspense>
          <HelpDialog onClose={close} />
        </Suspense>
      );
    case 'palette':
      return (
        <Suspense>
          <PaletteDialog onClose={close} />
        </Suspense>
      );
    case 'gallery':
      return (
        <Suspense>
          <GalleryDialog onClose={close} />
        </Suspense>
      );
    case 'engines':
      return (
        <Suspense>
          <EnginesDialog onClose={close} />
        </Suspense>
      );
    case 'policy':
      return (
        <Suspense>
          <PolicyDialog onClose={close} />
        </Suspense>
      );
    case 'learned':
      return (
        <Suspense>
          <LearnedDialog onClose={close} />
        </Suspense>
      );
    case 'glossary':
      return (
        <Suspense>
          <GlossaryDialog onClose={close} />
        </Suspense>
      );
    case 'headlines':
      return (
        <Suspense>
          <HeadlinesDialog onClose={close} />
        </Suspense>
      );
    case 'lecture':
      return (
        <Suspense>
          <LectureDialog onClose={close} />
        </Suspense>
      );
    case 'film':
      return (
        <Suspense>
          <FilmDialog onClose={close} />
        </Suspense>
      );
    case 'own-model':
    case 'own-device':
      return (
        <Suspense>
          <OwnDialog of={dialog} onClose={close} />
        </Suspense>
      );
    case 'calibrate':
      return (
        <Suspense>
          <CalibrateDialog onClose={close} />
        </Suspense>
      );
  }
}
