/** What becomes of requests in a fleet, and what happens in it. Apart from the fleet, so that who reads it needs no simulation. */

/** What became of a request for good. */
export const Fate = {
  open: 0,
  finished: 1,
  /** An engine can never serve it. */
  refused: 2,
  /** Every try met a full fleet, or a router that refused it. */
  shed: 3,
  /** Every try met a fleet without an open instance. */
  unserved: 4,
  /** The client gave up its last try. */
  timedOut: 5,
  /** The instance of its last try died. */
  lost: 6,
} as const;
export type Fate = (typeof Fate)[keyof typeof Fate];

/** What happens in a fleet beside routing. */
export const FleetEventKind = {
  died: 0,
  started: 1,
  scaledUp: 2,
  scaledDown: 3,
  timedOut: 4,
  shed: 5,
  retried: 6,
  /** It takes nothing new any more and will prefill: prompts queued while those that decode had room to spare. */
  turnsToPrefill: 7,
  /** The same to decode: KV ran short while no prompts queued. */
  turnsToDecode: 8,
} as const;
export type FleetEventKind = (typeof FleetEventKind)[keyof typeof FleetEventKind];

/** Something that happened in the fleet beside routing. Requests and blocks: what a death took with it. */
export interface FleetEvent {
  readonly timeUs: number;
  readonly kind: FleetEventKind;
  /** -1 = none. */
  readonly instance: number;
  readonly request: number;
  readonly requests: number;
  readonly blocks: number;
}
