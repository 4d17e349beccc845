/** From what a recording says of device, model and settings to a scenario. */

import type { Knobs, KnobValue } from '../../scenario/knobs.ts';
import { presetOf } from '../../scenario/presets.ts';
import { defaultOf, findKnob, registry } from '../../scenario/registry.ts';
import { checkValue, withChoice, withValue } from '../../scenario/value.ts';
import { type DeviceId, devices } from '../../sim/gpu/device.ts';
import { type ModelId, models } from '../../sim/gpu/model.ts';
import { Failure, quote } from '../failure.ts';

/** How servers name devices (`torch.cuda.get_device_name`), tables short ones; the first that fits. */
const deviceNames: readonly (readonly [name: RegExp, device: string])[] = [
  [/h200/i, 'h200'],
  [/h100/i, 'h100'],
  [/a100.*40/i, 'a100-40'],
  [/a100/i, 'a100-80'],
  [/a10g/i, 'a10g'],
  [/rtx.*4090/i, 'rtx-4090'],
  [/rtx.*pro.*6000/i, 'rtx-pro-6000'],
  [/\bl4\b/i, 'l4'],
  [/v100/i, 'v100'],
];

/** The device that a recording names. `where` is for the error. */
export function deviceNamed(name: string, where: string): DeviceId {
  const id = isKey(devices, name) ? name : deviceNames.find(([pattern]) => pattern.test(name))?.[1];
  if (id === undefined || !isKey(devices, id))
    throw new Failure(
      `${where}: ${quote(name)}: no profile of this device, expected ${Object.keys(devices).join('|')}`,
    );
  return id;
}

/** The model that a recording names, as on Hugging Face: `Qwen/Qwen3-32B` -> `qwen3-32b`. Variants tuned further have its shape. */
export function modelNamed(name: string, where: string): ModelId {
  const short = (name.split('/').at(-1) ?? '').toLowerCase();
  // The longest that begins it: `llama-3.1-8b-instruct` is `llama-3.1-8b`.
  const id = Object.keys(models)
    .filter((known) => short === known || short.startsWith(`${known}-`))
    .sort((a, b) => b.length - a.length)
    .at(0);
  if (id === undefined || !isKey(models, id))
    throw new Failure(`${where}: ${quote(name)}: no such model, expected ${Object.keys(models).join('|')}`);
  return id;
}

/** A knob that a recording sets, and the field that says so. */
export interface Setting {
  readonly knob: string;
  readonly value: KnobValue;
  readonly where: string;
}

/** An engine on a device with the engine's own defaults for it, and what a recording sets otherwise. */
export function scenarioOf(engine: string, device: DeviceId, model: ModelId, settings: readonly Setting[]): Knobs {
  let knobs = withChoice({ ...presetOf('trace').knobs, device, model }, 'engine', engine);
  for (const entry of registry()) {
    const rule = 'rule' in entry ? entry.rule : undefined;
    if (rule !== undefined && defaultOf(entry, engine) === entry.default)
      knobs = withValue(knobs, entry.name, rule(devices[device]));
  }
  return settings.reduce(withSetting, knobs);
}

function withSetting(knobs: Knobs, { knob, value, where }: Setting): Knobs {
  const entry = findKnob(knob);
  if (entry === undefined) throw new Error(`no such knob: ${knob}`);
  const checked = checkValue(entry, value);
  if (!checked.ok) throw new Failure(`${where}: found ${quote(String(value))}, expected ${checked.expected}`);
  return withChoice(knobs, knob, checked.value);
}

function isKey<T extends object>(table: T, key: string): key is Extract<keyof T, string> {
  return Object.hasOwn(table, key);
}
