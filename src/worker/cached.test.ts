/** The tree of cached prefixes in runs of the engines that have one, against what their memories count themselves. */

import { describe, expect, it } from 'vitest';
import { build } from '../scenario/build.ts';
import type { KnobValue } from '../scenario/knobs.ts';
import { presetOf } from '../scenario/presets.ts';
import { withEngine } from '../scenario/with-engine.ts';
import type { CachedPieces } from '../sim/memory/cached-pieces.ts';
import { LinkState } from '../sim/memory/hash-chain.ts';
import { RadixMemory } from '../sim/memory/radix-memory.ts';
import { Simulation } from '../sim/simulation.ts';
import { assert } from '../sim/testing.ts';

const sessions = {
  workload: 'sessions',
  rate: 6,
  requests: 80,
  turns: 4,
  'prefix-tokens': 512,
  'kv-tokens': 60_000,
} as const;

function simulationOf(engine: string, set: Readonly<Record<string, KnobValue>> = {}): Simulation {
  const built = build({ ...withEngine(presetOf('azure-chat').knobs, engine), ...sessions, ...set });
  if (!built.ok) throw new Error(JSON.stringify(built.problems));
  const { config, source, cost } = built.value;
  return new Simulation(config, source, cost);
}

/** Tokens that can be found, or could be if what is before them were there. */
function found(pieces: CachedPieces): number {
  let sum = pieces.privateTokens;
  for (let at = 0; at < pieces.count; at++) if (pieces.block[at] >= 0) sum += pieces.tokens[at];
  return sum;
}

function check(simulation: Simulation): number {
  const { memory, policy } = simulation.engine;
  const pieces = memory.cachedPieces?.();
  if (pieces === undefined) throw new Error('no tree');
  const { count, parent, users, order, block } = pieces;
  const places = [...order].filter((place) => place >= 0).toSorted((a, b) => a - b);
  expect(places).toEqual(places.map((_, i) => i));
  for (let at = 0; at < count; at++) {
    assert(parent[at] < at, () => `piece ${at} stands before its parent`);
    assert(pieces.tokens[at] > 0, () => `piece ${at} is empty`);
    // Whoever holds a stretch holds all before it.
    const before = parent[at] >= 0 && block[parent[at]] >= 0 ? users[parent[at]] : Number.POSITIVE_INFINITY;
    assert(before >= users[at], () => `more hold piece ${at} than what is before it`);
    assert(users[at] <= policy.running.length + policy.waitingCount, () => `more hold piece ${at} than there are`);
  }
  if (memory instanceof RadixMemory) expect(found(pieces)).toBe(memory.evictable + memory.protected);
  return found(pieces);
}

describe('the tree of cached prefixes', () => {
  for (const engine of ['vllm', 'sglang', 'tgi', 'tensorrt-llm']) {
    it(`${engine}: holds what the memory says is cached, in every tenth step`, () => {
      const simulation = simulationOf(engine);
      let most = 0;
      while (simulation.next()) {
        if (simulation.steps % 10 !== 0) continue;
        const tokens = check(simulation);
        const { memory } = simulation.engine;
        if ('cachedKeys' in memory) {
          const places = Number(memory.cachedKeys) * memory.blockSize;
          // TensorRT-LLM also finds blocks that are not full.
          if (engine === 'tensorrt-llm') expect(tokens).toBeLessThanOrEqual(places);
          else expect(tokens).toBe(places);
        }
        most = Math.max(most, tokens);
      }
      expect(most).toBeGreaterThan(10_000);
    });
  }

  it('has the shared instructions as the beginning that most hold', () => {
    const simulation = simulationOf('vllm');
    while (simulation.steps < 400 && simulation.next());
    const pieces = simulation.engine.memory.cachedPieces?.();
    const most = pieces === undefined ? -1 : pieces.users.indexOf(Math.max(...pieces.users));
    expect(pieces?.parent[most]).toBe(-1);
    expect(pieces?.tokens[most]).toBe(512);
    expect(pieces?.users[most]).toBe(simulation.engine.policy.running.length);
  });

  it('is empty without prefix caching, and not there for memories that find nothing', () => {
    const plain = simulationOf('vllm', { 'enable-prefix-caching': false });
    while (plain.steps < 50 && plain.next());
    expect(plain.engine.memory.cachedPieces?.().count).toBe(0);
    expect(simulationOf('orca', { memory: 'contiguous' }).engine.memory.cachedPieces).toBeUndefined();
  });
});

