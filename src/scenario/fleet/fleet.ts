/** Scenario -> a fleet: one engine as it is built alone, so many times over, behind a router. */

import type { FleetConfig, InstanceSpec } from '../../sim/cluster/fleet-config.ts';
import { type Built, build, type Materials } from '../build.ts';
import type { Knobs } from '../knobs.ts';
import type { Result } from '../result.ts';
import { fleetReader, replicasOf } from './knobs.ts';

/** How often the number of replicas is looked at: Kubernetes' `--horizontal-pod-autoscaler-sync-period`. */
const SCALE_EVERY_US = 15_000_000;

export interface BuiltFleet {
  /** One replica; its source is the traffic of the whole fleet. */
  readonly one: Built;
  readonly config: FleetConfig;
}

/** Builds a scenario's fleet, or says why it cannot run. */
export function buildFleet(knobs: Knobs, materials: Materials = {}): Result<BuiltFleet> {
  const one = build(knobs, materials);
  if (!one.ok) return one;
  return { ok: true, value: { one: one.value, config: fleetOf(knobs, one.value) } };
}

function fleetOf(knobs: Knobs, { config, cost, device }: Built): FleetConfig {
  const { number, choice } = fleetReader(knobs);
  const microseconds = (name: string) => Math.round(number(name) * 1e6);
  const replica: InstanceSpec = {
    role: 'serve',
    config,
    cost,
    peakFlopsPerS: device.peakFlops,
    peakBytesPerS: device.peakBytesPerS,
  };
  const replicas = replicasOf(knobs);
  return {
    instances: Array.from({ length: replicas }, () => replica),
    router: { kind: choice('router'), seed: knobs.seed },
    reportUs: number('router-report-ms') * 1000,
    client: {
      timeoutUs: microseconds('client-timeout-s'),
      retries: number('client-retries'),
      backoffUs: microseconds('client-backoff-s'),
    },
    admission: { maxInFlight: number('max-in-flight'), maxTokensAhead: number('max-tokens-ahead') },
    failures: [],
    wear:
      number('replica-mtbf-s') > 0
        ? {
            meanLifeUs: microseconds('replica-mtbf-s'),
            repairUs: microseconds('replica-repair-s') || Number.POSITIVE_INFINITY,
            seed: knobs.seed,
          }
        : null,
    scaling:
      number('autoscale-target') > 0
        ? {
            least: Math.min(replicas, number('autoscale-min')),
            targetInFlight: number('autoscale-target'),
            everyUs: SCALE_EVERY_US,
            startUs: microseconds('autoscale-start-s'),
            calmUs: microseconds('autoscale-calm-s'),
          }
        : null,
    split: null,
  };
}
