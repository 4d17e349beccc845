import { type FleetView, lowest, type Router } from '../router.ts';

/** What a router by load looks at. */
export type Load = (view: FleetView, instance: number) => number;

/** Loads by the name of the router that goes by them. */
export const loads = {
  /** Join the shortest queue: all that the router sent there and that has not ended. SGLang's `total_requests`, NGINX's `least_conn`. */
  'least-requests': (view, i) => view.inFlight(i),
  /**
   * Requests in the engine's queue alone. Vidur's `lor` counts these: as long as nobody waits anywhere all instances are
   * equal, and the first one is taken.
   */
  'least-waiting': (view, i) => view.waiting(i),
  /** Requests that wait and those that run, as the engine reports. */
  'least-waiting-and-running': (view, i) => view.waiting(i) + view.running(i),
  /** vLLM's balancer of data-parallel engines: who waits counts four times (`DPLBAsyncMPClient.get_core_engine_for_request`). */
  'vllm-data-parallel': (view, i) => 4 * view.waiting(i) + view.running(i),
  /** Prompts and outputs so far of all that is there, in tokens. */
  'least-tokens': (view, i) => view.tokens(i),
} as const satisfies Record<string, Load>;

/** Goes to the instance with the least load, the first of equals. */
export class LeastLoad implements Router {
  readonly isBlind = false;
  private readonly load: Load;

  constructor(load: Load) {
    this.load = load;
  }

  choose(_request: number, _nowUs: number, view: FleetView, scores: Float64Array): number {
    for (let i = 0; i < view.count; i++) if (view.isOpen(i)) scores[i] = this.load(view, i);
    return lowest(scores);
  }
}
