import type { Built } from '../scenario/build.ts';
import type { RunAccount } from '../sim/metrics/recorder.ts';
import { Run } from '../sim/run.ts';

export type Account = RunAccount & { readonly fingerprint: string };

export interface Timed {
  readonly account: Account;
  /** Wall milliseconds of the simulation alone: the best of all repetitions, and the first. */
  readonly wallMs: number;
  readonly coldMs: number;
}

/**
 * Simulates to the end, `repeat` times from scratch. The clock runs while steps are simulated and accounted; building the
 * scenario, its requests included, is outside.
 */
export function simulate(build: () => Built, repeat: number): Timed {
  let account: Account | undefined;
  let coldMs = 0;
  let wallMs = Number.POSITIVE_INFINITY;
  for (let i = 0; i < Math.max(1, repeat); i++) {
    const { config, source, cost, device } = build();
    const startMs = performance.now();
    const run = new Run(config, source, cost, device.peakFlops, device.peakBytesPerS);
    run.advance(Number.POSITIVE_INFINITY);
    const done = run.account();
    const tookMs = performance.now() - startMs;
    if (i === 0) coldMs = tookMs;
    wallMs = Math.min(wallMs, tookMs);
    if (account !== undefined && account.fingerprint !== done.fingerprint)
      throw new Error(`repetition ${i + 1} gave ${done.fingerprint}, the first ${account.fingerprint}`);
    account = done;
  }
  if (account === undefined) throw new Error('nothing was simulated');
  return { account, wallMs, coldMs };
}
