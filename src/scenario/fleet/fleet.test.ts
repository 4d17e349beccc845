import { describe, expect, it } from 'vitest';
import { Fate, FleetEventKind } from '../../sim/cluster/fates.ts';
import { Fleet } from '../../sim/cluster/fleet.ts';
import type { LifeAccount } from '../../sim/cluster/fleet-account.ts';
import { specOf } from '../../sim/cluster/fleet-config.ts';
import { startFleet } from '../../sim/cluster/fleet-run.ts';
import { routerNames } from '../../sim/cluster/routers/routers.ts';
import { createBatchShape, fillWithPrompt } from '../../sim/gpu/cost.ts';
import { transferLinks } from '../../sim/gpu/transfer-link.ts';
import type { Knobs } from '../knobs.ts';
import { decode, encode } from '../link.ts';
import { presetOf } from '../presets.ts';
import { isRead, knobEntry } from '../registry.ts';
import { simulateScenario } from '../simulate.ts';
import { buildFleet } from './fleet.ts';
import { fleetKnobs, shownReplica } from './knobs.ts';
import { kvLinkIds } from './kv-link-ids.ts';
import { routerIds } from './router-ids.ts';

const chat: Knobs = { ...presetOf('azure-chat').knobs, requests: 200, rate: 20 };

function built(knobs: Knobs) {
  const fleet = buildFleet(knobs);
  if (!fleet.ok) throw new Error(fleet.problems[0].code);
  return fleet.value;
}

it('offers every router there is', () => {
  expect(routerIds).toEqual(routerNames);
});

it('is one engine many times, told in the units of the simulation', () => {
  const { config, one } = built({
    ...chat,
    replicas: 4,
    router: 'least-waiting',
    'router-report-ms': 100,
    'client-timeout-s': 2.5,
    'client-retries': 2,
    'client-backoff-s': 0.5,
    'max-in-flight': 64,
    'max-tokens-ahead': 9000,
    'replica-mtbf-s': 600,
    'replica-repair-s': 0,
    'autoscale-target': 8,
    'autoscale-min': 9,
    'autoscale-start-s': 30,
    'autoscale-calm-s': 60,
  });
  const { instances, ...rest } = config;
  expect(instances.map((instance) => instance.config)).toEqual([one.config, one.config, one.config, one.config]);
  expect(rest).toEqual({
    router: { kind: 'least-waiting', seed: chat.seed },
    reportUs: 100_000,
    client: { timeoutUs: 2_500_000, retries: 2, backoffUs: 500_000 },
    admission: { maxInFlight: 64, maxTokensAhead: 9000 },
    failures: [],
    wear: { meanLifeUs: 600_000_000, repairUs: Number.POSITIVE_INFINITY, seed: chat.seed },
    scaling: { least: 4, targetInFlight: 8, everyUs: 15_000_000, startUs: 30_000_000, calmUs: 60_000_000 },
    split: null,
    mixedPool: null,
    planner: null,
    store: null,
  });
});

it('changes roles of a split fleet by the marks of Dynamo’s planner, and of no other', () => {
  const split = { ...chat, replicas: 3, 'prefill-replicas': 1 };
  expect(built(split).config.planner).toBeNull();
  expect(built({ ...split, 'prefill-replicas': 0, 'role-switch-s': 30 }).config.planner).toBeNull();
  const { config } = built({ ...split, 'role-switch-s': 30, 'role-start-s': 2.5 });
  expect(config.planner).toMatchObject({
    sampleUs: 1_000_000,
    everyUs: 30_000_000,
    startUs: 2_500_000,
    prefillQueue: { high: 0.5, low: 0.2 },
    decodeKv: { high: 0.9, low: 0.5 },
    sides: config.instances.map(() => ({ prefill: config.instances[0], decode: config.instances[1] })),
  });
  const read = (knobs: Knobs) => ['role-switch-s', 'role-start-s'].map((name) => isRead(knobEntry(name), knobs));
  expect([read(chat), read(split), read({ ...split, 'role-switch-s': 30 })]).toEqual([
    [false, false],
    [true, false],
    [true, true],
  ]);
});

