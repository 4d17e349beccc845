import { useT } from '../i18n/use-t.ts';
import { thisGpu } from '../scenario/registry.ts';
import { Dialog } from '../ui/controls/Dialog.tsx';
import { CalibratePanel } from '../view/calibrate/CalibratePanel.tsx';
import { useSession } from '../view/session-context.ts';

/** Measures the visitor's GPU and, when asked to, simulates on it. A default export because it is loaded lazily. */
export default function CalibrateDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useT();
  const session = useSession();
  return (
    <Dialog title={t('scenario.measureGpu')} onClose={onClose}>
      <CalibratePanel
        onDevice={() => {
          session.scenario.getState().set('device', thisGpu);
          onClose();
        }}
      />
    </Dialog>
  );
}
