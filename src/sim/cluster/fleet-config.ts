import type { EngineConfig } from '../engine-config.ts';
import type { CostModel } from '../gpu/cost.ts';
import type { KvStoreConfig } from './kv-store.ts';
import type { MixedPoolConfig } from './mixed-pool.ts';
import type { PlannerConfig } from './planner.ts';
import type { RouterConfig } from './router.ts';
import type { SplitConfig } from './split.ts';

/** What an instance is for: whole requests, their prefills only, or what comes after. */
export type Role = 'serve' | 'prefill' | 'decode';

/** One engine of a fleet, on GPUs of its own, which need not be of the kind that others have. */
export interface InstanceSpec {
  readonly role: Role;
  readonly config: EngineConfig;
  readonly cost: CostModel;
  /** Datasheet rates of its GPUs together, the bases of MFU and MBU. */
  readonly peakFlopsPerS: number;
  readonly peakBytesPerS: number;
}

/** An instance dies: what it runs and holds is gone. After `forUs` it is there again, empty; Infinity = it stays away. */
export interface Failure {
  readonly instance: number;
  readonly atUs: number;
  readonly forUs: number;
}

/** Instances die by chance: each life is exponentially distributed, and independent of the others. */
export interface Wear {
  readonly meanLifeUs: number;
  /** Until another life begins; Infinity = none does. */
  readonly repairUs: number;
  readonly seed: number;
}

/** How the clients of a fleet behave. */
export interface ClientConfig {
  /** How long they wait for the whole answer before they give a request up; 0 = for ever. */
  readonly timeoutUs: number;
  /** How often they send a request again that was lost or given up. */
  readonly retries: number;
  /** From the end of a try to the next one; it doubles with every try. */
  readonly backoffUs: number;
}

/** When the fleet refuses requests so that the others are served well. */
export interface AdmissionConfig {
  /** Requests that an instance may have at once, waiting ones included; 0 = any number. One more is refused. */
  readonly maxInFlight: number;
  /** Prompt tokens that may stand before a new request; 0 = any number. */
  readonly maxTokensAhead: number;
}

/** Instances are started and stopped as the load changes. */
export interface ScalingConfig {
  /** Instances that are up at least, and from the start; all of `instances` are the most. */
  readonly least: number;
  /** Requests in flight an instance that is aimed at. */
  readonly targetInFlight: number;
  /** How often the number is looked at. */
  readonly everyUs: number;
  /** From the decision until the instance takes requests: a machine, the weights, captured graphs. */
  readonly startUs: number;
  /** How long fewer must be enough before one is stopped. It ends what it has first. */
  readonly calmUs: number;
}

export interface FleetConfig {
  readonly instances: readonly InstanceSpec[];
  /** Chooses among instances that serve, or that prefill where prefill and decode are split. */
  readonly router: RouterConfig;
  /** How old at most the numbers are that engines report to the router; 0 = always fresh. What a router counts itself is fresh. */
  readonly reportUs: number;
  readonly client: ClientConfig;
  readonly admission: AdmissionConfig;
  readonly failures: readonly Failure[];
  /** Deaths beside those; null = none. */
  readonly wear: Wear | null;
  readonly scaling: ScalingConfig | null;
  /** Prefill and decode on different instances; null = every instance does both. */
  readonly split: SplitConfig | null;
  /** Changes roles of a split fleet while it runs; null = each keeps its own. */
  readonly planner: PlannerConfig | null;
  /** Instances of a split fleet do both phases when one side is short; null = each does its own only. */
  readonly mixedPool: MixedPoolConfig | null;
  /** A store of prefixes that all instances share; its engines have a connector. null = there is none. */
  readonly store: KvStoreConfig | null;
}

/** Patient clients, no admission control, nothing fails. */
export const plainFleet = {
  reportUs: 0,
  client: { timeoutUs: 0, retries: 0, backoffUs: 1_000_000 },
  admission: { maxInFlight: 0, maxTokensAhead: 0 },
  failures: [],
  wear: null,
  scaling: null,
  split: null,
  planner: null,
  mixedPool: null,
  store: null,
} as const satisfies Partial<FleetConfig>;

/** What an instance is in a role, which may be another one than it began with; its GPUs stay. */
export function specOf({ instances, planner }: FleetConfig, instance: number, role: Role): InstanceSpec {
  return planner === null || role === 'serve' ? instances[instance] : planner.sides[instance][role];
}
