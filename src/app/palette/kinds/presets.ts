import { addMessages } from '../../../i18n/i18n.ts';
import { presetSentences } from '../../../i18n/messages/preset-sentences.ts';
import { isLocked } from '../../../scenario/lecture.ts';
import { presetKey, presets } from '../../../scenario/presets.ts';
import { choosePreset } from '../../choose-preset.ts';
import { once } from '../entry.ts';

addMessages(presetSentences);

/** Scenarios to start from. */
export const presetKind = once(({ session, t, names }) => {
  const { knobs, staging } = session.scenario.getState();
  const obstacle = isLocked(staging, 'preset') ? t('obstacle.locked') : undefined;
  const entries = presets.map(({ id }) => ({
    id: `preset.${id}`,
    names: [...names(presetKey(id, 'name')), id],
    detail: t(presetKey(id, 'see')),
    isOn: knobs.preset === id,
    obstacle,
    choose: () => choosePreset(session, id),
  }));
  return [{ heading: t('palette.presets'), entries }];
});
