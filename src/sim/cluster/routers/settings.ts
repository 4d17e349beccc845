/**
 * What can be set of the routers, as data, under the names that their own programs give them: a flag without its dashes, a
 * parameter of a file. Knobs are made of this table (`scenario/fleet/router-knobs.ts`), so it stands apart from the rules,
 * which the page never loads.
 */

interface Setting {
  /** Another setting, and whether it has to be on (not 0) for this one to be read; left out: it always is. */
  readonly readIf?: readonly [setting: string, isOn: boolean];
  /** It is about the store that a fleet may share. */
  readonly needsStore?: true;
}

export interface NumberSetting extends Setting {
  readonly initial: number;
  readonly least: number;
  readonly most: number;
  /** 1 = a whole number. */
  readonly step: number;
  /** What is counted; 'none' = a plain number. */
  readonly unit: SettingUnit;
}

/** One of several words. */
interface WordSetting extends Setting {
  readonly initial: string;
  readonly words: readonly string[];
}

interface SwitchSetting extends Setting {
  readonly initial: boolean;
}

type SettingUnit = 'none' | 'requests' | 'tokens' | 'blocks' | 'share' | 's' | 'ms';
export type RouterSetting = NumberSetting | WordSetting | SwitchSetting;
export type RouterSettings = Readonly<Record<string, RouterSetting>>;
type SettingValue = RouterSetting['initial'];

/** Values under the names of their settings. */
export type ValuesOf<S extends RouterSettings> = {
  readonly [K in keyof S]: S[K] extends WordSetting
    ? S[K]['words'][number]
    : S[K] extends SwitchSetting
      ? boolean
      : number;
};

/** All values: those given, and the initial ones of the others. */
export function valuesOf<S extends RouterSettings>(settings: S, given: Readonly<Record<string, unknown>>): ValuesOf<S> {
  for (const name of Object.keys(given)) if (!(name in settings)) throw new Error(`the router has no setting ${name}`);
  const all = Object.entries(settings).map(([name, { initial }]) => [name, given[name] ?? initial]);
  return Object.fromEntries(all) as ValuesOf<S>;
}

/** Whether the others leave anything to a setting. */
export function isSettingRead({ readIf }: RouterSetting, read: (setting: string) => SettingValue): boolean {
  return readIf === undefined || Boolean(read(readIf[0])) === readIf[1];
}

/** A whole number. */
function count(initial: number, unit: SettingUnit, least: number, most: number): NumberSetting {
  return { initial, least, most, step: 1, unit };
}

function amount(initial: number, least: number, most: number): NumberSetting {
  return { initial, least, most, step: 0.01, unit: 'none' };
}

/** From nothing to all. */
function share(initial: number): NumberSetting {
  return { initial, least: 0, most: 1, step: 0.01, unit: 'share' };
}

/** A weight of a scorer; 0 = it is not asked. */
const weight = (initial: number) => ({ ...amount(initial, 0, 100), step: 0.1 });
const day = 86_400;

/** SGLang `manual`. */
export const stickySettings = {
  /** Where a new session goes: anywhere, to the fewest requests in flight, or to the fewest sessions. */
  'assignment-mode': { initial: 'random', words: ['random', 'min_load', 'min_group'] },
  /** A session that has not asked for so long is forgotten. */
  'max-idle-secs': count(4 * 3600, 's', 1, 7 * day),
} as const satisfies RouterSettings;

/** SGLang `prefix_hash`. */
export const prefixHashSettings = {
  /** Requests that agree in so many first tokens belong together. */
  'prefix-token-count': count(256, 'tokens', 1, 2 ** 20),
  /** An instance with more than so many times the mean load is passed over. */
  'prefix-hash-load-factor': amount(1.25, 0.01, 100),
} as const satisfies RouterSettings;