it('has replicas that share a store, told in blocks, behind a link of every rank', () => {
  const shared = {
    ...chat,
    replicas: 2,
    'kv-store-gib': 4,
    'kv-store-link': 'network-100g',
    'tensor-parallel-size': 2,
  };
  const { config } = built(shared);
  // Llama-3.1-8B: 128 KiB a token, 16 tokens a block.
  const blockBytes = 16 * 128 * 1024;
  expect(config.store).toEqual({
    capacityBlocks: (4 * 2 ** 30) / blockBytes,
    blockSize: 16,
    blockBytes,
    link: { outBytesPerS: 25e9, inBytesPerS: 25e9, setupUs: 20 },
  });
  expect(config.instances.map((instance) => instance.config.connector?.role)).toEqual(['both', 'both']);
  const split = built({ ...shared, replicas: 3, 'prefill-replicas': 1 }).config;
  expect(split.instances.map((instance) => instance.config.connector?.role)).toEqual([
    'producer',
    'consumer',
    'consumer',
  ]);
  expect(split.store).toEqual(config.store);
});

it('reads the store only where engines can fetch from it, and its link only where there is one', () => {
  const read = (knobs: Knobs) => ['kv-store-gib', 'kv-store-link'].map((name) => isRead(knobEntry(name), knobs));
  const two = { ...chat, replicas: 2 };
  expect(read(two)).toEqual([true, false]);
  expect(read({ ...two, 'kv-store-gib': 1 })).toEqual([true, true]);
  for (const without of [
    { ...chat, 'kv-store-gib': 1 },
    { ...two, 'kv-store-gib': 1, engine: 'sglang' as const },
    { ...two, 'kv-store-gib': 1, memory: 'contiguous' as const },
    { ...two, 'kv-store-gib': 1, 'enable-prefix-caching': false },
  ]) {
    expect(read(without)).toEqual([false, false]);
    expect(built(without).config.store).toBeNull();
  }
});

it('reads no knob of a fleet where one engine is alone, and those of retries, repair and scaling only with what they belong to', () => {
  const read = (knobs: Knobs) => fleetKnobs.filter((entry) => isRead(entry, knobs)).map(({ name }) => name);
  expect(read(chat)).toEqual(['replicas']);
  expect(read({ ...chat, replicas: 2 })).toEqual([
    'replicas',
    'router',
    'router-report-ms',
    'client-timeout-s',
    'client-retries',
    'max-in-flight',
    'max-tokens-ahead',
    'replica-mtbf-s',
    'autoscale-target',
    'prefill-replicas',
    'kv-store-gib',
    'replica',
  ]);
  expect(read({ ...chat, replicas: 2, 'autoscale-target': 4 })).toContain('autoscale-calm-s');
  expect(isRead(knobEntry('client-backoff-s'), { ...chat, replicas: 2, 'client-retries': 1 })).toBe(true);
});

it('has replicas that prefill and others that decode, joined by a link', () => {
  const { config, one } = built({ ...chat, replicas: 3, 'prefill-replicas': 2, 'kv-transfer': 'per-layer' });
  expect(config.instances.map(({ role }) => role)).toEqual(['prefill', 'prefill', 'decode']);
  expect(config.instances.map((instance) => instance.config.connector?.role)).toEqual([
    'producer',
    'producer',
    'consumer',
  ]);
  expect(config.split).toEqual({
    router: { kind: 'least-requests', seed: chat.seed },
    link: { outBytesPerS: 50e9, inBytesPerS: 50e9, setupUs: 20 },
    // Llama-3.1-8B: 32 layers, 8 heads of 128, keys and values of 2 bytes.
    kvBytesPerToken: 131_072,
    firstToken: 'prefill',
    layers: 32,
  });
  const fleet = new Fleet(config, one.source);
  while (!fleet.advance(1000));
  expect(fleet.fates.fate.subarray(0, fleet.arrived).every((fate) => fate === Fate.finished)).toBe(true);
  expect(fleet.handovers?.rows).toHaveLength(chat.requests);
});

