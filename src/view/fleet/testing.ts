/** Small fleets that are simulated, for tests and pictures. */

import type { FleetResult } from '../../protocol/fleet.ts';
import { Fleet } from '../../sim/cluster/fleet.ts';
import { accountOf } from '../../sim/cluster/fleet-account.ts';
import { type FleetConfig, type InstanceSpec, plainFleet } from '../../sim/cluster/fleet-config.ts';
import { dynamoPlanner } from '../../sim/cluster/planner.ts';
import { defaultEngineConfig } from '../../sim/engine-config.ts';
import type { CostModel } from '../../sim/gpu/cost.ts';
import { normal, Purpose, uniform } from '../../sim/random.ts';
import { RequestTable, type Segment } from '../../sim/request.ts';
import type { Source } from '../../sim/source.ts';
import { fleetResult } from '../../worker/fleet-result.ts';

/** Steps of some ten milliseconds. */
const cost: CostModel = {
  stepUs: ({ tokens, decodeContextSum }) => 8_000 + 40 * tokens + decodeContextSum / 50,
  flops: ({ tokens }) => tokens,
  explain: () => [],
};

/** Prompts of some hundred tokens, a few of them long; about `perS` requests a second. With several turns 21 conversations go on at a time, each turn with all that was said. */
function traffic(count: number, perS: number, turns: number): Source {
  const requests = new RequestTable(count);
  /** What each conversation has said so far. */
  const said: Segment[][] = [];
  let arrivalUs = 0;
  for (let i = 0; i < count; i++) {
    arrivalUs += (-Math.log(uniform(1, Purpose.arrival, i, 0)) * 1e6) / perS;
    const promptTokens = Math.min(4000, Math.round(300 * Math.exp(normal(1, Purpose.prompt, i, 0))));
    const outputTokens = 1 + Math.round(120 * uniform(1, Purpose.output, i, 0));
    const spec = { arrivalUs: Math.round(arrivalUs), promptTokens, outputTokens };
    if (turns === 1) requests.push(spec);
    else {
      const conversation = Math.floor(i / (21 * turns)) * 21 + (i % 21);
      const asked = { segment: 1 + 2 * i, offset: 0, length: Math.ceil(promptTokens / turns) };
      const segments = [...(said[conversation] ?? []), asked];
      const length = segments.reduce((sum, piece) => sum + piece.length, 0);
      requests.push({ ...spec, promptTokens: length, segments, outputSegment: 2 + 2 * i });
      said[conversation] = [...segments, { segment: 2 + 2 * i, offset: 0, length: outputTokens }];
    }
  }
  return {
    requests,
    classes: ['request'],
    isOpen: true,
    next: () => Number.POSITIVE_INFINITY,
    finished: () => {},
    save: () => null,
    restore: () => {},
  };
}

/** A fleet that has run to its end; `config` changes what is plain otherwise. */
export function simulatedFleet(
  replicas: number,
  {
    perReplicaS = 12,
    seconds = 10,
    turns = 1,
    devices = Array.from({ length: replicas }, () => 'One GPU'),
    ...config
  }: Partial<FleetConfig> & {
    perReplicaS?: number;
    seconds?: number;
    turns?: number;
    devices?: readonly string[];
  } = {},
): FleetResult {
  const perS = perReplicaS * replicas;
  const engine = { ...defaultEngineConfig(1_200), maxNumSeqs: 24, maxNumBatchedTokens: 1024 };
  const spec = { role: 'serve', config: engine, cost, peakFlopsPerS: 1e12, peakBytesPerS: 1e12 } as const;
  const whole: FleetConfig = {
    ...plainFleet,
    instances: Array.from({ length: replicas }, () => spec),
    router: { kind: 'round-robin', seed: 1 },
    ...config,
  };
  const fleet = new Fleet(whole, traffic(Math.round(perS * seconds), perS, turns));
  while (!fleet.advance(1000));
  return fleetResult(accountOf(fleet), whole, devices);
}

