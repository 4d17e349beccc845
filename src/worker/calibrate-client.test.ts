import { describe, expect, it } from 'vitest';
import type { FromWorker, ToWorker } from '../calibrate/messages.ts';
import { type MeasureOptions, measureThisGpu } from './calibrate-client.ts';

/** A worker that does what the test says, and a page that can be hidden. */
function stage(answer: (message: ToWorker, post: (message: FromWorker) => void, worker: FakeWorker) => void) {
  const worker: FakeWorker = {
    isTerminated: false,
    onmessage: null,
    onerror: null,
    postMessage: (message) => answer(message, (data) => worker.onmessage?.({ data }), worker),
    terminate: () => {
      worker.isTerminated = true;
    },
  };
  const page = Object.assign(new EventTarget(), { hidden: false });
  const measure = (options: MeasureOptions = {}) =>
    measureThisGpu({
      createWorker: () => worker as unknown as Worker,
      page: page as unknown as Document,
      silenceMs: 60_000,
      stopMs: 60_000,
      ...options,
    });
  return { worker, page, measure };
}

interface FakeWorker {
  isTerminated: boolean;
  onmessage: ((event: { data: FromWorker }) => void) | null;
  onerror: ((event: { message: string }) => void) | null;
  postMessage: (message: ToWorker) => void;
  terminate: () => void;
}

const gone: FromWorker = { kind: 'done', outcome: { ok: false, failure: { kind: 'no-adapter' } } };

describe('measureThisGpu', () => {
  it('passes on progress and the outcome, and ends the worker', async () => {
    const { worker, measure } = stage((message, post) => {
      if (message.kind !== 'start') return;
      queueMicrotask(() => {
        post({ kind: 'progress', progress: { phase: 'gemm', fraction: 0.5 } });
        post(gone);
      });
    });
    const fractions: number[] = [];
    const outcome = await measure({ onProgress: (p) => fractions.push(p.fraction) });
    expect(outcome).toEqual({ ok: false, failure: { kind: 'no-adapter' } });
    expect(fractions).toEqual([0.5]);
    expect(worker.isTerminated).toBe(true);
  });

  it('tells the worker to stop, and lets it answer', async () => {
    const controller = new AbortController();
    const { measure } = stage((message, post) => {
      if (message.kind === 'start') controller.abort();
      else post({ kind: 'done', outcome: { ok: false, failure: { kind: message.reason } } });
    });
    // The signal is heard from the moment the worker has been started.
    expect(await measure({ signal: controller.signal })).toEqual({ ok: false, failure: { kind: 'cancelled' } });
  });

  it('ends a worker that does not stop', async () => {
    const controller = new AbortController();
    const { worker, measure } = stage((message) => {
      if (message.kind === 'start') controller.abort();
    });
    const outcome = await measure({ signal: controller.signal, stopMs: 5 });
    expect(outcome).toEqual({ ok: false, failure: { kind: 'cancelled' } });
    expect(worker.isTerminated).toBe(true);
  });

  it('discards a run whose page was hidden', async () => {
    const { page, measure } = stage((message, post) => {
      if (message.kind === 'start') {
        page.hidden = true;
        page.dispatchEvent(new Event('visibilitychange'));
      } else post({ kind: 'done', outcome: { ok: false, failure: { kind: message.reason } } });
    });
    expect(await measure()).toEqual({ ok: false, failure: { kind: 'page-hidden' } });
  });

  it('does not start in a hidden page or after an abort', async () => {
    const { page, measure } = stage(() => {
      throw new Error('started');
    });
    expect(await measure({ signal: AbortSignal.abort() })).toEqual({ ok: false, failure: { kind: 'cancelled' } });
    page.hidden = true;
    expect(await measure()).toEqual({ ok: false, failure: { kind: 'page-hidden' } });
  });

  it('gives up a silent worker, and says in which phase it fell silent', async () => {
    const { worker, measure } = stage((message, post) => {
      if (message.kind === 'start') {
        queueMicrotask(() => post({ kind: 'progress', progress: { phase: 'compile', fraction: 0 } }));
      }
    });
    const outcome = await measure({ silenceMs: 20 });
    expect(outcome).toEqual({ ok: false, failure: { kind: 'timed-out', phase: 'compile', afterMs: 20 } });
    expect(worker.isTerminated).toBe(true);
  });

  it('reports a worker that throws, does not load, or must not be started', async () => {
    const failing = (message: string) =>
      stage((_, __, worker) => {
        queueMicrotask(() => worker.onerror?.({ message }));
      });
    expect(await failing('x is not a function').measure()).toMatchObject({
      failure: { kind: 'unexpected', detail: 'x is not a function' },
    });
    expect(await failing('').measure()).toMatchObject({ failure: { kind: 'no-worker' } });
    const createWorker = () => {
      throw new DOMException('not from here', 'SecurityError');
    };
    expect(await failing('').measure({ createWorker })).toEqual({
      ok: false,
      failure: { kind: 'no-worker', detail: 'SecurityError: not from here' },
    });
  });
});
