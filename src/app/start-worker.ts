import type { Call } from '../protocol/messages.ts';
import { caller, type Port } from '../protocol/rpc.ts';

/** Starts the simulation worker; the returned function calls it. */
export function startWorker(): Call {
  const worker = new Worker(new URL('../worker/simulation-worker.ts', import.meta.url), {
    type: 'module',
    name: 'simulation',
  });
  return caller(worker as unknown as Port);
}
