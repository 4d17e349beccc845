/**
 * Requests and answers over a message port. Written by hand because the libraries at hand lack one of transfer, cancel
 * and progress. Big columns are transferred, not copied: a handler gives away every buffer in its answer.
 */

import { buffersIn } from '../sim/buffers.ts';
import type { Call, CallOptions, Handlers, Progress, Requests } from './messages.ts';

type ToWorker =
  | { readonly kind: keyof Requests; readonly id: number; readonly input: unknown }
  | { readonly kind: 'cancel'; readonly id: number };

type FromWorker =
  | { readonly kind: 'answer'; readonly id: number; readonly output: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly name: string; readonly message: string }
  | { readonly kind: 'progress'; readonly id: number; readonly progress: Progress };

/** The part of a worker (or a message port) that is used. */
export interface Port {
  postMessage(message: unknown, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent) => void) | null;
}

interface Pending {
  readonly resolve: (output: never) => void;
  readonly reject: (error: Error) => void;
  readonly onProgress: CallOptions['onProgress'];
}

/** The page's end of a port. */
export function caller(port: Port): Call {
  const pending = new Map<number, Pending>();
  let lastId = 0;
  port.onmessage = (event) => {
    const message = event.data as FromWorker;
    const call = pending.get(message.id);
    if (call === undefined) return;
    if (message.kind === 'progress') {
      call.onProgress?.(message.progress);
      return;
    }
    pending.delete(message.id);
    if (message.kind === 'answer') call.resolve(message.output as never);
    else call.reject(Object.assign(new Error(message.message), { name: message.name }));
  };
  return (kind, input, { signal, onProgress, transfer = [] } = {}) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(aborted());
        return;
      }
      const id = ++lastId;
      pending.set(id, { resolve, reject, onProgress });
      signal?.addEventListener(
        'abort',
        () => {
          if (!pending.delete(id)) return;
          port.postMessage({ kind: 'cancel', id } satisfies ToWorker, []);
          reject(aborted());
        },
        { once: true },
      );
      port.postMessage({ kind, id, input } satisfies ToWorker, [...transfer]);
    });
}

/** The worker's end of a port. */
export function serve(port: Port, handlers: Handlers): void {
  const running = new Map<number, AbortController>();
  const post = (message: FromWorker, transfer: Transferable[] = []): void => port.postMessage(message, transfer);
  const answer = async <K extends keyof Requests>(kind: K, id: number, input: Requests[K]['in']): Promise<void> => {
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const output = await handlers[kind](input, controller.signal, (progress) =>
        post({ kind: 'progress', id, progress }),
      );
      if (!controller.signal.aborted) post({ kind: 'answer', id, output }, buffersIn(output));
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      if (!controller.signal.aborted) post({ kind: 'failure', id, name, message });
    } finally {
      running.delete(id);
    }
  };
  port.onmessage = (event) => {
    const message = event.data as ToWorker;
    if (message.kind === 'cancel') running.get(message.id)?.abort(aborted());
    else void answer(message.kind, message.id, message.input as never);
  };
}

/** The error of a call that was given up. */
export function aborted(): DOMException {
  return new DOMException('the call was cancelled', 'AbortError');
}
