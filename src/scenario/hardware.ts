/** The models that a scenario can name, and the texts of one's own: the built-in ones by id, one's own by all that they are. */

import { type ModelId, type ModelSpec, models } from '../sim/gpu/model.ts';
import { readOwnDevice, writeOwnDevice } from './own/device.ts';
import { modelOfOwn, readOwnModel, writeOwnModel } from './own/model.ts';
import { isOwn } from './own/text.ts';
import type { Result } from './result.ts';

/** The model under a value of knob `model`; undefined if it is none. */
export function modelNamed(value: string): ModelSpec | undefined {
  if (!isOwn(value)) return Object.hasOwn(models, value) ? models[value as ModelId] : undefined;
  const own = readOwnModel(value);
  return own.ok ? modelOfOwn(own.value) : undefined;
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
