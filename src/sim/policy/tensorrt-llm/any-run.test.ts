import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Batch, EntryFlag } from '../../batch.ts';
import { DecisionKind } from '../../decision.ts';
import { Status } from '../../request.ts';
import { type Observer, Simulation } from '../../simulation.ts';
import {
  assert,
  cases,
  checkEnd,
  checkInvariants,
  disturb,
  disturbancesArb,
  openSource,
  runsOf,
  toyCost,
  watchOwnership,
} from '../../testing.ts';
import { TensorRtPolicy } from './tensorrt-llm.ts';

const runs = runsOf('tensorrt-llm');

it('conserves blocks and loses nobody, after every step of any run', () => {
  fc.assert(
    fc.property(runs, disturbancesArb, ({ requests, config }, disturbances) => {
      const simulation = new Simulation(config, openSource(requests), toyCost);
      const ownership = watchOwnership(simulation);
      do {
        disturb(simulation, disturbances);
        checkInvariants(simulation, ownership);
      } while (simulation.next());
      checkEnd(simulation, ownership);
    }),
    { numRuns: 2 * cases },
  );
});

it('pauses nobody unless it may use all memory', () => {
  fc.assert(
    fc.property(runs, ({ requests, config }) => {
      const simulation = new Simulation(
        { ...config, settings: { ...config.settings, capacitySchedulerPolicy: 'guaranteed_no_evict' } },
        openSource(requests),
        toyCost,
      );
      const { decisions } = simulation.engine;
      while (simulation.next()) {
        for (let i = 0; i < decisions.count; i++)
          assert(decisions.kind[i] !== DecisionKind.preempt, 'somebody is paused');
      }
    }),
    { numRuns: cases },
  );
});

it('lets no request decode beside one that joins a static batch', () => {
  fc.assert(
    fc.property(runs, ({ requests, config }) => {
      const simulation = new Simulation(
        { ...config, settings: { ...config.settings, capacitySchedulerPolicy: 'static_batch' } },
        openSource(requests),
        toyCost,
      );
      while (simulation.next()) {
        const { prefillTokens, decodeTokens } = simulation.lastBatch;
        expect(Math.min(prefillTokens, decodeTokens)).toBe(0);
      }
    }),
    { numRuns: cases },
  );
});

it('knows how many tokens are on their way, and has a request in one micro-batch at a time', () => {
  fc.assert(
    fc.property(runs, ({ requests, config }) => {
      const flying: Batch[] = [];
      const observer: Observer = {
        launched: (_, batch) => {
          const copy = new Batch();
          copy.copyFrom(batch);
          flying.push(copy);
        },
        completed: () => void flying.shift(),
        idle: () => {},
        rejected: () => {},
      };
      const simulation = new Simulation(config, openSource(requests), toyCost, observer);
      const { sequences } = simulation.engine;
      while (simulation.next()) {
        for (let r = 0; r < simulation.arrived; r++) {
          let expected = 0;
          let batches = 0;
          for (const batch of flying) {
            const at = batch.request.subarray(0, batch.count).indexOf(r);
            if (at < 0) continue;
            batches++;
            const isLive = sequences.status[r] === Status.running && batch.epoch[at] === sequences.preemptions[r];
            if (isLive && (batch.flags[at] & EntryFlag.samples) !== 0) expected++;
          }
          const isTold = sequences.status[r] !== Status.running || sequences.placeholders[r] === expected;
          assert(isTold, () => `${sequences.placeholders[r]} tokens of request ${r} on their way, not ${expected}`);
          assert(config.asyncScheduling || batches <= 1, () => `request ${r} is in ${batches} micro-batches`);
        }
      }
    }),
    { numRuns: cases },
  );
});

it('has no more tokens in a step than it may, drafts included, and nobody whose images are not encoded', () => {
  fc.assert(
    fc.property(runs, ({ requests, config }) => {
      const simulation = new Simulation(config, openSource(requests), toyCost);
      const { policy, sequences } = simulation.engine;
      const media = policy instanceof TensorRtPolicy ? policy.media : null;
      while (simulation.next()) {
        const { lastBatch: batch } = simulation;
        expect(batch.shape.tokens).toBeLessThanOrEqual(config.maxNumBatchedTokens);
        let drafts = 0;
        for (let i = 0; i < batch.count; i++) {
          const request = batch.request[i];
          assert(!media?.withheld.includes(request), () => `the images of request ${request} are not encoded`);
          if (config.speculation === null) continue;
          drafts += batch.drafts[i];
          // Nothing is computed behind the last token that could be of use.
          const longest = sequences.requests.promptTokens[request] + sequences.outputLimit[request];
          assert(batch.computed[i] + batch.tokens[i] <= longest, () => `request ${request} is computed too far`);
        }
        expect(drafts).toBeLessThanOrEqual(batch.count * (config.speculation?.tokens ?? 0));
      }
    }),
    { numRuns: cases },
  );
});
