import type { Call, CallOptions, Requests } from '../protocol/messages.ts';
import { buffersIn } from '../sim/buffers.ts';
import { WorkerGone } from './pool.ts';

export interface Workers {
  /** The worker that shows the run, which has a share of its own. */
  readonly call: Call;
  /** Others, which simulate whole runs or shares of one. */
  readonly callBeside: Call;
  /** How many those are at most. */
  readonly workersBeside: number;
}

/** Calls `run`. Where that is worth it all workers simulate a share of its fleet first; until the last share is there what is shown stays. */
export async function sharedRun(
  workers: Workers,
  input: Requests['run']['in'],
  options: CallOptions,
): Promise<Requests['run']['out']> {
  const { call } = workers;
  const { knobs, thisGpu } = input;
  const of = await call('shares', { knobs, thisGpu, most: workers.workersBeside + 1 }, { signal: options.signal });
  if (of === 1) return call('run', input, options);
  const shares = await simulateShares(workers, { knobs, thisGpu, of }, options);
  if (shares === null) return call('run', input, options);
  return call('run', { ...input, shares }, { ...options, transfer: buffersIn(shares) });
}

/** All shares; null where a worker is gone or cannot be started, so that one has to do it all. What fails by itself would fail there too. */
async function simulateShares(
  { call, callBeside }: Workers,
  { of, ...input }: Omit<Requests['share']['in'], 'which'>,
  { signal, onProgress }: CallOptions,
) {
  const rest = new AbortController();
  const signals = signal === undefined ? [rest.signal] : [signal, rest.signal];
  const fractions = new Float64Array(of);
  const simulate = (which: number) =>
    (which === 0 ? call : callBeside)(
      'share',
      { ...input, which, of },
      {
        signal: AbortSignal.any(signals),
        onProgress: ({ fraction }) => {
          fractions[which] = fraction;
          onProgress?.({ fraction: fractions.reduce((sum, one) => sum + one, 0) / of, count: 0 });
        },
      },
    );
  try {
    return await Promise.all(Array.from({ length: of }, (_, which) => simulate(which)));
  } catch (error) {
    // The others work for nothing.
    rest.abort();
    if (signal?.aborted || !(error instanceof WorkerGone)) throw error;
    return null;
  }
}
