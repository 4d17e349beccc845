/** What the lists of models, precisions and GPUs that decode say of each choice in the scenario. Loaded lazily: the first visit works out no memory. */

import { addMessages, type Translate } from '../i18n/i18n.ts';
import { own } from '../i18n/messages/own.ts';
import { deviceNamed } from '../scenario/device-named.ts';
import { type Fitting, fitIn, fittingOf } from '../scenario/fit.ts';
import { decodeDeviceOf } from '../scenario/fleet/knobs.ts';
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
  const decoding = deviceNamed(decodeDeviceOf(knobs)) ?? device;
  const sides = decoding === device ? [device] : [device, decoding];
  for (const choice of choices) {
    // A model has to fit on the GPUs of both sides; a GPU that decodes is a side by itself.
    const on = entry.name === 'decode-device' ? [deviceNamed(choice) ?? device] : sides;
    const remark = on
      .map((each) => fittingText(fittingOfChoice(entry, choice, knobs, each), t, format))
      .find((text) => text !== '');
    if (remark !== undefined) remarks.set(choice, remark);
  }
  return remarks;
}

function fittingOfChoice(entry: ChoiceKnob, choice: string, knobs: Knobs, device: DeviceProfile): Fitting {
  const model = modelNamed(entry.name === 'model' ? choice : knobs.model);
  if (model === undefined) return { kind: 'fits' };
  if (entry.name === 'model' || entry.name === 'decode-device') return fittingOf(knobs, model, device);
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
