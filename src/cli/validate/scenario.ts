/** From what a recording says of device, model and settings to a scenario. */

import { deviceNamed } from '../../scenario/device-named.ts';
import type { Knobs, KnobValue } from '../../scenario/knobs.ts';
import { isOwn } from '../../scenario/own/text.ts';
import { presetOf } from '../../scenario/presets.ts';
import { defaultOf, findKnob, registry } from '../../scenario/registry.ts';
import { checkValue, withChoice, withValue } from '../../scenario/value.ts';
import { type DeviceId, type DeviceProfile, devices } from '../../sim/gpu/device.ts';
import { type ModelId, models } from '../../sim/gpu/model.ts';
import { Failure, meant, quote } from '../failure.ts';
import { withAssignments } from '../load.ts';
import type { ValidateOptions } from './format.ts';

/** How servers name devices (`torch.cuda.get_device_name`), tables short ones; the first that fits. */
const deviceNames: readonly (readonly [name: RegExp, device: string])[] = [
  [/h200/i, 'h200'],
  [/h100/i, 'h100'],
  [/a100.*40/i, 'a100-40'],
  [/a100/i, 'a100-80'],
  [/a800/i, 'a800'],
  [/a10g/i, 'a10g'],
  [/rtx.*4090/i, 'rtx-4090'],
  [/rtx.*pro.*6000/i, 'rtx-pro-6000'],
  [/\bl4\b/i, 'l4'],
  [/v100/i, 'v100'],
];

/** A profile for a device as a recording names it; undefined = there is none. */
export function findDevice(name: string): DeviceId | undefined {
  const id = isKey(devices, name) ? name : deviceNames.find(([pattern]) => pattern.test(name))?.[1];
  return id !== undefined && isKey(devices, id) ? id : undefined;
}

/** A model as Hugging Face names it: `Qwen/Qwen3-32B` -> `qwen3-32b`. Those tuned further have the shape of their base. */
export function findModel(name: string): ModelId | undefined {
  const short = (name.split('/').at(-1) ?? '').toLowerCase();
  // The longest that begins it.
  const id = Object.keys(models)
    .filter((known) => short === known || short.startsWith(`${known}-`))
    .sort((a, b) => b.length - a.length)
    .at(0);
  return id !== undefined && isKey(models, id) ? id : undefined;
}

/** The device that the options (one's own, too) or else the recording names, as the value of its knob. */
export function namedDevice(recorded: string, where: string, { device }: ValidateOptions): string {
  const name = device ?? recorded;
  if (isOwn(name)) return name;
  return (
    findDevice(name) ??
    unknown(name, device === undefined ? where : '--device', Object.keys(devices), 'glossary device')
  );
}

/** The model that the options (one's own, too) or else the recording names, as the value of its knob. */
export function namedModel(recorded: string, where: string, { model }: ValidateOptions): string {
  const name = model ?? recorded;
  if (isOwn(name)) return name;
  return (
    findModel(name) ?? unknown(name, model === undefined ? where : '--model', Object.keys(models), 'glossary model')
  );
}

function unknown(name: string, where: string, known: readonly string[], command: string): never {
  throw new Failure(`${where}: ${quote(name)}: not known, ${meant(name, known, command)}`);
}

/** A knob that a recording sets, and the field that says so. */
export interface Setting {
  readonly knob: string;
  readonly value: KnobValue;
  readonly where: string;
}

/** An engine on a device with the engine's own defaults for it, what a recording sets otherwise, and what the person does. */
export function scenarioOf(
  engine: string,
  device: string,
  model: string,
  settings: readonly Setting[],
  assignments: readonly string[] = [],
): Knobs {
  let knobs = withChoice({ ...presetOf('trace').knobs, device, model }, 'engine', engine);
  for (const entry of registry()) {
    const rule = 'rule' in entry ? entry.rule : undefined;
    if (rule !== undefined && defaultOf(entry, engine) === entry.default)
      knobs = withValue(knobs, entry.name, rule(profileOf(device)));
  }
  return withAssignments(settings.reduce(withSetting, knobs), assignments);
}

/** The profile under a value of knob `device` that is known to be one. */
export function profileOf(device: string): DeviceProfile {
  const profile = deviceNamed(device);
  if (profile === undefined) throw new Error(`no such device: ${device}`);
  return profile;
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
