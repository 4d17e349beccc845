import type { Call } from '../protocol/messages.ts';
import { caller, type Port } from '../protocol/rpc.ts';
import script from '../worker/simulation-worker.ts?worker&url';

/**
 * Starts the simulation worker; the returned function calls it. Throws where the browser lets the page start none;
 * `onFailure` is called with the reason, which may be '', when its script cannot be loaded or ends with an error.
 */
export function startWorker(onFailure: (reason: string) => void): Call {
  const worker = createWorker(new URL(script, location.href).href);
  worker.onerror = (event) => onFailure(event.message ?? '');
  return caller(worker as unknown as Port);
}

function createWorker(address: string): Worker {
  try {
    return new Worker(address, { type: 'module', name: 'simulation' });
  } catch {
    // A frame of opaque origin may start no worker from an address and no module worker at all.
    const blob = new Blob([importing(address)], { type: 'text/javascript' });
    return new Worker(URL.createObjectURL(blob), { name: 'simulation' });
  }
}

/** A script that imports the module, and then hands it the messages that came too early for it. */
const importing = (address: string) => `
  const early = [];
  onmessage = (event) => early.push(event);
  import(${JSON.stringify(address)}).then(
    () => early.forEach((event) => onmessage(event)),
    (error) => setTimeout(() => { throw error; }),
  );
`;
