import { describe, expect, it } from 'vitest';
import { Fleet } from '../../sim/cluster/fleet.ts';
import type { Knobs, KnobValue } from '../knobs.ts';
import { decode, encode } from '../link.ts';
import { presetOf } from '../presets.ts';
import { isRead, knobEntry } from '../registry.ts';
import { parseValue, withValue, writeValue } from '../value.ts';
import { buildFleet } from './fleet.ts';
import { fleetKnobs } from './knobs.ts';
import { routerKnobName, routerKnobNames } from './router-knobs.ts';

/** Conversations on three replicas; groups of them begin alike. */
const talk: Knobs = {
  ...presetOf('azure-chat').knobs,
  workload: 'sessions',
  requests: 160,
  rate: 30,
  'kv-tokens': 60_000,
  turns: 5,
  'prefix-groups': 6,
  'prefix-tokens': 500,
  replicas: 3,
};

const settings = fleetKnobs.filter(({ program }) => program !== undefined);

function configOf(knobs: Knobs) {
  const built = buildFleet(knobs);
  if (!built.ok) throw new Error(built.problems[0].code);
  return built.value;
}

/** Where the router sends every request. */
function routesOf(knobs: Knobs): readonly number[] {
  const { config, one } = configOf(knobs);
  const fleet = new Fleet(config, one.source);
  while (!fleet.advance(10_000));
  const { routes } = fleet;
  return [...routes.instance.subarray(0, routes.count)];
}

/** A value of each setting that sends some request elsewhere, and what has to be set beside it. */
const changes: Readonly<Record<string, readonly [KnobValue, Partial<Record<string, KnobValue>>?]>> = {
  'sticky-assignment-mode': ['min_group'],
  'sticky-max-idle-secs': [1],
  'prefix-token-count': [20],
  'prefix-hash-load-factor': [5],
  'cache-threshold': [1],
  'balance-abs-threshold': [0],
  'balance-rel-threshold': [1000, { 'balance-abs-threshold': 0 }],
  'cache-aware-eviction-interval': [1, { 'cache-aware-max-tree-size': 500 }],
  'cache-aware-max-tree-size': [500, { 'cache-aware-eviction-interval': 1 }],
  'llm-d-queue-scorer': [100],
  'llm-d-kv-cache-utilization-scorer': [0],
  'llm-d-prefix-cache-scorer': [0],
  'llm-d-load-aware-scorer': [10, { 'llm-d-threshold': 1 }],
  'llm-d-active-request-scorer': [10],
  'llm-d-block-size-tokens': [1000],
  'llm-d-max-prefix-blocks-to-match': [1],
  'llm-d-lru-capacity-per-server': [8],
  'llm-d-threshold': [1, { 'llm-d-load-aware-scorer': 10 }],
  'llm-d-idle-threshold': [3, { 'llm-d-active-request-scorer': 10 }],
  'llm-d-max-busy-score': [0.1, { 'llm-d-active-request-scorer': 10 }],
  'dynamo-kv-overlap-score-weight': [0],
  'dynamo-temperature': [1],
  'dynamo-kv-cache-block-size': [512],
  'dynamo-kv-events': [false],
  'dynamo-ttl-secs': [1, { 'dynamo-kv-events': false }],
  'dynamo-max-tree-size': [50, { 'dynamo-kv-events': false }],
  'dynamo-prune-target-ratio': [0, { 'dynamo-kv-events': false, 'dynamo-max-tree-size': 500 }],
  'mooncake-ttft-slo-ms': [5],
  'mooncake-kvcache-balancing-threshold': [
    1000,
    { 'kv-store-gib': 40, 'kv-tokens': 20_000, 'prefix-tokens': 3000, rate: 200 },
  ],
};

const routerOf = (name: string) =>
  ['sticky', 'prefix-hash', 'cache-aware', 'llm-d', 'dynamo', 'mooncake'].find((router) =>
    routerKnobNames(router).includes(name),
  ) ?? '';