/** SGLang `cache_aware`, with the limits that it checks itself. */
export const cacheAwareSettings = {
  /** A prompt follows its prefix if more than this share of it was sent before. */
  'cache-threshold': share(0.3),
  /** Loads are unbalanced only if the largest exceeds the smallest by more than so many requests in flight, */
  'balance-abs-threshold': count(64, 'requests', 0, 100_000),
  /** and is more than so many times the smallest. */
  'balance-rel-threshold': amount(1.5, 1, 1000),
  /** Time between two looks at the size of the tree. */
  'eviction-interval': count(120, 's', 1, day),
  /** Most that is remembered of an instance: SGLang counts 67,108,864 characters, at four a token. */
  'max-tree-size': count(2 ** 24, 'tokens', 1, 2 ** 30),
} as const satisfies RouterSettings;

const withPrefixes = { readIf: ['prefix-cache-scorer', true] } as const;
const withActive = { readIf: ['active-request-scorer', true] } as const;

/** llm-d and GIE: weights of the scorers, by their plug-in types, then what they are told. */
export const llmDSettings = {
  /** 1 for the shortest queue, 0 for the longest. */
  'queue-scorer': weight(2),
  /** The share of KV blocks that is free. */
  'kv-cache-utilization-scorer': weight(2),
  /** The share of the prompt that was sent there before. */
  'prefix-cache-scorer': weight(3),
  /** One half with an empty queue, falling to 0 at the threshold. */
  'load-aware-scorer': weight(0),
  /** 1 if idle, else less the more is in flight. */
  'active-request-scorer': weight(0),
  /** Prompts are compared in blocks of so many tokens. */
  blockSizeTokens: { ...count(16, 'tokens', 1, 4096), ...withPrefixes },
  /** Of a prompt no more than so many first blocks are looked at. */
  maxPrefixBlocksToMatch: { ...count(256, 'blocks', 1, 2 ** 20), ...withPrefixes },
  /** Blocks that are remembered of an instance, the last used ones. */
  lruCapacityPerServer: { ...count(31_250, 'blocks', 1, 2 ** 30), ...withPrefixes },
  /** The queue at which the load-aware scorer gives 0. */
  threshold: { ...count(128, 'requests', 1, 100_000), readIf: ['load-aware-scorer', true] },
  /** So many requests in flight still count as idle for the active-request scorer. */
  idleThreshold: { ...count(0, 'requests', 0, 100_000), ...withActive },
  /** The best that the active-request scorer gives an instance that is not idle. */
  maxBusyScore: { ...share(1), ...withActive },
} as const satisfies RouterSettings;

const withoutEvents = { readIf: ['router-kv-events', false] } as const;

/** Dynamo 1.0's KV router. */
export const dynamoSettings = {
  /** What a block to prefill counts beside a block to decode; 0 = the cache plays no part, only load does. */
  'router-kv-overlap-score-weight': amount(1, 0, 1000),
  /** How much is left to chance: 0 = always the lowest cost. */
  'router-temperature': amount(0, 0, 100),
  /** Tokens of a block, for cache and load; that of the engines. */
  'kv-cache-block-size': count(16, 'tokens', 1, 4096),
  /** Whether engines tell what they have cached; else it is guessed from what they were sent. */
  'router-kv-events': { initial: true },
  /** A block is believed to be cached for so long after it was sent last. */
  'router-ttl-secs': { ...count(120, 's', 1, day), ...withoutEvents },
  /** With more blocks than this the oldest are forgotten, */
  'router-max-tree-size': { ...count(2 ** 20, 'blocks', 1, 2 ** 30), ...withoutEvents },
  /** until this share of that number is left. */
  'router-prune-target-ratio': { ...share(0.8), ...withoutEvents },
} as const satisfies RouterSettings;

export const mooncakeSettings = {
  /** A request whose estimated TTFT is longer everywhere is refused at once; 0 = none is. */
  'ttft-slo-ms': count(0, 'ms', 0, 3_600_000),
  /** What is stored is taken for fetched where it is more than so many times as long as what the instance has. */
  kvcache_balancing_threshold: { ...amount(1, 1, 1000), needsStore: true },
} as const satisfies RouterSettings;

/** By router; those that are missing have none. */
export const routerSettings: Readonly<Record<string, RouterSettings>> = {
  sticky: stickySettings,
  'prefix-hash': prefixHashSettings,
  'cache-aware': cacheAwareSettings,
  'llm-d': llmDSettings,
  dynamo: dynamoSettings,
  mooncake: mooncakeSettings,
};
