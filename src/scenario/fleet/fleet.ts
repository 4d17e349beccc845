/** Scenario -> a fleet: an engine as it is built alone, so many times over, behind a router; where prefill and decode are apart perhaps on GPUs of two kinds. */

import type { FleetConfig, InstanceSpec, Role } from '../../sim/cluster/fleet-config.ts';
import type { KvStoreConfig } from '../../sim/cluster/kv-store.ts';
import { dynamoPlanner } from '../../sim/cluster/planner.ts';
import type { RouterConfig } from '../../sim/cluster/router.ts';
import type { SplitConfig } from '../../sim/cluster/split.ts';
import type { TransferLink } from '../../sim/cluster/transfers.ts';
import type { EngineConfig } from '../../sim/engine-config.ts';
import { cachedHeads, kvBytesPerToken } from '../../sim/gpu/model.ts';
import { type TransferLinkId, transferLinks } from '../../sim/gpu/transfer-link.ts';
import { type Built, build, type Materials } from '../build.ts';
import type { Knobs } from '../knobs.ts';
import type { Result } from '../result.ts';
import { decodeDeviceOf, fleetReader, hasStore, prefillsOf, replicasOf } from './knobs.ts';
import { routerSettingsOf } from './router-knobs.ts';

/** How often the number of replicas is looked at: Kubernetes' `--horizontal-pod-autoscaler-sync-period`. */
const SCALE_EVERY_US = 15_000_000;

export interface BuiltFleet {
  /** The first replica; its source is the traffic of the whole fleet. */
  readonly one: Built;
  /** What each replica is on its own GPUs, by its number: equal ones are the same object. */
  readonly replicas: readonly Built[];
  readonly config: FleetConfig;
}

/** Builds a scenario's fleet, or says why it cannot run. */
export function buildFleet(knobs: Knobs, materials: Materials = {}): Result<BuiltFleet> {
  const kinds = buildKinds(knobs, materials);
  if (!kinds.ok) return kinds;
  const { one, decoding } = kinds.value;
  const prefills = prefillsOf(knobs);
  const replicas = Array.from({ length: replicasOf(knobs) }, (_, i) => (i < prefills ? one : decoding));
  return { ok: true, value: { one, replicas, config: fleetOf(knobs, replicas) } };
}

/** The replicas of a fleet by what their GPUs are: those that decode from the start, and the others. */
interface Kinds {
  readonly one: Built;
  readonly decoding: Built;
}

/**
 * Both sides serve sequences of the same length, the shorter of what each would allow, as if both were given the same `--max-model-len`:
 * otherwise one would begin what the other refuses to end.
 */
function buildKinds(knobs: Knobs, materials: Materials): Result<Kinds> {
  const device = decodeDeviceOf(knobs);
  const first = build(knobs, materials);
  if (!first.ok) return first;
  if (device === knobs.device) return { ok: true, value: { one: first.value, decoding: first.value } };
  const where = `decode-device ${device}`;
  // The traffic is that of the first one.
  const onOther = (change: Partial<Knobs>): Result<Built> => {
    const built = build({ ...knobs, requests: 1, ...change, device }, materials);
    return built.ok ? built : { ok: false, problems: built.problems.map((problem) => ({ where, ...problem })) };
  };
  const second = onOther({});
  if (!second.ok) return second;
  const longest = [first, second].map(({ value }) => value.config.maxModelLen);
  const shorter = { 'max-model-len': Math.min(...longest) };
  const one = longest[0] > longest[1] ? build({ ...knobs, ...shorter }, materials) : first;
  const decoding = longest[1] > longest[0] ? onOther(shorter) : second;
  if (!one.ok) return one;
  if (!decoding.ok) return decoding;
  return { ok: true, value: { one: one.value, decoding: { ...decoding.value, source: one.value.source } } };
}

/** What a replica is in each role, on the GPUs that it has. */
function rolesOf({ config, cost, device }: Built, hasStore: boolean): Readonly<Record<Role, InstanceSpec>> {
  const spec = (role: Role, connector: EngineConfig['connector']): InstanceSpec => ({
    role,
    config: connector === null ? config : { ...config, connector },
    cost,
    peakFlopsPerS: device.peakFlops,
    peakBytesPerS: device.peakBytesPerS,
  });
  return {
    serve: spec('serve', hasStore ? { role: 'both', transferUs: 0 } : null),
    prefill: spec('prefill', { role: 'producer', transferUs: 0 }),
    decode: spec('decode', { role: 'consumer', transferUs: 0 }),
  };
}

function fleetOf(knobs: Knobs, built: readonly Built[]): FleetConfig {
  const [one] = built;
  const { number, choice } = fleetReader(knobs);
  const microseconds = (name: string) => Math.round(number(name) * 1e6);
  const store = hasStore(knobs) ? storeOf(knobs, one) : null;
  const prefills = prefillsOf(knobs);
  const kinds = new Map(built.map((each) => [each, rolesOf(each, store !== null)]));
  // Every replica is one of them.
  const roles = built.map((each) => kinds.get(each) as Readonly<Record<Role, InstanceSpec>>);
  return {
    instances: roles.map(({ serve, prefill, decode }, i) => (prefills === 0 ? serve : i < prefills ? prefill : decode)),
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
            least: Math.min(built.length, number('autoscale-min')),
            targetInFlight: number('autoscale-target'),
            everyUs: SCALE_EVERY_US,
            startUs: microseconds('autoscale-start-s'),
            calmUs: microseconds('autoscale-calm-s'),
          }
        : null,
    split: prefills === 0 ? null : splitOf(knobs, one),
    mixedPool: prefills > 0 && number('mixed-pool-tokens') > 0 ? { maxTokensAhead: number('mixed-pool-tokens') } : null,
    planner:
      prefills > 0 && number('role-switch-s') > 0
        ? {
            ...dynamoPlanner,
            sampleUs: Math.min(dynamoPlanner.sampleUs, microseconds('role-switch-s')),
            everyUs: microseconds('role-switch-s'),
            startUs: microseconds('role-start-s'),
            sides: roles,
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
