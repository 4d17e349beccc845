import { describe, expect, it } from 'vitest';
import { EntryFlag } from '../batch.ts';
import { defaultEngineConfig, type EngineConfig } from '../engine-config.ts';
import { transferUs } from '../gpu/host-link.ts';
import { Status } from '../request.ts';
import { Simulation } from '../simulation.ts';
import { openSource, toyCost } from '../testing.ts';
import { Part } from '../why/parts.ts';
import { checkAccounts, runToEnd } from '../why/testing.ts';
import { TimeAccounts } from '../why/time-account.ts';

const kvBytesPerBlock = 2 ** 21;
const hostLinkBytesPerS = 50e9;
const blockUs = (blocks: number) => transferUs({ bytesPerS: hostLinkBytesPerS }, blocks * kvBytesPerBlock);

/** Two requests of 3 blocks in a pool of 6: a decode wants a free block, so the second has to go. */
const base: EngineConfig = {
  ...defaultEngineConfig(7),
  policy: 'vllm-2023',
  maxModelLen: 96,
  asyncScheduling: false,
  batchesInFlight: 1,
  enablePrefixCaching: false,
  hostLinkBytesPerS,
  kvBytesPerBlock,
};
const specs = [
  { arrivalUs: 0, promptTokens: 40, outputTokens: 40 },
  { arrivalUs: 0, promptTokens: 40, outputTokens: 40 },
];

describe('preemption by swap', () => {
  it('keeps the computed tokens, and the steps of both moves last that much longer', () => {
    const accounts = new TimeAccounts();
    const simulation = new Simulation(
      { ...base, preemption: 'swap', hostBlocks: 8 },
      openSource(specs),
      toyCost,
      accounts,
    );
    const { sequences } = simulation.engine;
    while (simulation.preemptions === 0) simulation.next();
    expect(sequences.status[1]).toBe(Status.preempted);
    expect(sequences.computed[1]).toBe(40);
    expect(sequences.tableLength[1]).toBe(0);
    const out = simulation.lastBatch;
    expect(out.transferUs).toBe(blockUs(3));
    expect(out.endUs - out.startUs).toBe(toyCost.stepUs(out.shape) + blockUs(3));
    while (sequences.status[1] === Status.preempted) simulation.next();
    const back = simulation.lastBatch;
    expect(back.transferUs).toBe(blockUs(3));
    expect(back.prefillTokens).toBe(0);
    expect(Array.from(back.request.subarray(0, back.count))).toEqual([1]);
    expect(back.flags[0]).toBe(EntryFlag.samples | EntryFlag.admitted);
    expect(back.computed[0]).toBe(40);
    expect(back.newBlocks[0]).toBe(3);
    runToEnd(simulation);
    const total = checkAccounts(simulation, accounts);
    expect(total[Part.recompute]).toBe(0);
    // The other one waits for the way out, the victim for the way back.
    expect(total[Part.transfer]).toBe(2 * blockUs(3));
  });

  it('computes again what host memory has no room for', () => {
    const run = (config: Partial<EngineConfig>) => {
      const accounts = new TimeAccounts();
      const simulation = new Simulation({ ...base, ...config }, openSource(specs), toyCost, accounts);
      runToEnd(simulation);
      return { total: checkAccounts(simulation, accounts), nowUs: simulation.nowUs };
    };
    const recompute = run({ preemption: 'recompute', hostBlocks: 8 });
    expect(run({ preemption: 'swap', hostBlocks: 2 })).toEqual(recompute);
    expect(run({ preemption: 'swap', hostBlocks: 0 })).toEqual(recompute);
    expect(recompute.total[Part.recompute]).toBeGreaterThan(0);
  });
});
