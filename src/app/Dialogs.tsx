import { lazy } from 'react';
import { useStore } from 'zustand';
import { useT } from '../i18n/use-t.ts';
import { Dialog } from '../ui/controls/Dialog.tsx';
import { FactLine } from './FactLine.tsx';
import { Later } from './Later.tsx';
import { Scenario } from './Scenario.tsx';
import { ScenarioFoot } from './TopBar.tsx';
import { uiStore } from './ui-store.ts';
import type { Layout } from './use-layout.ts';

/** All but the scenario's, loaded when they are first needed. */
const later = {
  help: lazy(() => import('./HelpDialog.tsx')),
  palette: lazy(() => import('./palette/PaletteDialog.tsx')),
  engines: lazy(() => import('./EnginesDialog.tsx')),
  policy: lazy(() => import('./PolicyDialog.tsx')),
  layouts: lazy(() => import('./LayoutsDialog.tsx')),
  learned: lazy(() => import('./LearnedDialog.tsx')),
  gallery: lazy(() => import('./GalleryDialog.tsx')),
  glossary: lazy(() => import('./GlossaryDialog.tsx')),
  headlines: lazy(() => import('./HeadlinesDialog.tsx')),
  lecture: lazy(() => import('./LectureDialog.tsx')),
  film: lazy(() => import('./FilmDialog.tsx')),
  calibrate: lazy(() => import('./CalibrateDialog.tsx')),
  'own-model': lazy(() => import('./OwnDialog.tsx').then((m) => ({ default: m.OwnModelDialog }))),
  'own-device': lazy(() => import('./OwnDialog.tsx').then((m) => ({ default: m.OwnDeviceDialog }))),
};

/** The dialog that is open, if one is. */
export function Dialogs({ layout }: { readonly layout: Layout }) {
  const t = useT();
  const dialog = useStore(uiStore, (s) => s.dialog);
  const { close } = uiStore.getState();
  if (dialog === null) return null;
  if (dialog !== 'scenario') {
    const Open = later[dialog];
    return (
      <Later key={dialog} onLost={close}>
        <Open onClose={close} />
      </Later>
    );
  }
  return layout === 'wide' ? null : (
    <Dialog title={t('scenario.title')} look={layout === 'phone' ? 'sheet' : 'drawer'} onClose={close}>
      <FactLine />
      <Scenario />
      {layout === 'phone' && <ScenarioFoot />}
    </Dialog>
  );
}