describe('settings of routers', () => {
  it('are called like the flags of their programs, with the router in front where a flag says too little', () => {
    const names = ['prefix-cache-scorer', 'maxBusyScore'].map((name) => routerKnobName('llm-d', name));
    expect(names).toEqual(['llm-d-prefix-cache-scorer', 'llm-d-max-busy-score']);
    expect(routerKnobName('cache-aware', 'max-tree-size')).toBe('cache-aware-max-tree-size');
    expect(knobEntry('cache-threshold')).toMatchObject({ flag: '--cache-threshold', program: 'SGLang', default: 0.3 });
    expect(knobEntry('dynamo-temperature')).toMatchObject({ flag: '--router-temperature', program: 'NVIDIA Dynamo' });
    expect(knobEntry('llm-d-block-size-tokens')).toMatchObject({ flag: 'blockSizeTokens', min: 1, zero: false });
    expect(new Set(fleetKnobs.map(({ name }) => name)).size).toBe(fleetKnobs.length);
  });

  it.each(settings.map(({ name }) => name))('%s changes where requests go, and nothing with another router', (name) => {
    const [value, beside = {}] = changes[name];
    const before = { ...talk, ...beside, router: routerOf(name) } as Knobs;
    const after = withValue(before, name, value);
    expect(parseValue(knobEntry(name), writeValue(value))).toEqual({ ok: true, value });
    expect(isRead(knobEntry(name), before)).toBe(true);
    expect(routesOf(after)).not.toEqual(routesOf(before));
    expect(isRead(knobEntry(name), { ...before, router: 'random' })).toBe(false);
    expect(configOf({ ...after, router: 'random' }).config.router.settings).toBeUndefined();
    expect(decode(encode(after)).knobs).toEqual(after);
  });

  it('that stand at their defaults are not named, and are what the router has by itself', () => {
    const knobs: Knobs = { ...talk, router: 'cache-aware' };
    expect(withValue({ ...knobs, 'cache-threshold': 0.5 }, 'cache-threshold', 0.3)).toEqual(knobs);
    const { config, one } = configOf(knobs);
    const bare = new Fleet({ ...config, router: { kind: 'cache-aware', seed: knobs.seed } }, one.source);
    while (!bare.advance(10_000));
    expect(routesOf(knobs)).toEqual([...bare.routes.instance.subarray(0, bare.routes.count)]);
  });

  it('are read where another setting leaves anything to them', () => {
    const read = (knobs: Knobs) => settings.filter((entry) => isRead(entry, knobs)).map(({ name }) => name);
    expect(read({ ...talk, router: 'dynamo' })).toEqual([
      'dynamo-kv-overlap-score-weight',
      'dynamo-temperature',
      'dynamo-kv-cache-block-size',
      'dynamo-kv-events',
    ]);
    expect(read({ ...talk, router: 'dynamo', 'dynamo-kv-events': false })).toEqual(routerKnobNames('dynamo'));
    expect(read({ ...talk, router: 'llm-d' })).not.toContain('llm-d-idle-threshold');
    expect(read({ ...talk, router: 'llm-d', 'llm-d-prefix-cache-scorer': 0 })).not.toContain('llm-d-block-size-tokens');
    expect(read({ ...talk, router: 'mooncake', replicas: 1 })).toEqual([]);
  });

  it('are shared by the routers of both sides of a split fleet', () => {
    const split: Knobs = { ...talk, 'prefill-replicas': 1, 'decode-router': 'cache-aware', 'cache-threshold': 0.7 };
    expect(isRead(knobEntry('cache-threshold'), split)).toBe(true);
    expect(isRead(knobEntry('cache-threshold'), { ...split, 'prefill-replicas': 0 })).toBe(false);
    const { config } = configOf({ ...split, router: 'cache-aware' });
    expect(config.router).toEqual(config.split?.router);
    expect(config.router.settings).toMatchObject({ 'cache-threshold': 0.7, 'balance-abs-threshold': 64 });
  });

  it.each([
    ['cache-threshold', '1.1', 'out-of-range', '0..1'],
    ['cache-threshold', 'much', 'invalid-value', '0..1'],
    ['balance-rel-threshold', '0.9', 'out-of-range', '1..1000'],
    ['balance-abs-threshold', '1.5', 'invalid-value', 'integer 1..100000 or 0'],
    ['cache-aware-eviction-interval', '0', 'out-of-range', 'integer 1..86400'],
    ['sticky-assignment-mode', 'minimal', 'invalid-value', 'random|min_load|min_group'],
    ['dynamo-kv-events', 'perhaps', 'invalid-value', 'on|off'],
  ])('%s is not %s', (name, text, code, expected) => {
    expect(parseValue(knobEntry(name), text)).toEqual({ ok: false, code, expected });
  });
});
