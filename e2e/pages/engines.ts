/** Runs every scenario in this browser's worker and posts the outcome to the address in `?report=`. */

import { startWorker } from '../../src/app/start-worker.ts';
import { allFingerprints } from '../engines/fingerprints.ts';

const address = new URLSearchParams(location.search).get('report') ?? '';

/** As plain text, so that the browser asks for no permission of the other port. */
const report = (outcome: object) => fetch(address, { method: 'POST', mode: 'no-cors', body: JSON.stringify(outcome) });
const failed = (error: string) => report({ error, agent: navigator.userAgent });

const call = startWorker((reason) => void failed(`the worker failed: ${reason}`));
allFingerprints(call).then(
  (found) => report({ found, agent: navigator.userAgent }),
  (error) => failed(String(error)),
);
