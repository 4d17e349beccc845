/** The models and devices that a scenario can name: the built-in ones by id, one's own by all that they are. */

import { type DeviceProfile, devices } from '../sim/gpu/device.ts';
import { type ModelSpec, models } from '../sim/gpu/model.ts';
import { deviceOfOwn, readOwnDevice, writeOwnDevice } from './own/device.ts';
import { modelOfOwn, readOwnModel, writeOwnModel } from './own/model.ts';
import { isOwn } from './own/text.ts';
import type { Result } from './result.ts';

/** The model under a value of knob `model`; undefined if it is none. */
export function modelNamed(value: string): ModelSpec | undefined {
  if (!isOwn(value)) return find(models, value);
  const own = readOwnModel(value);
  return own.ok ? modelOfOwn(own.value) : undefined;
}

/** The device under a value of knob `device`; undefined if it is none, or the visitor's own GPU. */
export function deviceNamed(value: string): DeviceProfile | undefined {
  if (!isOwn(value)) return find(devices, value);
  const own = readOwnDevice(value);
  return own.ok ? deviceOfOwn(own.value) : undefined;
}

/** A value of knob `model` that holds a model of one's own, written the one way that equal ones are written. */
export function ownModelText(text: string): Result<string> {
  const own = readOwnModel(text);
  return own.ok ? { ok: true, value: writeOwnModel(own.value) } : own;
}

/** The same of knob `device`. */
export function ownDeviceText(text: string): Result<string> {
  const own = readOwnDevice(text);
  return own.ok ? { ok: true, value: writeOwnDevice(own.value) } : own;
}

/** A table's entry under a name that comes from outside. */
function find<T>(table: Readonly<Record<string, T>>, id: string): T | undefined {
  return Object.hasOwn(table, id) ? table[id] : undefined;
}
