/** Compiles programs, and says what is wrong with one that does not compile. */

import type { Session } from './device.ts';
import { CalibrationError, describeError } from './failure.ts';
import type { Program } from './kernels/kernel.ts';

/** A pipeline, or why there is none. */
export type Compiled =
  | { readonly ok: true; readonly pipeline: GPUComputePipeline }
  /** The compiler's first error and its line. */
  | { readonly ok: false; readonly detail: string };

/** Throws `CalibrationError` shader-error if the program does not compile. */
export async function compile(session: Session, program: Program): Promise<GPUComputePipeline> {
  const compiled = await session.wait(startCompiling(session.device, program));
  if (compiled.ok) return compiled.pipeline;
  throw new CalibrationError({ kind: 'shader-error', kernel: program.id, detail: compiled.detail });
}

/** Begins to compile; several may be under way at once. Never rejected. */
export async function startCompiling(device: GPUDevice, program: Program): Promise<Compiled> {
  // A broken shader also raises a validation error; the scope keeps it from being reported as unexpected.
  device.pushErrorScope('validation');
  const module = device.createShaderModule({ label: program.id, code: program.code });
  const moduleError = device.popErrorScope();
  try {
    const pipeline = await device.createComputePipelineAsync({
      label: program.id,
      layout: 'auto',
      compute: { module, entryPoint: 'main' },
    });
    const error = await moduleError;
    return error ? { ok: false, detail: await explain(module, error.message) } : { ok: true, pipeline };
  } catch (thrown) {
    // A device that is lost meanwhile rejects these too; whoever waits on the session hears of the loss.
    const detail = await explain(module, describeError(thrown)).catch(describeError);
    moduleError.catch(() => undefined);
    return { ok: false, detail };
  }
}

async function explain(module: GPUShaderModule, otherwise: string): Promise<string> {
  const info = await module.getCompilationInfo();
  const first = info.messages.find((message) => message.type === 'error');
  return first ? `line ${first.lineNum}: ${first.message}` : otherwise;
}
