/** The calibration panel alone, for tests. */

import { createRoot } from 'react-dom/client';
import { toProfile } from '../../src/calibrate/profile.ts';
import { addMessages } from '../../src/i18n/i18n.ts';
import { calibrate } from '../../src/i18n/messages/calibrate.ts';
import '../../src/ui/base.css';
import { useThemeVariables } from '../../src/ui/use-theme.ts';
import { CalibratePanel } from '../../src/view/calibrate/CalibratePanel.tsx';

addMessages(calibrate);

function Page() {
  useThemeVariables();
  return (
    <CalibratePanel
      onDevice={(result, memoryBytes) => {
        const output = document.getElementById('device');
        if (output) output.textContent = JSON.stringify(toProfile(result, memoryBytes));
      }}
    />
  );
}

const root = document.getElementById('root');
if (root) createRoot(root).render(<Page />);
