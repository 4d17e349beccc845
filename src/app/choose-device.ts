import { addMessages, translator } from '../i18n/i18n.ts';
import { modelNamed } from '../scenario/hardware.ts';
import { precisionOf } from '../scenario/phases/precision.ts';
import { withValue } from '../scenario/value.ts';
import type { DeviceProfile } from '../sim/gpu/device.ts';
import { preferencesStore } from '../state/preferences.ts';
import type { Session } from '../state/session.ts';
import { uiStore } from './ui-store.ts';

/**
 * Simulates on a device from now on. Where the scenario's model does not fit there, one that does takes its place in the
 * same change, and that is said: undoing brings both back.
 */
export async function chooseDevice(session: Session, value: string, profile: DeviceProfile): Promise<void> {
  // What fits is worked out by what the first visit does not load.
  const [{ withFittingModel }, { own }] = await Promise.all([
    import('../scenario/fit.ts'),
    import('../i18n/messages/own.ts'),
  ]);
  addMessages(own);
  const { knobs, replace, problems } = session.scenario.getState();
  const wanted = withValue(knobs, 'device', value);
  const model = modelNamed(knobs.model);
  const fitting = model === undefined ? wanted : withFittingModel(wanted, model, profile);
  replace(fitting ?? wanted, problems);
  const t = translator(preferencesStore.getState().language);
  const { say } = uiStore.getState();
  if (fitting === null) say(t('own.none-fits', { device: profile.name }));
  else if (fitting !== wanted) {
    const instead = modelNamed(fitting.model)?.name ?? fitting.model;
    const values = { wanted: model?.name ?? knobs.model, device: profile.name, model: instead };
    say(t('own.adapted', { ...values, precision: precisionOf(fitting).weights }));
  }
}
