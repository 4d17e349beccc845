import { Lock } from 'lucide-react';
import { addMessages } from '../i18n/i18n.ts';
import { lecture as messages } from '../i18n/messages/lecture.ts';
import { useT } from '../i18n/use-t.ts';
import './lecture.css';

addMessages(messages);

/** Why a knob does not move. A default export because it is loaded lazily. */
export default function KnobLock() {
  const t = useT();
  return (
    <p className="knob-note knob-lock">
      <Lock aria-hidden="true" />
      {t('lecture.locked')}
    </p>
  );
}
