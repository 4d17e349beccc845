/** Reads a device of one's own from a file: `{ "name": "My card", "memory": 24, "bandwidth": 1008, "bf16": 165 }`, in the units of `device.ts`. */

import type { Result } from '../result.ts';
import { checkOwnDevice, type OwnDevice } from './device.ts';
import { jsonObject, numbersOf } from './json.ts';
import { ownName } from './text.ts';

/** `where` names the file in problems; `name` is the device's, where the file has none. */
export function readDeviceFile(text: string, where: string, name: string): Result<OwnDevice> {
  const content = jsonObject(text, where, 'a device, { "memory": GiB, "bandwidth": GB/s, "bf16": TFLOP/s, ... }');
  if (!content.ok) return content;
  const numbers = numbersOf(content.value);
  const given = content.value.name;
  const own = numbers.ok
    ? checkOwnDevice(typeof given === 'string' ? ownName(given) || name : name, numbers.value)
    : numbers;
  return own.ok ? own : { ok: false, problems: own.problems.map((problem) => ({ where, ...problem })) };
}
