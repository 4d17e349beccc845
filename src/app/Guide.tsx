import { X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { addMessages } from '../i18n/i18n.ts';
import { guide as messages } from '../i18n/messages/guide.ts';
import { useT } from '../i18n/use-t.ts';
import { presetOfKnobs } from '../scenario/presets.ts';
import { differences } from '../scenario/value.ts';
import { playbackStore } from '../state/playback.ts';
import { preferencesStore } from '../state/preferences.ts';
import { runStore } from '../state/run.ts';
import { Button } from '../ui/controls/Button.tsx';
import { IconButton } from '../ui/controls/IconButton.tsx';
import { useFormat } from '../ui/use-format.ts';
import { useMotion } from '../ui/use-motion.ts';
import { type GuideFigures, guideFigures } from '../view/guide/model.ts';
import { useSession } from '../view/session-context.ts';
import { signed } from '../words/speech.ts';
import { uiStore } from './ui-store.ts';

addMessages(messages);

/** The token budget that cuts the long prompt into pieces that nobody notices. */
const knob = 'max-num-batched-tokens';
const tried = 512;

/** One sentence, one thing to try, and what came of it. A default export because it is loaded lazily. */
export default function Guide() {
  const t = useT();
  const format = useFormat();
  const session = useSession();
  const motion = useMotion();
  const knobs = useStore(session.scenario, (s) => s.knobs);
  const result = useStore(runStore, (s) => (s.status === 'done' ? s.result : null));
  const isPlaying = useStore(playbackStore, (s) => s.isPlaying);
  /** Of the scenario as it was offered, and as it is now; the last ones stay while the next are simulated. */
  const [before, setBefore] = useState<GuideFigures | null>(null);
  const [after, setAfter] = useState<GuideFigures | null>(null);
  const preset = presetOfKnobs(knobs);
  const isChanged = differences(knobs, preset.knobs).length > 0;

  useEffect(() => {
    if (result === null) return;
    const figures = guideFigures(result);
    if (isChanged) setAfter(figures);
    else {
      setBefore(figures);
      setAfter(null);
    }
  }, [result, isChanged]);

  /** The same moment again, under the other budget. */
  function set(tokens: number): void {
    session.seekTime(preset.startUs);
    session.scenario.getState().set(knob, tokens);
    if (motion === 'full') session.play();
  }

  if (before === null) return null;
  const duration = format.duration;
  return (
    <>
      <p className="guide-says" role="status">
        {after === null ? (
          <>
            {t('guide.see', { tokens: format.count(before.promptTokens), pause: duration(before.pauseUs) })}
            {!isPlaying && ` ${t('guide.play')}`}
          </>
        ) : (
          t('guide.outcome', {
            before: duration(before.pauseUs),
            after: duration(after.pauseUs),
            change: signed(after.pauseUs / before.pauseUs - 1, { format }),
            firstBefore: duration(before.firstTokenUs),
            firstAfter: duration(after.firstTokenUs),
          })
        )}
      </p>
      {after === null ? (
        <Button look="strong" onPress={() => set(tried)}>
          {t('guide.try', { value: format.count(tried) })}
        </Button>
      ) : (
        <>
          <Button onPress={() => set(preset.knobs[knob])}>
            {t('guide.back', { value: format.count(preset.knobs[knob]) })}
          </Button>
          <Button onPress={() => uiStore.getState().open('gallery')}>{t('guide.more')}</Button>
        </>
      )}
      <IconButton label={t('ui.dismiss')} onPress={() => preferencesStore.setState({ guide: 'done' })}>
        <X />
      </IconButton>
    </>
  );
}
