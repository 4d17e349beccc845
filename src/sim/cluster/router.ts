import type { RequestTable } from '../request.ts';

/** What a router may know of the instances it chooses among. Numbers that engines report may be as old as the fleet's `reportUs`. */
export interface FleetView {
  /** Instances, whether they are open or not. */
  readonly count: number;
  /** The fleet's requests; a request's number is its row here. */
  readonly requests: RequestTable;
  /** Whether the instance takes requests. */
  isOpen(instance: number): boolean;
  /** Requests sent there that have not ended: the router's own count. */
  inFlight(instance: number): number;
  /** Prompts of those and what they have generated, in tokens. */
  tokens(instance: number): number;
  /** Requests in the engine's queue, and those that hold a seat, as it reports. */
  waiting(instance: number): number;
  running(instance: number): number;
  /** Share of its KV blocks that are held, 0 to 1, as it reports. */
  kvUse(instance: number): number;
  /** Prompt tokens that it has to compute before a request that comes now. */
  tokensAhead(instance: number): number;
  /** Number of the choice that is made for a request now, another one with every try and part: for those who draw. */
  draw(request: number): number;
  /** Tokens of a request's prompt that its prefix cache holds now. */
  cachedTokens(instance: number, request: number): number;
  /** Tokens of a request's prompt that could be fetched now from the store that all share; 0 where there is none, or nobody here fetches. */
  storedTokens(request: number): number;
  /** Time in which tokens `from .. to - 1` of a prompt come from that store to an instance, behind all that flows there. */
  fetchUs(instance: number, from: number, to: number): number;
  /** Time of a step that computes so many tokens of one prompt, on top of `cachedTokens`: what a prefill takes there, alone and in one piece. */
  prefillUs(instance: number, newTokens: number, cachedTokens: number): number;
}

/** What a router answers that sends a request nowhere although instances are open: its scores say why. */
export const REFUSED = -2;

/**
 * Chooses an instance for each request. It gives every open instance a score, lower is better, so that it can be seen why;
 * what it asks of the view decides whether instances have to be simulated side by side.
 */
export interface Router {
  /**
   * Scores the open instances for a request. What stays NaN is out.
   * @param scores one entry an instance, all NaN before
   * @returns the chosen instance; -1 if none is open, `REFUSED` if none should take it
   */
  choose(request: number, nowUs: number, view: FleetView, scores: Float64Array): number;
  /** The request went there. */
  sent?(request: number, instance: number, nowUs: number, view: FleetView): void;
  /** A request that was sent has ended there, however. */
  ended?(request: number, instance: number): void;
  /** The instance is gone, and all that it had cached. */
  lost?(instance: number): void;
  /** It needs to know nothing of what instances do: they can be simulated one after the other. */
  readonly isBlind: boolean;
}

/** Which router, and what it is told. */
export interface RouterConfig {
  /** A name of `routers/routers.ts`. */
  readonly kind: string;
  /** For those that draw. */
  readonly seed: number;
  /** Values by the names of its settings; what is left out has its default. */
  readonly settings?: Readonly<Record<string, number | string | boolean>>;
}

/** The open instance with the lowest score, the first of equals; -1 if none has a score. */
export function lowest(scores: Float64Array): number {
  let best = -1;
  for (let i = 0; i < scores.length; i++)
    if (scores[i] < (best < 0 ? Number.POSITIVE_INFINITY : scores[best])) best = i;
  return best;
}
