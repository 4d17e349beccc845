/** The page's side of a calibration: one worker a run, ended whatever happens. */

import type { CalibrationProgress, Outcome } from '../calibrate/benchmark.ts';
import type { StopReason } from '../calibrate/device.ts';
import { describeError, type Phase } from '../calibrate/failure.ts';
import type { FromWorker, ToWorker } from '../calibrate/messages.ts';

export interface MeasureOptions {
  /** Cancels the run. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: CalibrationProgress) => void;
  /** For tests. */
  readonly createWorker?: () => Worker;
  readonly page?: Pick<Document, 'hidden' | 'addEventListener' | 'removeEventListener'>;
  /** A worker that says nothing for this long is given up. Longer than its own patience with the GPU. */
  readonly silenceMs?: number;
  /** Time for a worker to stop by itself. */
  readonly stopMs?: number;
}

const calibrateWorker = () =>
  new Worker(new URL('./calibrate-worker.ts', import.meta.url), { type: 'module', name: 'calibrate' });

/** Measures this machine's GPU. Never rejects: every failure is an outcome. */
export function measureThisGpu(options: MeasureOptions = {}): Promise<Outcome> {
  const { signal, onProgress, createWorker = calibrateWorker, page = document } = options;
  const { silenceMs = 30_000, stopMs = 2_000 } = options;

  return new Promise((resolve) => {
    if (signal?.aborted) return resolve({ ok: false, failure: { kind: 'cancelled' } });
    // Browsers throttle hidden pages, so times taken there say nothing about the GPU.
    if (page.hidden) return resolve({ ok: false, failure: { kind: 'page-hidden' } });

    let worker: Worker;
    try {
      worker = createWorker();
    } catch (thrown) {
      return resolve({ ok: false, failure: { kind: 'no-worker', detail: describeError(thrown) } });
    }
    let phase: Phase = 'adapter';
    let stopTimer: ReturnType<typeof setTimeout> | undefined;

    const finish = (outcome: Outcome) => {
      clearTimeout(silence);
      clearTimeout(stopTimer);
      signal?.removeEventListener('abort', onAbort);
      page.removeEventListener('visibilitychange', onVisibility);
      worker.terminate();
      resolve(outcome);
    };
    const onSilence = () => finish({ ok: false, failure: { kind: 'timed-out', phase, afterMs: silenceMs } });
    let silence = setTimeout(onSilence, silenceMs);

    const stop = (reason: StopReason) => {
      send(worker, { kind: 'stop', reason });
      stopTimer ??= setTimeout(() => finish({ ok: false, failure: { kind: reason } }), stopMs);
    };
    const onAbort = () => stop('cancelled');
    const onVisibility = () => {
      if (page.hidden) stop('page-hidden');
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    page.addEventListener('visibilitychange', onVisibility);

    worker.onmessage = (event: MessageEvent<FromWorker>) => {
      clearTimeout(silence);
      silence = setTimeout(onSilence, silenceMs);
      const message = event.data;
      switch (message.kind) {
        case 'progress':
          phase = message.progress.phase;
          onProgress?.(message.progress);
          return;
        case 'done':
          finish(message.outcome);
          return;
      }
    };
    worker.onerror = (event) => {
      // A script that could not be loaded gives an event without a message.
      const kind = event.message ? 'unexpected' : 'no-worker';
      finish({ ok: false, failure: { kind, detail: event.message || 'the script of the worker did not load' } });
    };
    send(worker, { kind: 'start' });
  });
}

function send(worker: Worker, message: ToWorker): void {
  worker.postMessage(message);
}
