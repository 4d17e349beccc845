/** The built simulation worker, the very file that browsers load, in a thread of Node. */

import { readdirSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Call } from '../../src/protocol/messages.ts';
import { caller, type Port } from '../../src/protocol/rpc.ts';

/** Where e2e/vite.config.ts puts what it builds. */
const assets = fileURLToPath(new URL('../../.cache/e2e-pages/assets/', import.meta.url));

/** Gives the thread the two globals of a browser's worker. Messages wait until the module has said how to hear them. */
const prelude = `
  const { parentPort, workerData } = require('node:worker_threads');
  globalThis.postMessage = (message, transfer) => parentPort.postMessage(message, transfer);
  import(workerData).then(() => parentPort.on('message', (data) => globalThis.onmessage({ data })));
`;

export interface NodeWorker {
  readonly call: Call;
  /** Rejects when the thread fails; never resolves. */
  readonly failure: Promise<never>;
  readonly end: () => Promise<unknown>;
}

export function startNodeWorker(): NodeWorker {
  const file = readdirSync(assets).find((name) => /^simulation-worker-.*\.js$/.test(name));
  if (file === undefined) throw new Error(`no simulation worker in ${assets}`);
  const worker = new Worker(prelude, { eval: true, workerData: pathToFileURL(assets + file).href });
  const port: Port = { onmessage: null, postMessage: (message) => worker.postMessage(message) };
  worker.on('message', (data) => port.onmessage?.({ data } as MessageEvent));
  const failure = new Promise<never>((_, reject) => worker.on('error', reject));
  return { call: caller(port), failure, end: () => worker.terminate() };
}
