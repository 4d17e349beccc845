/** Scenario -> a fleet: one engine as it is built alone, so many times over, behind a router. */

import type { FleetConfig, InstanceSpec } from '../../sim/cluster/fleet-config.ts';
import type { KvStoreConfig } from '../../sim/cluster/kv-store.ts';
import { dynamoPlanner } from '../../sim/cluster/planner.ts';
import type { RouterConfig } from '../../sim/cluster/router.ts';
import type { SplitConfig } from '../../sim/cluster/split.ts';
import type { TransferLink } from '../../sim/cluster/transfers.ts';
import { cachedHeads, kvBytesPerToken } from '../../sim/gpu/model.ts';
import { type TransferLinkId, transferLinks } from '../../sim/gpu/transfer-link.ts';
import { type Built, build, type Materials } from '../build.ts';
import type { Knobs } from '../knobs.ts';
import type { Result } from '../result.ts';
import { fleetReader, hasStore, prefillsOf, replicasOf } from './knobs.ts';
import { routerSettingsOf } from './router-knobs.ts';

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

function fleetOf(knobs: Knobs, built: Built): FleetConfig {
  const { config, cost, device } = built;
  const { number, choice } = fleetReader(knobs);
  const microseconds = (name: string) => Math.round(number(name) * 1e6);
  const store = hasStore(knobs) ? storeOf(knobs, built) : null;
  const replica: InstanceSpec = {
    role: 'serve',
    config: store === null ? config : { ...config, connector: { role: 'both', transferUs: 0 } },
    cost,
    peakFlopsPerS: device.peakFlops,
    peakBytesPerS: device.peakBytesPerS,
  };
  const replicas = replicasOf(knobs);
  const prefills = prefillsOf(knobs);
  const side = (role: 'prefill' | 'decode'): InstanceSpec => {
    const connector = { role: role === 'prefill' ? ('producer' as const) : ('consumer' as const), transferUs: 0 };
    return { ...replica, role, config: { ...config, connector } };
  };
  const sides = { prefill: side('prefill'), decode: side('decode') };
  return {
    instances: Array.from({ length: replicas }, (_, i) =>
      prefills === 0 ? replica : i < prefills ? sides.prefill : sides.decode,
    ),
    router: routerOf(choice('router'), knobs),
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
      // Which kind to start would be another decision.
      number('autoscale-target') > 0 && prefills === 0
        ? {
            least: Math.min(replicas, number('autoscale-min')),
            targetInFlight: number('autoscale-target'),
            everyUs: SCALE_EVERY_US,
            startUs: microseconds('autoscale-start-s'),
            calmUs: microseconds('autoscale-calm-s'),
          }
        : null,
    split: prefills === 0 ? null : splitOf(knobs, built),
    planner:
      prefills > 0 && number('role-switch-s') > 0
        ? {
            ...dynamoPlanner,
            sampleUs: Math.min(dynamoPlanner.sampleUs, microseconds('role-switch-s')),
            everyUs: microseconds('role-switch-s'),
            startUs: microseconds('role-start-s'),
            sides,
          }
        : null,
    store,
  };
}

/** A router as it is set: two of a kind, before each side of a split fleet, are set alike. */
function routerOf(kind: string, knobs: Knobs): RouterConfig {
  return { kind, seed: knobs.seed, settings: routerSettingsOf(kind, knobs) };
}

/**
 * A link of an instance, in bytes of a request's KV: every rank that has a part of it sends it, over its own path or over that of
 * its host. Ranks beyond the heads of KV have copies, and send them too. Other groups have other requests.
 */
function linkOf(id: string, { model, layout, topology }: Built): TransferLink {
  const { setupUs, bytesPerS, per } = transferLinks[id as TransferLinkId];
  const { tensor, pipeline, context } = layout;
  const ranks = tensor * pipeline * context;
  const copies = tensor / Math.min(tensor, cachedHeads(model).heads);
  const paths = per === 'device' ? ranks : Math.max(1, Math.ceil(ranks / (topology?.devicesPerHost ?? ranks)));
  const rate = (paths * bytesPerS) / copies;
  return { outBytesPerS: rate, inBytesPerS: rate, setupUs };
}

/** The store that all replicas share. */
function storeOf(knobs: Knobs, built: Built): KvStoreConfig {
  const { number, choice } = fleetReader(knobs);
  const { config, model } = built;
  const { blockSize } = config;
  const blockBytes = kvBytesPerToken(model) * blockSize;
  const capacityBlocks = Math.floor((number('kv-store-gib') * 2 ** 30) / blockBytes);
  return { capacityBlocks, blockSize, blockBytes, link: linkOf(choice('kv-store-link'), built) };
}

/** How KV goes from replicas that prefill to those that decode. */
function splitOf(knobs: Knobs, built: Built): SplitConfig {
  const { choice } = fleetReader(knobs);
  const { model } = built;
  return {
    router: routerOf(choice('decode-router'), knobs),
    link: linkOf(choice('kv-link'), built),
    kvBytesPerToken: kvBytesPerToken(model),
    firstToken: choice('first-token') === 'decode' ? 'decode' : 'prefill',
    layers: choice('kv-transfer') === 'per-layer' ? model.layers : 0,
  };
}
