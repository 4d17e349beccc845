/** Which blocks a frame says were found in the prefix cache, in conversations with the engines that keep them. */

import { expect, it } from 'vitest';
import { BlockState, type Frame } from '../protocol/frame.ts';
import { build } from '../scenario/build.ts';
import { presetOf } from '../scenario/presets.ts';
import { withEngine } from '../scenario/with-engine.ts';
import { DecisionKind } from '../sim/decision.ts';
import { Run } from '../sim/run.ts';
import { Simulation } from '../sim/simulation.ts';
import { Cursor } from './cursor.ts';
import { readFrame } from './frame.ts';

const sessions = {
  workload: 'sessions',
  rate: 6,
  requests: 40,
  turns: 4,
  'prefix-tokens': 512,
  'kv-tokens': 60_000,
} as const;

function framesOf(engine: string): Frame[] {
  const built = build({ ...withEngine(presetOf('azure-chat').knobs, engine), ...sessions });
  if (!built.ok) throw new Error(JSON.stringify(built.problems));
  const { config, source, cost } = built.value;
  const run = new Run(config, source, cost, 1e12);
  while (!run.advance(1000));
  const cursor = new Cursor(new Simulation(config, source, cost), run.snapshots);
  return Array.from({ length: Math.min(600, run.simulation.steps) }, (_, step) => {
    cursor.seek(step, 1);
    return readFrame(cursor, -1, 1, run.simulation.steps - 1);
  });
}

for (const engine of ['vllm', 'sglang', 'tensorrt-llm']) {
  it(`${engine}: as many as the decisions say, and all of them had content before`, () => {
    const frames = framesOf(engine);
    let found = 0;
    frames.forEach(({ pool, decisions }, step) => {
      let blocks = 0;
      for (let i = 0; i < decisions.count; i++) {
        const isTaken = decisions.kind[i] === DecisionKind.admit || decisions.kind[i] === DecisionKind.resume;
        if (isTaken) blocks += Math.floor(decisions.have[i] / pool.blockSize);
      }
      expect(new Set(pool.hits).size).toBe(pool.hits.length);
      // Two that are admitted at once may find the same blocks.
      expect(pool.hits.length).toBeLessThanOrEqual(blocks);
      expect(pool.hits.length === 0).toBe(blocks === 0);
      for (const block of pool.hits) {
        expect(pool.owner[block]).toBeGreaterThanOrEqual(0);
        if (step > 0) expect(frames[step - 1].pool.state[block]).not.toBe(BlockState.free);
      }
      found += pool.hits.length;
    });
    expect(found).toBeGreaterThan(0);
  });
}
