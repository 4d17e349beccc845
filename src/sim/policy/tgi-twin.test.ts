import fc from 'fast-check';
import { expect, it } from 'vitest';
import { defaultEngineConfig, type EngineConfig } from '../engine-config.ts';
import { textArb } from '../memory/radix-testing.ts';
import { type RequestSpec, Status } from '../request.ts';
import { Simulation } from '../simulation.ts';
import { cases, openSource, toyCost } from '../testing.ts';
import { type SlowForward, SlowTgi, type SlowTgiConfig, type SlowTgiRequest } from './tgi-testing.ts';

const requestArb = fc
  .record({
    gapUs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 6000 })),
    text: fc.oneof(
      textArb.filter((text) => text.length > 0),
      fc.integer({ min: 1, max: 40 }).map((n) => 'd'.repeat(n)),
    ),
    outputs: fc.integer({ min: 1, max: 12 }),
    unused: fc.constantFrom(0, 0, 5),
  })
  .map(({ unused, ...rest }) => ({ ...rest, limit: rest.outputs + unused }));

const requestsArb = fc.array(requestArb, { minLength: 1, maxLength: 14, size: 'max' });

const configArb: fc.Arbitrary<SlowTgiConfig> = fc
  .record({
    isPadded: fc.constantFrom(false, false, true),
    isChunking: fc.boolean(),
    isCaching: fc.boolean(),
    maxBatchPrefillTokens: fc.integer({ min: 1, max: 50 }),
    maxBatchTotalTokens: fc.integer({ min: 20, max: 150 }),
    waitingServedRatio: fc.constantFrom(0, 0.3, 0.7, 1.2),
    maxWaitingTokens: fc.integer({ min: 1, max: 8 }),
    maxBatchSize: fc.constantFrom(0, 0, 1, 3),
    maxConcurrentRequests: fc.constantFrom(2, 6, 100),
    blockSize: fc.constantFrom(1, 1, 4),
    places: fc.integer({ min: 20, max: 150 }),
  })
  .map(({ places, ...c }) => {
    const blockSize = c.isPadded || c.isCaching ? 1 : c.blockSize;
    const isChunking = c.isChunking && !c.isPadded;
    return {
      ...c,
      isChunking,
      isCaching: c.isCaching && !c.isPadded,
      blockSize,
      numBlocks: 1 + Math.ceil(places / blockSize),
    };
  });

/** The engine's configuration for the same server. */
function engineConfig(slow: SlowTgiConfig): EngineConfig {
  const { waitingServedRatio, maxWaitingTokens, maxBatchSize, maxConcurrentRequests } = slow;
  const loop = { waitingServedRatio, maxWaitingTokens, maxBatchSize, maxConcurrentRequests };
  return {
    ...defaultEngineConfig(slow.numBlocks),
    policy: slow.isPadded ? 'tgi-2023' : 'tgi',
    settings: slow.isPadded
      ? { ...loop, maxBatchTotalTokens: slow.maxBatchTotalTokens }
      : { ...loop, prefillChunking: slow.isChunking },
    memory: 'own',
    asyncScheduling: false,
    batchesInFlight: 1,
    blockSize: slow.blockSize,
    enablePrefixCaching: slow.isCaching,
    maxNumBatchedTokens: slow.maxBatchPrefillTokens,
    maxNumScheduledTokens: slow.maxBatchPrefillTokens,
  };
}

function spec({ arrivalUs, text, outputs, limit }: SlowTgiRequest): RequestSpec {
  const segments = [...text].map((c) => ({ segment: c.charCodeAt(0), offset: 0, length: 1 }));
  const endsBy = limit > outputs ? 'stop' : 'length';
  return { arrivalUs, promptTokens: text.length, outputTokens: outputs, maxTokens: limit, endsBy, segments };
}

/** What a simulation did, in the words of the twin. After `savedAfter` steps another one goes on from its saved state. */
function play(config: EngineConfig, requests: readonly SlowTgiRequest[], savedAfter: number) {
  let simulation = new Simulation(config, openSource(requests.map(spec)), toyCost);
  const forwards: SlowForward[] = [];
  const finishUs = requests.map(() => Number.NaN);
  const refused = new Set<number>();
  // A saved state knows nothing of those who have ended.
  const note = ({ arrived, engine: { sequences } }: Simulation): void => {
    for (let i = 0; i < arrived; i++) {
      if (sequences.status[i] === Status.rejected) refused.add(i);
      else if (Number.isNaN(finishUs[i])) finishUs[i] = sequences.finishUs[i];
    }
  };
  while (simulation.next()) {
    const { memory } = simulation.engine;
    const { lastBatch: batch } = simulation;
    const rows = Array.from(
      { length: batch.count },
      (_, i) => [batch.request[i], batch.tokens[i], batch.computed[i]] as const,
    );
    const { tokens, decodeContextSum: contexts } = batch.shape;
    forwards.push({ startUs: batch.startUs, rows, tokens, contexts, held: memory.usableBlocks - memory.freeBlocks });
    if (simulation.steps !== savedAfter) continue;
    const other = new Simulation(config, openSource(requests.map(spec)), toyCost);
    while (other.next());
    other.restore(simulation.save());
    note(simulation);
    simulation = other;
  }
  note(simulation);
  return { forwards, finishUs, refused: [...refused].sort((a, b) => a - b) };
}

it('every forward of a run is that of the two programs written down', () => {
  let hits = 0;
  fc.assert(
    fc.property(configArb, requestsArb, fc.integer({ min: 1, max: 80 }), (slowConfig, given, savedAfter) => {
      let arrivalUs = 0;
      const requests = given.map(({ gapUs, ...rest }): SlowTgiRequest => {
        arrivalUs += gapUs;
        return { ...rest, arrivalUs };
      });
      const slow = new SlowTgi(slowConfig, requests);
      slow.run();
      const { forwards, finishUs, refused } = slow;
      expect(play(engineConfig(slowConfig), requests, savedAfter)).toEqual({ forwards, finishUs, refused });
      const seen = new Set<number>();
      for (const [id, , computed] of forwards.flatMap((f) => f.rows)) {
        if (!seen.has(id) && computed > 0) hits++;
        seen.add(id);
      }
    }),
    { numRuns: 3 * cases },
  );
  // The property would prove little about the cache if nothing were ever found in it.
  expect(hits).toBeGreaterThan(cases / 3);
});
