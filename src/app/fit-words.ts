/** What the lists of models and precisions say of each choice on the scenario's device. Loaded lazily: the first visit works out no memory. */

import { addMessages, type Translate } from '../i18n/i18n.ts';
import { own } from '../i18n/messages/own.ts';
import { deviceNamed } from '../scenario/device-named.ts';
import { type Fitting, fitIn, fittingOf } from '../scenario/fit.ts';
import { modelNamed } from '../scenario/hardware.ts';
import type { ChoiceKnob } from '../scenario/knob-entry.ts';
import type { Knobs } from '../scenario/knobs.ts';
import { thisGpu } from '../scenario/shared-knobs.ts';
import type { DeviceProfile } from '../sim/gpu/device.ts';
import { precisions } from '../sim/gpu/precision.ts';
import type { Format } from '../ui/use-format.ts';

addMessages(own);

/** A remark for every choice that does not fit as the scenario stands. `measured`: this computer's GPU. */
export function fitWords(
  entry: ChoiceKnob,
  choices: readonly string[],
  knobs: Knobs,
  measured: DeviceProfile | null,
  t: Translate,
  format: Format,
): ReadonlyMap<string, string> {
  const remarks = new Map<string, string>();
  const device = knobs.device === thisGpu ? measured : (deviceNamed(knobs.device) ?? null);
  if (device === null) return remarks;
  for (const choice of choices) {
    const remark = fittingText(fittingOfChoice(entry, choice, knobs, device), t, format);
    if (remark !== '') remarks.set(choice, remark);
  }
  return remarks;
}

function fittingOfChoice(entry: ChoiceKnob, choice: string, knobs: Knobs, device: DeviceProfile): Fitting {
  const model = modelNamed(entry.name === 'model' ? choice : knobs.model);
  if (model === undefined) return { kind: 'fits' };
  if (entry.name === 'model') return fittingOf(knobs, model, device);
  const weights = precisions.find((precision) => precision === choice);
  const fit = weights === undefined ? null : fitIn(knobs, model, device, weights);
  return fit === null || fit.missingBytes === 0 ? { kind: 'fits' } : { kind: 'missing', bytes: fit.missingBytes };
}

function fittingText(fitting: Fitting, t: Translate, format: Format): string {
  switch (fitting.kind) {
    case 'fits':
      return '';
    case 'fits-in':
      return t('own.fits-in', { precision: fitting.weights });
    case 'missing':
      return t('own.missing', { bytes: format.bytes(fitting.bytes) });
    case 'cannot-be-split':
      return t('own.not-split');
  }
}