describe('GPUs of two kinds', () => {
  const split = { ...chat, device: 'h100', replicas: 3, 'prefill-replicas': 1 };
  const mixed = { ...split, 'decode-device': 'a100-80' };

  it('belong to the two sides: each engine is as it would be on its own GPU', () => {
    const { one, replicas, config } = built(mixed);
    expect(replicas.map(({ facts }) => facts.device)).toEqual([
      'NVIDIA H100 SXM 80 GB',
      'NVIDIA A100 SXM 80 GB',
      'NVIDIA A100 SXM 80 GB',
    ]);
    const other = built({ ...split, device: 'a100-80' });
    expect(config.instances[0].config).toEqual(built(split).config.instances[0].config);
    expect(config.instances[1].config).toEqual(other.config.instances[1].config);
    expect(config.instances[1].peakFlopsPerS).toBe(other.one.device.peakFlops);
    const shape = createBatchShape(1);
    fillWithPrompt(shape, 1000, 0);
    const times = [...config.instances, other.config.instances[0]].map(({ cost }) => cost.stepUs(shape));
    expect(times[1]).toBe(times[3]);
    expect(times[1]).toBeGreaterThan(1.5 * times[0]);
    expect(config.instances[2]).toBe(config.instances[1]);
    // The traffic is one, and what goes between the sides is the same.
    expect(replicas[1].source).toBe(one.source);
    expect(config.split).toEqual(built(split).config.split);
  });

  it('are one kind where the chosen one is the same, or nobody decodes apart', () => {
    const same = built({ ...split, 'decode-device': 'h100' });
    expect(JSON.stringify(same.config)).toBe(JSON.stringify(built(split).config));
    expect(new Set(same.replicas).size).toBe(1);
    const whole = { ...mixed, 'prefill-replicas': 0 };
    expect(new Set(built(whole).replicas).size).toBe(1);
    expect(isRead(knobEntry('decode-device'), whole)).toBe(false);
    expect(isRead(knobEntry('decode-device'), mixed)).toBe(true);
  });

  it('have a pool each, and serve sequences no longer than both allow', () => {
    const small = { ...split, device: 'h200', 'decode-device': 'rtx-4090' };
    const { one, replicas, config } = built(small);
    const alone = (device: string) => built({ ...split, device }).one.config;
    expect(alone('h200').maxModelLen).toBe(131_072);
    const longest = alone('rtx-4090').maxModelLen;
    expect(longest).toBeLessThan(131_072);
    expect(config.instances.map((each) => each.config.maxModelLen)).toEqual([longest, longest, longest]);
    expect(config.instances.map((each) => each.config.numBlocks)).toEqual(
      ['h200', 'rtx-4090', 'rtx-4090'].map((device) => alone(device).numBlocks),
    );
    expect(one.facts.maxModelLen).toBe(longest);
    // The other way round as well.
    const turned = built({ ...small, device: 'rtx-4090', 'decode-device': 'h200' });
    expect(turned.config.instances.map((each) => each.config.maxModelLen)).toEqual([longest, longest, longest]);
    expect(replicas[1].facts.blocks).toBe(turned.one.facts.blocks);
  });

  it('stay with a replica that changes its role', () => {
    const { config } = built({ ...mixed, 'role-switch-s': 30 });
    const [prefilling, decoding] = [0, 1].map((replica) => specOf(config, replica, 'prefill'));
    expect(prefilling).toBe(config.instances[0]);
    expect(decoding).toMatchObject({ role: 'prefill', config: { connector: { role: 'producer' } } });
    expect(decoding.cost).toBe(config.instances[1].cost);
    expect(decoding.config.numBlocks).toBe(config.instances[1].config.numBlocks);
  });

  it('are told apart by what does not fit', () => {
    expect(buildFleet({ ...mixed, 'decode-device': 'laptop-gpu' })).toMatchObject({
      ok: false,
      problems: [{ code: 'model-does-not-fit', where: 'decode-device laptop-gpu' }],
    });
    expect(buildFleet({ ...mixed, 'tensor-parallel-size': 2, 'decode-device': 'phone' })).toMatchObject({
      ok: false,
      problems: [{ code: 'invalid-value', field: 'tensor-parallel-size', where: 'decode-device phone' }],
    });
  });

  it('count in shares of the whole for what they have', () => {
    const simulated = simulateScenario({ ...mixed, device: 'h200', 'decode-device': 'rtx-4090' }, {});
    if (!simulated.ok) throw new Error(simulated.problems[0].code);
    const { account, replicas } = simulated.value;
    const { one, config } = built({ ...mixed, device: 'h200', 'decode-device': 'rtx-4090' });
    const run = startFleet(config, one.source, false);
    while (!run.advance(1000));
    const { lives, summary } = run.account();
    const shareOf = (use: (life: LifeAccount) => number, has: (life: LifeAccount) => number) =>
      lives.reduce((sum, life) => sum + use(life) * has(life) * life.account.summary.durationUs, 0) /
      (lives.reduce((sum, life) => sum + has(life), 0) * summary.durationUs);
    const blocks = (life: LifeAccount) => life.usableBlocks;
    expect(lives.map(blocks)).toEqual(replicas.map(({ facts }) => facts.blocks));
    expect(account.summary.kvUseMean).toBeCloseTo(
      shareOf((life) => life.account.summary.kvUseMean, blocks),
      10,
    );
    const peak = (life: LifeAccount) => life.peakFlopsPerS;
    expect(account.summary.mfu).toBeCloseTo(
      shareOf((life) => life.account.summary.mfu, peak),
      10,
    );
  });
});

