import type { RunAccount } from '../sim/metrics/recorder.ts';
import { Run } from '../sim/run.ts';
import { type Built, build, type Materials } from './build.ts';
import type { Knobs } from './knobs.ts';
import type { Result } from './result.ts';

export interface Simulated {
  readonly built: Built;
  readonly account: RunAccount & { readonly fingerprint: string };
}

/** Builds a scenario and simulates it to its end. */
export function simulateScenario(knobs: Knobs, materials: Materials): Result<Simulated> {
  const built = build(knobs, materials);
  if (!built.ok) return built;
  const { config, source, cost, device } = built.value;
  const run = new Run(config, source, cost, device.peakFlops, device.peakBytesPerS);
  run.advance(Number.POSITIVE_INFINITY);
  return { ok: true, value: { built: built.value, account: run.account() } };
}
