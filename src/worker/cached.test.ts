/** The tree of cached prefixes in runs of the engines that have one, against what their memories count themselves. */

import { describe, expect, it } from 'vitest';
import { build } from '../scenario/build.ts';
import type { KnobValue } from '../scenario/knobs.ts';
import { presetOf } from '../scenario/presets.ts';
import { withEngine } from '../scenario/with-engine.ts';
import type { CachedPieces } from '../sim/memory/cached-pieces.ts';
import { RadixMemory } from '../sim/memory/radix-memory.ts';
import { Simulation } from '../sim/simulation.ts';

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
    expect(parent[at]).toBeLessThan(at);
    expect(pieces.tokens[at]).toBeGreaterThan(0);
    // Whoever holds a stretch holds all before it.
    if (parent[at] >= 0 && block[parent[at]] >= 0) expect(users[parent[at]]).toBeGreaterThanOrEqual(users[at]);
    expect(users[at]).toBeLessThanOrEqual(policy.running.length + policy.waitingCount);
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