describe('the chain of block hashes', () => {
  it('agrees with block tables and cache, and a look leaves no trace', () => {
    const looked = simulationOf('vllm', { requests: 40 });
    const twin = simulationOf('vllm', { requests: 40 });
    let hits = 0;
    for (let step = 0; looked.next(); step++) {
      twin.next();
      if (step % 25 !== 0) continue;
      const { memory, policy, sequences } = looked.engine;
      /** Hashes that somebody holds, and how many tables name a block with them. */
      const holders = new Map<number, number>();
      const chains = [...policy.running, ...policy.waiting()].map((request) => {
        const chain = memory.hashChain?.(request) ?? null;
        if (chain === null) throw new Error('vLLM hashes');
        return chain;
      });
      for (const { request, count, hash, state, block, references, order, filled } of chains) {
        const held = sequences.tableLength[request];
        expect(count).toBeGreaterThanOrEqual(held);
        for (let i = 0; i < count; i++) {
          if (i < held) {
            assert(block[i] === sequences.tables[request][i] - 1, () => `link ${i} of ${request} names another block`);
            assert(references[i] > 0 && order[i] === -1, () => `link ${i} of ${request} is held`);
          }
          if (state[i] === LinkState.hit) hits++;
          if (state[i] === LinkState.hit || state[i] === LinkState.computed) {
            assert(filled[i] === memory.blockSize, () => `link ${i} of ${request} has a hash and is not full`);
            holders.set(hash[i], (holders.get(hash[i]) ?? 0) + 1);
          }
          // Behind what is missing nothing is found.
          const isBehind = i > 0 && state[i - 1] === LinkState.missing;
          assert(
            state[i] !== LinkState.found || !isBehind,
            () => `link ${i} of ${request} is found behind a missing one`,
          );
        }
      }
      for (const { count, hash, state, others, leaves } of chains) {
        for (let i = 0; i < count; i++) {
          const isHolder = state[i] === LinkState.hit || state[i] === LinkState.computed;
          const elsewhere = (holders.get(hash[i]) ?? 0) - (isHolder ? 1 : 0);
          assert(hash[i] === 0 || others[i] === 0 || others[i] === elsewhere, () => `link ${i}: ${others[i]} others`);
        }
        if (leaves > 0) expect([others[leaves - 1] > 0, others[leaves]]).toEqual([true, 0]);
      }
    }
    while (twin.next());
    expect(hits).toBeGreaterThan(100);
    const [a, b] = [looked, twin].map(({ steps, nowUs, engine }) => [steps, nowUs, engine.clock.delivered]);
    expect(a).toEqual(b);
    expect(looked.engine.memory.cachedPieces?.()).toEqual(twin.engine.memory.cachedPieces?.());
  });

  it('is the same for the same prompt in two runs', () => {
    const [one, other] = [simulationOf('vllm'), simulationOf('vllm', { 'max-num-batched-tokens': 512 })];
    for (const simulation of [one, other]) while (!simulation.engine.policy.running.includes(0)) simulation.next();
    const [a, b] = [one, other].map(({ engine }) => engine.memory.hashChain?.(0)?.hash ?? new Uint32Array(0));
    const both = Math.min(a.length, b.length);
    expect(both).toBeGreaterThan(10);
    // The last block has a hash once a generated token fills it.
    expect(a.slice(0, both - 1)).toEqual(b.slice(0, both - 1));
  });

  it('is nothing for memories that do not hash, and where nothing is cached', () => {
    expect(simulationOf('sglang').engine.memory.hashChain).toBeUndefined();
    const off = simulationOf('vllm', { 'enable-prefix-caching': false });
    off.next();
    expect(off.engine.memory.hashChain?.(0)).toBeNull();
  });
});
