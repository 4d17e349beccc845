import type { Built } from '../scenario/build.ts';
import type { WholeAccount } from '../sim/cluster/whole-account.ts';
import { Run } from '../sim/run.ts';

export type Account = WholeAccount;

/** What a repetition must give again. */
interface Finished {
  readonly fingerprint: string;
}

export interface Timed<A extends Finished = Account> {
  readonly account: A;
  /** Wall milliseconds of the simulation alone: the best of all repetitions, and the first. */
  readonly wallMs: number;
  readonly coldMs: number;
  /**
   * User time of the process, its compiler, collector and other threads included: the mean over all repetitions but the first
   * (over the first if it is the only one). Unlike wall time it hardly depends on what else the machine does.
   */
  readonly cpuMs: number;
}

/** Simulates one engine to the end. */
export function simulateEngine({ config, source, cost, device }: Built): Account {
  const run = new Run(config, source, cost, device.peakFlops, device.peakBytesPerS);
  run.advance(Number.POSITIVE_INFINITY);
  return run.account();
}

/**
 * Simulates to the end, `repeat` times from scratch. The clock runs while steps are simulated and accounted; building the
 * scenario, its requests included, is outside (but inside where threads build it for themselves).
 */
export async function simulate<B, A extends Finished>(
  build: () => B,
  run: (built: B) => A | Promise<A>,
  repeat: number,
): Promise<Timed<A>> {
  let account: A | undefined;
  let coldMs = 0;
  let wallMs = Number.POSITIVE_INFINITY;
  let cpuMs = 0;
  let warmMs = 0;
  for (let i = 0; i < Math.max(1, repeat); i++) {
    const built = build();
    const startCpu = process.cpuUsage();
    const startMs = performance.now();
    const done = await run(built);
    const tookMs = performance.now() - startMs;
    const usedMs = process.cpuUsage(startCpu).user / 1000;
    if (i === 0) {
      coldMs = tookMs;
      cpuMs = usedMs;
    } else {
      warmMs += usedMs;
      cpuMs = warmMs / i;
    }
    wallMs = Math.min(wallMs, tookMs);
    if (account !== undefined && account.fingerprint !== done.fingerprint)
      throw new Error(`repetition ${i + 1} gave ${done.fingerprint}, the first ${account.fingerprint}`);
    account = done;
  }
  if (account === undefined) throw new Error('nothing was simulated');
  return { account, wallMs, coldMs, cpuMs };
}
