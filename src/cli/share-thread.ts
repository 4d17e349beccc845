/** A thread that simulates a share of a fleet: this program once more, started with a job. */

import { parentPort, workerData } from 'node:worker_threads';
import type { Materials } from '../scenario/build.ts';
import type { Knobs } from '../scenario/knobs.ts';
import { buffersIn } from '../sim/buffers.ts';
import { type ShareRecord, shareOf, type Which } from '../sim/cluster/share.ts';
import { fleetOrFail } from './fleet-run.ts';

export interface ShareJob extends Which {
  readonly tokenyardShare: true;
  readonly knobs: Knobs;
  readonly materials: Materials;
  readonly hasRegrets: boolean;
}

/** Simulates the share that this thread was started for, if it was started for one. */
export function serveShare(): void {
  if (parentPort === null || !isShareJob(workerData)) return;
  const { knobs, materials, hasRegrets } = workerData;
  const { config, one } = fleetOrFail({ knobs, materials });
  const share = shareOf(config, one.source, workerData, hasRegrets);
  while (!share.advance(Number.POSITIVE_INFINITY));
  const record: ShareRecord = share.record();
  parentPort.postMessage(record, buffersIn(record));
}

function isShareJob(data: unknown): data is ShareJob {
  return typeof data === 'object' && data !== null && 'tokenyardShare' in data;
}
