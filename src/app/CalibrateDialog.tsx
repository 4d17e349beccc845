import { lazy, Suspense, useState } from 'react';
import { useStore } from 'zustand';
import { toProfile } from '../calibrate/profile.ts';
import type { CalibrationResult } from '../calibrate/result.ts';
import { addMessages } from '../i18n/i18n.ts';
import { calibrate } from '../i18n/messages/calibrate.ts';
import { calibrateFit } from '../i18n/messages/calibrate-fit.ts';
import { useT } from '../i18n/use-t.ts';
import { thisGpu } from '../scenario/shared-knobs.ts';
import { thisGpuStore } from '../state/this-gpu.ts';
import { Choice } from '../ui/controls/Choice.tsx';
import { Dialog } from '../ui/controls/Dialog.tsx';
import { CalibratePanel } from '../view/calibrate/CalibratePanel.tsx';
import { useSession } from '../view/session-context.ts';
import { chooseDevice } from './choose-device.ts';
import { saveGpu } from './saved-gpu.ts';

addMessages(calibrate);
addMessages(calibrateFit);

const CalibrationFit = lazy(() => import('../view/calibrate/CalibrationFit.tsx'));
const DeviceEvidence = lazy(() => import('../view/calibrate/DeviceEvidence.tsx'));

const parts = ['measure', 'fit', 'devices'] as const;

/**
 * Measures the visitor's GPU and, when asked to, simulates on it; shows how well the model fits what was measured, and what is
 * known of every device. A default export because it is loaded lazily.
 */
export default function CalibrateDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useT();
  const session = useSession();
  const measured = useStore(thisGpuStore, (s) => s.profile);
  const [part, setPart] = useState<(typeof parts)[number]>('measure');
  const [result, setResult] = useState<CalibrationResult | null>(null);
  return (
    <Dialog title={t('scenario.measureGpu')} look="wide" onClose={onClose}>
      <Choice
        className="calibrate-parts"
        look="segments"
        label={t('fit.part')}
        value={part}
        options={parts.map((each) => ({ value: each, label: t(`fit.part.${each}`) }))}
        onChange={setPart}
      />
      {/* A measurement goes on while another part is read. */}
      <div hidden={part !== 'measure'}>
        <CalibratePanel
          onResult={setResult}
          onDevice={(result, memoryBytes) => {
            const profile = toProfile(result, memoryBytes);
            saveGpu(profile);
            thisGpuStore.setState({ profile });
            void chooseDevice(session, thisGpu, profile);
            onClose();
          }}
        />
      </div>
      <Suspense>
        {part === 'fit' && <CalibrationFit result={result} />}
        {part === 'devices' && <DeviceEvidence own={measured} />}
      </Suspense>
    </Dialog>
  );
}
