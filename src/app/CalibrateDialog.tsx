import { toCeilings } from '../calibrate/ceilings.ts';
import { addMessages } from '../i18n/i18n.ts';
import { calibrate } from '../i18n/messages/calibrate.ts';
import { useT } from '../i18n/use-t.ts';
import { thisGpu } from '../scenario/shared-knobs.ts';
import { roughDevice } from '../sim/gpu/rough-device.ts';
import { thisGpuStore } from '../state/this-gpu.ts';
import { Dialog } from '../ui/controls/Dialog.tsx';
import { CalibratePanel } from '../view/calibrate/CalibratePanel.tsx';
import { useSession } from '../view/session-context.ts';
import { chooseDevice } from './choose-device.ts';
import { saveGpu } from './saved-gpu.ts';

addMessages(calibrate);

/** Measures the visitor's GPU and, when asked to, simulates on it. A default export because it is loaded lazily. */
export default function CalibrateDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useT();
  const session = useSession();
  return (
    <Dialog title={t('scenario.measureGpu')} onClose={onClose}>
      <CalibratePanel
        onDevice={(result, memoryBytes) => {
          const ceilings = toCeilings(result, memoryBytes);
          saveGpu(ceilings);
          const profile = roughDevice(ceilings);
          thisGpuStore.setState({ profile });
          void chooseDevice(session, thisGpu, profile);
          onClose();
        }}
      />
    </Dialog>
  );
}
