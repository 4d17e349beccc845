import { describe, expect, it } from 'vitest';
import { defaultEngineConfig, type EngineConfig } from '../engine-config.ts';
import { transferUs } from '../gpu/host-link.ts';
import type { RequestSpec } from '../request.ts';
import { Simulation } from '../simulation.ts';
import { checkEnd, checkInvariants, openSource, toyCost, watchOwnership } from '../testing.ts';
import { Part } from '../why/parts.ts';
import { checkAccounts } from '../why/testing.ts';
import { TimeAccounts } from '../why/time-account.ts';

const kvBytesPerBlock = 2 ** 21;
const hostLinkBytesPerS = 50e9;
const blockUs = (blocks: number) => transferUs({ bytesPerS: hostLinkBytesPerS }, blocks * kvBytesPerBlock);

/** Five usable blocks; whoever comes next pushes out what the one before left in the cache. */
const base: EngineConfig = {
  ...defaultEngineConfig(6),
  maxModelLen: 80,
  asyncScheduling: false,
  batchesInFlight: 1,
  hostLinkBytesPerS,
  kvBytesPerBlock,
};
const asks = (segment: number, arrivalUs: number): RequestSpec => ({
  arrivalUs,
  promptTokens: 65,
  outputTokens: 1,
  segments: [{ segment, offset: 0, length: 65 }],
});
/** A prompt, another one, and the first again. */
const specs = [asks(1, 0), asks(2, 100_000), asks(1, 200_000)];

function run(config: Partial<EngineConfig>) {
  const accounts = new TimeAccounts();
  const simulation = new Simulation({ ...base, ...config }, openSource(specs), toyCost, accounts);
  const ownership = watchOwnership(simulation);
  const steps: { hit: number; transferUs: number; extraUs: number }[] = [];
  while (simulation.next()) {
    const { hitTokens, transferUs: us, startUs, endUs, shape } = simulation.lastBatch;
    steps.push({ hit: hitTokens, transferUs: us, extraUs: endUs - startUs - toyCost.stepUs(shape) });
    checkInvariants(simulation, ownership);
  }
  checkEnd(simulation, ownership);
  return { steps, total: checkAccounts(simulation, accounts), nowUs: simulation.nowUs };
}

describe('off-loading of evicted blocks', () => {
  it('finds in host memory what the pool has lost, for the time of the copies', () => {
    const { steps, total } = run({ hostBlocks: 100 });
    // The second prompt pushes four full blocks out beside its step. The third comes for them, and its step waits.
    expect(steps).toEqual([
      { hit: 0, transferUs: 0, extraUs: 0 },
      { hit: 0, transferUs: 0, extraUs: 0 },
      { hit: 64, transferUs: blockUs(4), extraUs: blockUs(4) },
    ]);
    expect(total[Part.transfer]).toBe(blockUs(4));
  });

  it('keeps of a prompt as many blocks as host memory has', () => {
    // The last block of a prompt is pushed out first, so a small host memory has lost it by the end and keeps the first.
    expect(run({ hostBlocks: 2 }).steps.map((step) => step.hit)).toEqual([0, 0, 32]);
  });

  it('is off without host memory, without a prefix cache and with other schedulers', () => {
    const off = run({ hostBlocks: 0 });
    expect(off.steps.map((step) => step.hit)).toEqual([0, 0, 0]);
    expect(off.total[Part.transfer]).toBe(0);
    expect(run({ hostBlocks: 100, enablePrefixCaching: false })).toEqual(run({ enablePrefixCaching: false }));
    expect(run({ hostBlocks: 100, policy: 'orca' })).toEqual(run({ policy: 'orca' }));
  });
});
