import { toProfile } from '../calibrate/profile.ts';
import { addMessages } from '../i18n/i18n.ts';
import { calibrate } from '../i18n/messages/calibrate.ts';
import { useT } from '../i18n/use-t.ts';
import { Dialog } from '../ui/controls/Dialog.tsx';
import { CalibratePanel } from '../view/calibrate/CalibratePanel.tsx';
import { useSession } from '../view/session-context.ts';
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
          const profile = toProfile(result, memoryBytes);
          saveGpu(profile);
          // biome-ignore lint/correctness/useHookAtTopLevel: a method of the session, no hook
          session.useThisGpu(profile);
          onClose();
        }}
      />
    </Dialog>
  );
}