it('sends KV over as many paths as ranks of a replica have a part of it', () => {
  const pathsOf = (change: Partial<Knobs>) => {
    const { split } = built({ ...chat, replicas: 2, 'prefill-replicas': 1, ...change }).config;
    return [split?.link.outBytesPerS, split?.link.inBytesPerS].map((bytesPerS = Number.NaN) => bytesPerS / 50e9);
  };
  expect(pathsOf({ 'tensor-parallel-size': 2 })).toEqual([2, 2]);
  expect(pathsOf({ 'tensor-parallel-size': 2, 'pipeline-parallel-size': 2 })).toEqual([4, 4]);
  expect(pathsOf({ 'prefill-context-parallel-size': 4 })).toEqual([4, 4]);
  // Each group of four has a request alone.
  const groups = { model: 'qwen3-30b-a3b', 'enable-expert-parallel': true, 'data-parallel-size': 4 };
  expect(pathsOf(groups)).toEqual([1, 1]);
  // Four heads of KV on eight ranks: every rank sends a whole head, so that half of the bytes are copies.
  expect(pathsOf({ model: 'qwen3-30b-a3b', 'tensor-parallel-size': 8 })).toEqual([4, 4]);
});

it('has all ranks of a host share its cards where a link is a host’s', () => {
  const gigabytes = (change: Partial<Knobs>) => {
    const knobs = { ...chat, replicas: 2, 'prefill-replicas': 1, 'kv-link': 'mooncake-4x200g', ...change };
    return (built(knobs).config.split?.link.outBytesPerS ?? Number.NaN) / 1e9;
  };
  expect(gigabytes({})).toBe(87);
  expect(gigabytes({ 'tensor-parallel-size': 4 })).toBe(87);
});

it('leaves one replica of each kind, and splits no engine that cannot fetch KV', () => {
  const roles = (knobs: Knobs) => built(knobs).config.instances.map(({ role }) => role);
  expect(roles({ ...chat, replicas: 2, 'prefill-replicas': 9 })).toEqual(['prefill', 'decode']);
  expect(roles({ ...chat, engine: 'sglang', replicas: 2, 'prefill-replicas': 1 })).toEqual(['serve', 'serve']);
  expect(isRead(knobEntry('prefill-replicas'), { ...chat, engine: 'sglang', replicas: 2 })).toBe(false);
});

it('names every link there is but those that other links stand for', () => {
  expect(Object.keys(transferLinks).filter((id) => !kvLinkIds.includes(id))).toEqual(['nvlink-batch', 'nvlink-copies']);
  expect(kvLinkIds.filter((id) => !(id in transferLinks))).toEqual([]);
});

it('names its knobs in links only where they differ from their defaults, and the shown replica is there', () => {
  const knobs = { ...chat, replicas: 4, router: 'random', replica: 3 };
  expect(decode(encode(knobs)).knobs).toEqual(knobs);
  expect(encode(chat)).not.toContain('repl');
  expect(shownReplica(knobs)).toBe(3);
  expect(shownReplica({ ...knobs, replicas: 2 })).toBe(1);
});

it('says what is wrong with its engine as it is said of one alone', () => {
  expect(buildFleet({ ...chat, replicas: 2, model: 'none' })).toMatchObject({
    ok: false,
    problems: [{ code: 'invalid-value', field: 'model' }],
  });
});

it('loses replicas about as often as they are said to fail, by its seed', () => {
  const deaths = (seed: number) => {
    const { config, one } = built({ ...chat, seed, replicas: 8, 'replica-mtbf-s': 1, 'replica-repair-s': 1 });
    const fleet = new Fleet(config, one.source);
    while (!fleet.advance(1000));
    const died = fleet.events.filter(({ kind }) => kind === FleetEventKind.died);
    return { times: died.map(({ timeUs, instance }) => [timeUs, instance]), nowS: fleet.nowUs / 1e6 };
  };
  const { times, nowS } = deaths(7);
  // Half the time up, half under repair: a death every two seconds and replica.
  expect(times.length / nowS).toBeGreaterThan(2.5);
  expect(times.length / nowS).toBeLessThan(5.5);
  expect(deaths(7).times).toEqual(times);
  expect(deaths(8).times).not.toEqual(times);
});
