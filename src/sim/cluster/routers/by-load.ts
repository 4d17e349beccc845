import { type FleetView, lowest, type Router } from '../router.ts';

/** A load to go by. */
export interface LoadKind {
  readonly source: string;
  readonly says: string;
  readonly load: (view: FleetView, instance: number) => number;
}

/** Loads by the name of the router that goes by them. */
export const loads = {
  'least-requests': {
    source: 'SGLang (total_requests), NGINX (least_conn), Splitwise (JSQ)',
    says: 'The fewest requests that were sent there and have not ended.',
    load: (view, i) => view.inFlight(i),
  },
  /** As long as nobody waits anywhere all instances are equal, and the first one is taken. */
  'least-waiting': {
    source: 'Vidur (lor)',
    says: "The fewest requests in the engine's queue; those that run do not count.",
    load: (view, i) => view.waiting(i),
  },
  'least-waiting-and-running': {
    source: '',
    says: 'The fewest requests that wait or run, as the engine reports.',
    load: (view, i) => view.waiting(i) + view.running(i),
  },
  /** `DPLBAsyncMPClient.get_core_engine_for_request`. */
  'vllm-data-parallel': {
    source: 'vLLM (data parallel)',
    says: 'The fewest requests as the engine reports, where one that waits counts four times.',
    load: (view, i) => 4 * view.waiting(i) + view.running(i),
  },
  'least-tokens': {
    source: 'SGLang (total_tokens)',
    says: 'The fewest tokens of prompts and outputs so far.',
    load: (view, i) => view.tokens(i),
  },
  'least-pending-tokens': {
    source: 'Splitwise (token JSQ)',
    says: 'The fewest prompt tokens that are still to be computed.',
    load: (view, i) => view.tokensAhead(i),
  },
} as const satisfies Record<string, LoadKind>;

/** Goes to the instance with the least load, the first of equals. */
export class LeastLoad implements Router {
  readonly isBlind = false;
  private readonly load: LoadKind['load'];

  constructor(load: LoadKind['load']) {
    this.load = load;
  }

  choose(_request: number, _nowUs: number, view: FleetView, scores: Float64Array): number {
    for (let i = 0; i < view.count; i++) if (view.isOpen(i)) scores[i] = this.load(view, i);
    return lowest(scores);
  }
}
