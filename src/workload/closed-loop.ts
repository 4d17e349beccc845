import { exponential, Purpose, uniform } from '../sim/random.ts';
import { type RequestSpec, RequestTable } from '../sim/request.ts';
import type { Source } from '../sim/source.ts';
import type { Bodies } from './lengths.ts';

export interface ClosedLoopOptions {
  /** Clients, each with at most one request in the system. All start at time 0 (after a think time, if there is one). */
  readonly clients: number;
  /** Requests of all clients together. */
  readonly requests: number;
  /** Mean time between an answer and the client's next request, exponentially distributed. 0 = asks again at once. */
  readonly thinkS: number;
  /** Clients begin at random times in `0 .. startSpreadS`; left out: all at time 0. */
  readonly startSpreadS?: number;
  readonly seed: number;
  /**
   * What client c asks in its turn k: body number `k * clients + c`. A client's own requests are therefore the same
   * under every policy, whichever client is served first.
   */
  readonly bodies: Bodies;
}

interface Pending {
  readonly arrivalUs: number;
  readonly client: number;
}

interface Saved {
  readonly sent: number;
  readonly turns: readonly number[];
  readonly pending: readonly Pending[];
}

/**
 * Clients that wait for their answer before they ask again. The load therefore follows the server: a slow one is asked
 * less often. Requests of equal time are sent in order of client number.
 */
export function closedLoopSource(options: ClosedLoopOptions): Source {
  const { clients, seed, bodies } = options;
  const table = new RequestTable(Math.max(1, options.requests));
  const clientOf = new Int32Array(options.requests);
  const turns = new Int32Array(clients);
  /** Rows of the table that this source has sent since the start or the last restore. */
  let sent = 0;
  /** Known next requests, by time, then by client. */
  let pending: Pending[] = [];

  function ask(client: number, fromUs: number): void {
    const thinkUs =
      options.thinkS > 0
        ? Math.floor(exponential(seed, Purpose.think, turns[client] * clients + client, 0) * options.thinkS * 1e6 + 0.5)
        : 0;
    const next = { arrivalUs: fromUs + thinkUs, client };
    let at = pending.length;
    while (at > 0 && isBefore(next, pending[at - 1])) at--;
    pending.splice(at, 0, next);
  }

  function send({ arrivalUs, client }: Pending): void {
    const row = sent++;
    clientOf[row] = client;
    const index = turns[client]++ * clients + client;
    // After a restore the rows that follow are in the table already.
    if (row < table.count) return;
    const spec: { -readonly [K in keyof RequestSpec]: RequestSpec[K] } = {
      arrivalUs,
      promptTokens: 0,
      outputTokens: 0,
      session: client,
    };
    bodies(index, spec);
    table.push(spec);
  }

  const startSpreadUs = (options.startSpreadS ?? 0) * 1e6;
  for (let client = 0; client < clients; client++)
    ask(client, startSpreadUs > 0 ? Math.floor(uniform(seed, Purpose.arrival, client, 0) * startSpreadUs) : 0);

  return {
    requests: table,
    classes: ['request'],
    next(nowUs) {
      let due = 0;
      while (due < pending.length && pending[due].arrivalUs <= nowUs && sent < options.requests) send(pending[due++]);
      if (due > 0) pending = pending.slice(due);
      return sent < options.requests && pending.length > 0 ? pending[0].arrivalUs : Number.POSITIVE_INFINITY;
    },
    finished(request, nowUs) {
      ask(clientOf[request], nowUs);
    },
    save(): Saved {
      return { sent, turns: [...turns], pending: [...pending] };
    },
    restore(state) {
      // Only what `save` of this source returned ever comes back here.
      const saved = state as Saved;
      sent = saved.sent;
      turns.set(saved.turns);
      pending = [...saved.pending];
    },
  };
}

function isBefore(a: Pending, b: Pending): boolean {
  return a.arrivalUs < b.arrivalUs || (a.arrivalUs === b.arrivalUs && a.client < b.client);
}
