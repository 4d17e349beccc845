/** Everything that can stop a calibration, as data: the view turns each kind into a sentence and an advice. */

import type { Family } from './result.ts';

export type Failure =
  /** `navigator.gpu` is missing although the context is secure: the browser is too old or has WebGPU switched off. */
  | { readonly kind: 'no-webgpu' }
  /** `navigator.gpu` is missing because the page came over plain HTTP or from a file. */
  | { readonly kind: 'insecure-context' }
  /** The browser has WebGPU and no GPU to offer: a blocked driver, a virtual machine. */
  | { readonly kind: 'no-adapter' }
  /** The browser lets the page start no worker: a frame of opaque origin, a security policy, a script that did not load. */
  | { readonly kind: 'no-worker'; readonly detail: string }
  | { readonly kind: 'device-request-failed'; readonly detail: string }
  /** Not even the smallest working set could be allocated; `bytes` is the size of the last attempt. */
  | { readonly kind: 'out-of-memory'; readonly bytes: number }
  /** The device was lost, and lost again after one rebuild with smaller shapes. */
  | { readonly kind: 'device-lost'; readonly detail: string }
  /** A kernel gave another answer than the CPU, and no other kernel of its family was right. */
  | { readonly kind: 'wrong-result'; readonly kernel: string; readonly expected: number; readonly found: number }
  /** A hidden tab is throttled, so a run that was hidden for a moment is worth nothing. */
  | { readonly kind: 'page-hidden' }
  | { readonly kind: 'cancelled' }
  /** The GPU, or the worker, gave no sign of life for `afterMs`. */
  | { readonly kind: 'timed-out'; readonly phase: Phase; readonly afterMs: number }
  | { readonly kind: 'shader-error'; readonly kernel: string; readonly detail: string }
  /** The clock gave no usable time for any shape of a family. */
  | { readonly kind: 'no-usable-time'; readonly family: Family }
  /** An error that the API should not have raised: a fault of the benchmark or of the browser. */
  | { readonly kind: 'unexpected'; readonly detail: string };

/** What is being done, in the order in which it is done. */
export type Phase =
  | 'adapter'
  | 'compile'
  | 'allocate'
  | 'check'
  | 'warm-up'
  | 'overhead'
  | 'bandwidth'
  | 'gemm'
  | 'skinny'
  | 'decode-attention'
  | 'prefill-attention'
  | 'drift'
  | 'fit';

/** Carries a `Failure` through the benchmark's awaits; caught at its outermost level only. */
export class CalibrationError extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.kind);
    this.name = 'CalibrationError';
    this.failure = failure;
  }
}

/** The failure inside any thrown value. */
export function toFailure(thrown: unknown): Failure {
  if (thrown instanceof CalibrationError) return thrown.failure;
  return { kind: 'unexpected', detail: describeError(thrown) };
}

/** One line about any thrown value. */
export function describeError(thrown: unknown): string {
  if (thrown instanceof Error) return `${thrown.name}: ${thrown.message}`;
  return String(thrown);
}
