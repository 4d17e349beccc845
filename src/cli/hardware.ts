/** `--model` and `--device`: a name, or a file of one's own. */

import { basename } from 'node:path';
import { writeOwnDevice } from '../scenario/own/device.ts';
import { readDeviceFile } from '../scenario/own/device-file.ts';
import { writeOwnModel } from '../scenario/own/model.ts';
import { readModelFile } from '../scenario/own/model-config.ts';
import { ownName } from '../scenario/own/text.ts';
import type { Result } from '../scenario/result.ts';
import type { Terminal } from './command.ts';
import { Failure, problemLine } from './failure.ts';
import { readText } from './load.ts';

/** The usage lines of both. */
export const hardwareHelp = `  --model NAME|FILE a model by name, the config.json of one (Hugging Face), or a JSON file of its fields
  --device NAME|FILE
                    a device by name, or a JSON file: { "name", "memory": GiB, "bandwidth": GB/s, "bf16": TFLOP/s, and if
                    known "fp8", "int8" (TFLOP/s), "link", "host-link" (GB/s each way), "launch" (microseconds) }`;

/** The value of knob `model` under a name or in a file; what was assumed is noted. */
export async function modelValue(given: string, io: Terminal): Promise<string> {
  if (!isFile(given)) return given;
  const { own, notes } = orFail(readModelFile(await readText(given, 'config.json of a model'), given, stem(given)));
  for (const note of notes) io.note(problemLine({ where: given, ...note }));
  return writeOwnModel(own);
}

/** The value of knob `device` under a name or in a file. */
export async function deviceValue(given: string): Promise<string> {
  if (!isFile(given)) return given;
  return writeOwnDevice(orFail(readDeviceFile(await readText(given, 'JSON file of a device'), given, stem(given))));
}

/** Names have no ending. */
function isFile(given: string): boolean {
  return given.endsWith('.json');
}

/** What a file without a name of its own is called: `config.json` says nothing, so its folder does. */
function stem(path: string): string {
  const name = basename(path, '.json');
  const parts = path.split(/[\\/]/);
  return ownName(name === 'config' && parts.length > 1 ? parts[parts.length - 2] : name) || 'own';
}

function orFail<T>(read: Result<T>): T {
  if (!read.ok) throw new Failure(read.problems.map(problemLine).join('; '));
  return read.value;
}
