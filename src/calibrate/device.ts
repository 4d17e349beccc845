/** Opens the GPU, and guards every wait against loss of the device, cancellation and silence. */

import { CalibrationError, describeError, type Failure, type Phase } from './failure.ts';

/** What the benchmark needs from where it runs: a worker, a page, or Node with Dawn. */
export interface Host {
  readonly gpu: GPU | undefined;
  readonly isSecureContext: boolean;
  /** A monotonic clock in milliseconds. */
  readonly now: () => number;
}

/** Who computes. The strings are whatever the browser discloses; all may be empty. */
export interface AdapterFacts {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  /** True if the "GPU" is a program on the CPU. */
  readonly isSoftware: boolean;
}

export interface Session {
  readonly device: GPUDevice;
  readonly adapter: AdapterFacts;
  /** Features the adapter offers, sorted. Of them `timestamp-query`, `subgroups` and `shader-f16` are asked for. */
  readonly features: readonly string[];
  /** Sizes that a subgroup can have; null without subgroups, or if the adapter does not say. */
  readonly subgroups: { readonly min: number; readonly max: number } | null;
  readonly maxBufferBytes: number;
  readonly maxBindingBytes: number;
  readonly now: () => number;
  /** Names what is being done, for a time-out's words. */
  setPhase(phase: Phase): void;
  /**
   * Waits for a promise of the API. Throws `CalibrationError`: device-lost, cancelled, page-hidden, timed-out, or unexpected if
   * the promise is rejected or the device reported an error that nobody was waiting for.
   */
  wait<T>(promise: Promise<T>): Promise<T>;
  close(): void;
}

export interface SessionOptions {
  readonly signal?: AbortSignal;
  /** Longest single wait, in milliseconds, before the GPU counts as silent. */
  readonly waitMs: number;
  /** Largest buffer wanted; the device is asked for as much of it as the adapter allows. */
  readonly bufferBytes: number;
  /** False measures by the wall clock even where timestamps are offered. */
  readonly useTimestamps?: boolean;
}

/** Passed to `AbortController.abort` to say why. */
export type StopReason = 'cancelled' | 'page-hidden';

/** A promise that was rejected because the device is going away is given this long to say so. */
const lossGraceMs = 1000;

/** Names under which CPU implementations of WebGPU are known. */
const softwareNames = /swiftshader|llvmpipe|lavapipe|softpipe|microsoft basic render/i;

/** Throws `CalibrationError` if there is no usable device. */
export async function openSession(host: Host, options: SessionOptions): Promise<Session> {
  const { gpu } = host;
  if (!gpu) throw new CalibrationError({ kind: host.isSecureContext ? 'no-webgpu' : 'insecure-context' });

  const guard = createGuard(options);
  guard.setPhase('adapter');
  const adapter = await guard.wait(gpu.requestAdapter({ powerPreference: 'high-performance' }));
  if (!adapter) throw new CalibrationError({ kind: 'no-adapter' });

  const wanted: GPUFeatureName[] = ['subgroups', 'shader-f16'];
  if (options.useTimestamps ?? true) wanted.push('timestamp-query');
  const requiredFeatures = wanted.filter((feature) => adapter.features.has(feature));
  const bytes = Math.min(options.bufferBytes, adapter.limits.maxBufferSize);
  const bindingBytes = Math.min(options.bufferBytes, adapter.limits.maxStorageBufferBindingSize);
  let device: GPUDevice;
  try {
    device = await guard.wait(
      adapter.requestDevice({
        requiredFeatures,
        requiredLimits: { maxBufferSize: bytes, maxStorageBufferBindingSize: bindingBytes },
      }),
    );
  } catch (thrown) {
    if (thrown instanceof CalibrationError && thrown.failure.kind !== 'unexpected') throw thrown;
    const detail = thrown instanceof CalibrationError ? failureDetail(thrown.failure) : describeError(thrown);
    throw new CalibrationError({ kind: 'device-request-failed', detail });
  }
  guard.watch(device);

  return {
    device,
    adapter: readAdapterFacts(adapter),
    features: [...adapter.features].sort(),
    subgroups: readSubgroups(adapter),
    maxBufferBytes: device.limits.maxBufferSize,
    maxBindingBytes: device.limits.maxStorageBufferBindingSize,
    now: host.now,
    setPhase: guard.setPhase,
    wait: guard.wait,
    close() {
      guard.close();
      device.destroy();
    },
  };
}

function readAdapterFacts(adapter: GPUAdapter): AdapterFacts {
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
  return {
    vendor,
    architecture,
    device,
    description,
    isSoftware: isFallbackAdapter === true || softwareNames.test(`${architecture} ${device} ${description}`),
  };
}

function readSubgroups({ features, info }: GPUAdapter): Session['subgroups'] {
  const { subgroupMinSize: min, subgroupMaxSize: max } = info;
  return features.has('subgroups') && min > 0 && max > 0 ? { min, max } : null;
}

function failureDetail(failure: Failure): string {
  return 'detail' in failure ? failure.detail : failure.kind;
}

interface Guard {
  setPhase(phase: Phase): void;
  watch(device: GPUDevice): void;
  wait<T>(promise: Promise<T>): Promise<T>;
  close(): void;
}

function createGuard({ signal, waitMs }: SessionOptions): Guard {
  let phase: Phase = 'adapter';
  let isClosing = false;
  let problem: Failure | undefined;
  /** Called with the failure that ends the wait now in progress. */
  let interrupt: ((failure: Failure) => void) | undefined;

  const stop = (failure: Failure) => {
    problem ??= failure;
    interrupt?.(problem);
  };
  const onAbort = () => stop({ kind: signal?.reason === 'page-hidden' ? 'page-hidden' : 'cancelled' });
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort();

  return {
    setPhase(next) {
      phase = next;
    },

    watch(device) {
      device.lost.then(
        (info) => {
          if (!isClosing) stop({ kind: 'device-lost', detail: info.message || info.reason });
        },
        (thrown) => stop({ kind: 'device-lost', detail: describeError(thrown) }),
      );
      device.addEventListener('uncapturederror', (event) => {
        event.preventDefault();
        stop({ kind: 'unexpected', detail: event.error.message });
      });
    },

    async wait(promise) {
      if (problem) {
        // Nobody will look at this promise any more; its rejection is a consequence of the problem.
        promise.catch(() => undefined);
        throw new CalibrationError(problem);
      }
      return new Promise((resolve, reject) => {
        const settle = (act: () => void) => {
          clearTimeout(timer);
          interrupt = undefined;
          act();
        };
        const timer = setTimeout(() => stop({ kind: 'timed-out', phase, afterMs: waitMs }), waitMs);
        interrupt = (failure) => settle(() => reject(new CalibrationError(failure)));
        promise.then(
          (value) => {
            if (interrupt) settle(() => resolve(value));
          },
          (thrown) => {
            if (!interrupt) return;
            // A lost device first rejects what was pending, then reports its loss.
            clearTimeout(timer);
            setTimeout(() => stop({ kind: 'unexpected', detail: describeError(thrown) }), lossGraceMs);
          },
        );
      });
    },

    close() {
      isClosing = true;
      signal?.removeEventListener('abort', onAbort);
    },
  };
}
