/** The worker that owns the GPU: runs one benchmark, reports progress, hears a stop between any two waits, and answers once. */

import { runBenchmark } from '../calibrate/benchmark.ts';
import type { FromWorker, ToWorker } from '../calibrate/messages.ts';

const scope = self as unknown as DedicatedWorkerGlobalScope;
const controller = new AbortController();

const post = (message: FromWorker) => scope.postMessage(message);

scope.onmessage = (event: MessageEvent<ToWorker>) => {
  const message = event.data;
  switch (message.kind) {
    case 'start':
      void start();
      return;
    case 'stop':
      controller.abort(message.reason);
      return;
  }
};

async function start(): Promise<void> {
  const host = { gpu: scope.navigator.gpu, isSecureContext: scope.isSecureContext, now: () => performance.now() };
  const outcome = await runBenchmark(host, {
    signal: controller.signal,
    onProgress: (progress) => post({ kind: 'progress', progress }),
  });
  post({ kind: 'done', outcome });
}
