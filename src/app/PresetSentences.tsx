import { addMessages } from '../i18n/i18n.ts';
import { presetSentences } from '../i18n/messages/preset-sentences.ts';
import { useT } from '../i18n/use-t.ts';
import { type PresetId, presetKey } from '../scenario/presets.ts';

addMessages(presetSentences);

/** What there is to see in a preset, and what to try. A default export because it is loaded lazily. */
export default function PresetSentences({ preset }: { readonly preset: PresetId }) {
  const t = useT();
  return (
    <>
      <p>{t(presetKey(preset, 'see'))}</p>
      <p className="scenario-try">
        <strong>{t('scenario.try')}</strong> {t(presetKey(preset, 'try'))}
      </p>
    </>
  );
}
