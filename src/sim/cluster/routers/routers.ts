import type { Router, RouterConfig } from '../router.ts';
import { LeastLoad, loads } from './by-load.ts';
import { CacheAware } from './cache-aware.ts';
import { PowerOfTwo, RandomRouter } from './drawn.ts';
import { Dynamo } from './dynamo.ts';
import { Dynamo2025 } from './dynamo-2025.ts';
import { LlmD } from './llm-d.ts';
import { Mooncake } from './mooncake.ts';
import { PrefixHash } from './prefix-hash.ts';
import { RoundRobin } from './round-robin.ts';
import { SessionAffinity } from './session-affinity.ts';
import {
  cacheAwareSettings,
  dynamoSettings,
  llmDSettings,
  mooncakeSettings,
  prefixHashSettings,
  type RouterSettings,
  stickySettings,
  type ValuesOf,
  valuesOf,
} from './settings.ts';
import { Sticky } from './sticky.ts';

/** A way to choose among instances, and where it comes from. */
export interface RouterKind {
  readonly name: string;
  /** Program or paper whose rule it is; '' = common knowledge. */
  readonly source: string;
  /** The rule in one sentence. */
  readonly says: string;
  /** By the names that the source gives them. */
  readonly settings: RouterSettings;
  readonly create: (config: RouterConfig, instances: number) => Router;
}

/** A row of the table. `create` gets the values of the settings, the seed, and how many instances there are. */
function kind<S extends RouterSettings>(
  name: string,
  source: string,
  says: string,
  settings: S,
  create: (values: ValuesOf<S>, seed: number, instances: number) => Router,
): RouterKind {
  return {
    name,
    source,
    says,
    settings,
    create: (config, instances) => create(valuesOf(settings, config.settings ?? {}), config.seed, instances),
  };
}

/** All routers, simple ones first. */
export const routers: readonly RouterKind[] = [
  kind('random', '', 'Any instance, each as likely.', {}, (_, seed) => new RandomRouter(seed)),
  kind('round-robin', '', 'One after the other.', {}, () => new RoundRobin()),
  kind(
    'power-of-two',
    'SGLang (power_of_two)',
    'Two instances by chance, and of these the one with fewer requests in flight.',
    {},
    (_, seed) => new PowerOfTwo(seed),
  ),
  ...Object.entries(loads).map(([name, { source, says, load }]) =>
    kind(name, source, says, {}, () => new LeastLoad(load)),
  ),
  kind(
    'session-affinity',
    'SGLang (consistent_hashing), vLLM production-stack (session)',
    'Where the hash of the session points.',
    {},
    (_, seed) => new SessionAffinity(seed),
  ),
  kind(
    'sticky',
    'SGLang (manual)',
    'Where the session was before; a new one by the assignment mode.',
    stickySettings,
    (values, seed, instances) => new Sticky(values, seed, instances),
  ),
  kind(
    'prefix-hash',
    'SGLang (prefix_hash)',
    'Where the hash of the first tokens points, unless the load there is well above the mean.',
    prefixHashSettings,
    (values, seed) => new PrefixHash(values, seed),
  ),
  kind(
    'cache-aware',
    'SGLang (cache_aware)',
    'Where most of the prompt was sent before, if that is enough of it and loads are balanced; else the fewest in flight.',
    cacheAwareSettings,
    (values, _, instances) => new CacheAware(values, instances),
  ),
  kind(
    'llm-d',
    'llm-d and Gateway API Inference Extension (EPP)',
    'The highest weighted sum of scores for queue, free KV blocks and the prefix it was sent before.',
    llmDSettings,
    (values, seed, instances) => new LlmD(values, seed, instances),
  ),
  kind(
    'dynamo',
    'NVIDIA Dynamo (KV router)',
    'The lowest cost of blocks to prefill and blocks to decode.',
    dynamoSettings,
    (values, seed, instances) => new Dynamo(values, seed, instances),
  ),
  kind(
    'dynamo-2025',
    'NVIDIA Dynamo (KV router, first version)',
    'Twice the cached share of the prompt, less the share of KV blocks in use, less the share of the longest queue.',
    {},
    (_, seed) => new Dynamo2025(seed),
  ),
  kind(
    'mooncake',
    'Mooncake (FAST 2025, algorithm 1)',
    'The shortest estimated time to the first token; refused if that is too long everywhere.',
    mooncakeSettings,
    (values, _, instances) => new Mooncake(values, instances),
  ),
];

const byName = new Map(routers.map((router) => [router.name, router]));

export const routerNames: readonly string[] = [...byName.keys()];

export function createRouter(config: RouterConfig, instances: number): Router {
  const router = byName.get(config.kind);
  if (router === undefined) throw new Error(`no router is called ${config.kind}`);
  return router.create(config, instances);
}