/**
 * Two replicas compute prompts for two that decode, which have so few blocks that prompts wait for room there; `bytesPerS` is what
 * a link carries.
 */
export function splitFleet({
  blocks = 150,
  bytesPerS = 1e10,
  prefills = 2,
  decodes = 2,
  turns = false,
  startUs = 500_000,
  turnsOfTalk = 1,
  ...how
}: {
  blocks?: number;
  bytesPerS?: number;
  prefills?: number;
  decodes?: number;
  /** Replicas change their roles, if the loads ask for it, and take so long to start in the new one. */
  turns?: boolean;
  startUs?: number;
  /** Conversations of so many turns. */
  turnsOfTalk?: number;
  store?: FleetConfig['store'];
  perReplicaS?: number;
  seconds?: number;
  devices?: readonly string[];
} = {}) {
  const spec = (role: 'prefill' | 'decode'): InstanceSpec => ({
    role,
    config: {
      ...defaultEngineConfig(role === 'decode' ? blocks : 1_200),
      maxNumSeqs: 24,
      maxNumBatchedTokens: 1024,
      // The longest prompt and its output have room on both sides.
      maxModelLen: (blocks - 2) * 16,
      connector: { role: role === 'prefill' ? 'producer' : 'consumer', transferUs: 0 },
    },
    cost,
    peakFlopsPerS: 1e12,
    peakBytesPerS: 1e12,
  });
  const sides = { prefill: spec('prefill'), decode: spec('decode') };
  const side = (role: 'prefill' | 'decode', count: number) => Array.from({ length: count }, () => sides[role]);
  return simulatedFleet(prefills + decodes, {
    perReplicaS: 8,
    turns: turnsOfTalk,
    instances: [...side('prefill', prefills), ...side('decode', decodes)],
    split: {
      router: { kind: 'least-requests', seed: 1 },
      link: { outBytesPerS: bytesPerS, inBytesPerS: bytesPerS, setupUs: 1_000 },
      kvBytesPerToken: 100_000,
      firstToken: 'prefill',
      layers: 0,
    },
    planner: turns
      ? {
          ...dynamoPlanner,
          sampleUs: 100_000,
          everyUs: 1_000_000,
          startUs,
          sides: Array.from({ length: prefills + decodes }, () => sides),
        }
      : null,
    ...how,
  });
}

/** A store with room for so much; its blocks have 1.6 MB. */
export function storeConfig(gigabytes: number): NonNullable<FleetConfig['store']> {
  const blockBytes = 1_600_000;
  return {
    capacityBlocks: Math.floor((gigabytes * 1e9) / blockBytes),
    blockSize: 16,
    blockBytes,
    link: { outBytesPerS: 4e9, inBytesPerS: 4e9, setupUs: 20 },
  };
}

/** Replicas that share a store: conversations whose turns go to one replica after the other. */
export function storeFleet(gigabytes = 3, config: Partial<FleetConfig> = {}): FleetResult {
  const engine = {
    ...defaultEngineConfig(1_200),
    maxNumSeqs: 24,
    maxNumBatchedTokens: 1024,
    connector: { role: 'both', transferUs: 0 },
  } as const;
  const spec = { role: 'serve', config: engine, cost, peakFlopsPerS: 1e12, peakBytesPerS: 1e12 } as const;
  return simulatedFleet(4, {
    turns: 5,
    instances: Array.from({ length: 4 }, () => spec),
    store: storeConfig(gigabytes),
    ...config,
  });
}

/** Replica 2 dies twice and clients have little patience. */
export const troubled: Partial<FleetConfig> = {
  router: { kind: 'least-waiting', seed: 1 },
  client: { timeoutUs: 4_000_000, retries: 1, backoffUs: 500_000 },
  admission: { maxInFlight: 30, maxTokensAhead: 0 },
  failures: [
    { instance: 1, atUs: 3_000_000, forUs: 2_000_000 },
    { instance: 1, atUs: 8_000_000, forUs: Number.POSITIVE_INFINITY },
  ],
};
