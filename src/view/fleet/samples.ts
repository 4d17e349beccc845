/** Fleets that several tests look at, and moments of them. */

import type { FleetResult } from '../../protocol/fleet.ts';
import { simulatedFleet, splitFleet, storeConfig, storeFleet, troubled } from './testing.ts';

/** Moments of a run, its events and the times between them. */
export function momentsOf({ events, summary, lives }: FleetResult): readonly number[] {
  const times = [...events.timeUs, ...lives.startUs, ...lives.endUs, 0, summary.durationUs / 3, summary.durationUs];
  return times.flatMap((us) => [us - 1, us, us + 1]).filter((us) => us >= 0 && us < summary.durationUs);
}

const scaling = { least: 6, targetInFlight: 10, everyUs: 500_000, startUs: 1_500_000, calmUs: 1_500_000 };
export const four = simulatedFleet(4, troubled);
export const sixteen = simulatedFleet(16, { ...troubled, scaling, perReplicaS: 8 });
export const shedding = simulatedFleet(4, {
  ...troubled,
  perReplicaS: 24,
  client: { timeoutUs: 1_500_000, retries: 0, backoffUs: 1 },
});

/** Fewer of them, for longer. */
export const three = simulatedFleet(3, { perReplicaS: 16, seconds: 12 });

/** The decoding side is full; the links are slow; there is room everywhere. */
export const full = splitFleet();
export const slow = splitFleet({ blocks: 1_200, bytesPerS: 3e8 });
export const roomy = splitFleet({ blocks: 400 });

/** Conversations whose turns go round, and a store with room for a part of what is said. */
export const sharing = storeFleet();

/** Prefill and decode apart, and a store beside that. */
export const splitSharing = splitFleet({ blocks: 1_200, turnsOfTalk: 5, store: storeConfig(3) });

/** One of three that decode turns to prefill. */
export const turning = splitFleet({ prefills: 1, decodes: 3, blocks: 1_200, turns: true, perReplicaS: 11 });
