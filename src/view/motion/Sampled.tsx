import { useEffect, useState } from 'react';
import { addMessages } from '../../i18n/i18n.ts';
import { motion as messages } from '../../i18n/messages/motion.ts';
import { useT } from '../../i18n/use-t.ts';
import { playbackStore } from '../../state/playback.ts';
import { useFormat } from '../../ui/use-format.ts';
import { sampledEvery, sampledFrames } from './pace.ts';

addMessages(messages);

/** Text that changes more often cannot be read. */
const everyMs = 500;

/** Says that not every step is drawn, while that is so. Only while playing. A default export because it is loaded lazily. */
export default function Sampled({ isShort }: { readonly isShort: boolean }) {
  const t = useT();
  const format = useFormat();
  const [every, setEvery] = useState(1);
  useEffect(() => {
    const steps: number[] = [];
    const unsubscribe = playbackStore.subscribe(({ frame }, { frame: before }) => {
      if (frame === null || frame === before) return;
      steps.push(frame.step);
      if (steps.length > sampledFrames + 1) steps.shift();
    });
    const timer = window.setInterval(() => setEvery(sampledEvery(steps)), everyMs);
    return () => {
      unsubscribe();
      window.clearInterval(timer);
    };
  }, []);
  if (every === 1) return null;
  return (
    <span className="position-time">
      {t(isShort ? 'motion.sampledShort' : 'motion.sampled', { count: format.count(every) })}
    </span>
  );
}
