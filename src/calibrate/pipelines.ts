/** Compiles kernels, and says what is wrong with one that does not compile. */

import type { Session } from './device.ts';
import { CalibrationError, describeError } from './failure.ts';

export interface Compiled {
  readonly id: string;
  readonly pipeline: GPUComputePipeline;
}

/** Throws `CalibrationError` shader-error with the compiler's first error and its line. */
export async function compile(
  session: Session,
  kernel: { readonly id: string; readonly code: string },
): Promise<Compiled> {
  const { device } = session;
  // A broken shader also raises a validation error; the scope keeps it from being reported as unexpected.
  device.pushErrorScope('validation');
  const module = device.createShaderModule({ label: kernel.id, code: kernel.code });
  const moduleError = device.popErrorScope();
  const pipeline = device
    .createComputePipelineAsync({ label: kernel.id, layout: 'auto', compute: { module, entryPoint: 'main' } })
    .then(
      (made) => ({ ok: true as const, made }),
      (thrown) => ({ ok: false as const, detail: describeError(thrown) }),
    );

  const error = await session.wait(moduleError);
  const outcome = await session.wait(pipeline);
  if (!error && outcome.ok) return { id: kernel.id, pipeline: outcome.made };

  const info = await session.wait(module.getCompilationInfo());
  const first = info.messages.find((message) => message.type === 'error');
  const detail = first
    ? `line ${first.lineNum}: ${first.message}`
    : (error?.message ?? (outcome.ok ? '' : outcome.detail));
  throw new CalibrationError({ kind: 'shader-error', kernel: kernel.id, detail });
}
