import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Recorder } from '../metrics/recorder.ts';
import { speculationOf } from '../phase/speculation.ts';
import { RequestTable, Status } from '../request.ts';
import { Simulation } from '../simulation.ts';
import { cases, openSource, runsOf, toyCost } from '../testing.ts';

it('is what the engine finds when it looks a request up, asked under another number, and leaves no trace', () => {
  const hits = new Map<string, number>();
  fc.assert(
    fc.property(runsOf('vllm', 'sglang', 'tgi', 'tensorrt-llm'), ({ requests, config: drawn }) => {
      // Hits that also depend on a window or on host memory are the engine's own affair.
      const config = { ...drawn, slidingWindow: 0, hostBlocks: 0, enablePrefixCaching: true };
      const source = openSource(requests);
      const elsewhere = new RequestTable();
      elsewhere.push({ arrivalUs: 0, promptTokens: 3, outputTokens: 1 });
      for (let r = 0; r < requests.length; r++) elsewhere.pushCopy(source.requests, r, 0);
      const simulation = new Simulation(config, source, toyCost, new Recorder(toyCost, 1e12), false);
      const { memory } = simulation.engine;
      const untouched = new Simulation(config, openSource(requests), toyCost, new Recorder(toyCost, 1e12), false);
      while (simulation.next()) {
        untouched.next();
        for (let r = 0; r < simulation.arrived; r++) memory.cachedTokens?.(elsewhere, r + 1);
      }
      expect(simulation.trail).toBe(untouched.trail);
      const asked = new Simulation(config, openSource(requests), toyCost, new Recorder(toyCost, 1e12), false);
      const own = asked.engine;
      const dropped = own.memory.blockSize;
      while (asked.next()) {
        for (let r = 0; r < asked.arrived; r++) {
          if (own.sequences.status[r] !== Status.waiting || own.sequences.tableLength[r] > 0) continue;
          const cached = own.memory.cachedTokens?.(elsewhere, r + 1) ?? 0;
          const found = own.memory.findHit(r);
          const isDropped = config.policy === 'vllm' && speculationOf(config).dropsLastHit && cached > 0;
          expect(found).toBe(isDropped ? cached - dropped : cached);
          if (found > 0) hits.set(config.policy, (hits.get(config.policy) ?? 0) + 1);
        }
      }
    }),
    { numRuns: 2 * cases },
  );
  // Every one of them has found something.
  expect([...hits.keys()].sort()).toEqual(['sglang', 'tensorrt-llm', 'tgi', 'vllm']);
});
