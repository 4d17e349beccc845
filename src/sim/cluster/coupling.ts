import type { Source } from '../source.ts';
import type { FleetConfig } from './fleet-config.ts';
import { createRouter } from './routers/routers.ts';

/** What leads from one engine of a fleet to another, or to a choice: as long as there is one of these, no engine can be simulated without the others. */
export type Coupling =
  /** Clients wait for their answers before they send more. */
  | 'clients'
  /** Prompts go from engine to engine. */
  | 'split'
  /** What one engine computes another one fetches from a store. */
  | 'store'
  /** The router looks at engines. */
  | 'router'
  /** Full engines send requests away. */
  | 'admission'
  /** Clients give up, and perhaps try elsewhere. */
  | 'time-outs'
  /** Engines die, and what they had goes elsewhere. */
  | 'failures'
  /** Engines come and go with the load. */
  | 'scaling';

type IsOpen = Pick<Source, 'isOpen'>;

/** What leads from an event of one engine straight to another engine, or to a choice; null = between two events of the fleet each engine can go on alone. */
export function directCouplingOf({ split, store }: FleetConfig, { isOpen }: IsOpen): Coupling | null {
  if (isOpen !== true) return 'clients';
  if (split !== null) return 'split';
  if (store !== null) return 'store';
  return null;
}

/** The first thing that couples the engines of a fleet; null = nothing does: who serves which request is known before any engine is simulated. */
export function couplingOf(config: FleetConfig, source: IsOpen): Coupling | null {
  const { router, admission, client, failures, wear, scaling } = config;
  const direct = directCouplingOf(config, source);
  if (direct !== null) return direct;
  if (!createRouter(router, config.instances.length).isBlind) return 'router';
  if (admission.maxInFlight > 0 || admission.maxTokensAhead > 0) return 'admission';
  if (client.timeoutUs > 0) return 'time-outs';
  if (failures.length > 0 || wear !== null) return 'failures';
  if (scaling !== null) return 'scaling';
  return null;
}
