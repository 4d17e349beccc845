/** Small generated fleets, and what must hold of them. */

import fc from 'fast-check';
import { defaultEngineConfig, type EngineConfig } from '../engine-config.ts';
import type { CostModel } from '../gpu/cost.ts';
import type { OwnershipChecker } from '../memory/ownership.ts';
import { type RequestSpec, Status } from '../request.ts';
import { Run } from '../run.ts';
import type { Source } from '../source.ts';
import { checkInvariants, runArb, toyCost, watchOwnership } from '../testing.ts';
import { AttemptEnd } from './attempts.ts';
import { Fate, FleetEventKind } from './fates.ts';
import type { Fleet } from './fleet.ts';
import { type FleetConfig, type InstanceSpec, plainFleet } from './fleet-config.ts';
import type { SideBySideRun } from './fleet-run.ts';
import type { KvStore } from './kv-store.ts';
import type { Life } from './life.ts';
import { lifeSource } from './life-source.ts';
import { routerArb } from './routers/testing.ts';
import { goesOn, Part } from './split.ts';

/** A fleet and its requests. */
export interface FleetCase {
  readonly config: FleetConfig;
  readonly requests: readonly RequestSpec[];
}

/** So many instances of one engine. */
export function replicas(count: number, config: EngineConfig): readonly InstanceSpec[] {
  const spec: InstanceSpec = { role: 'serve', config, cost: toyCost, peakFlopsPerS: 1e12, peakBytesPerS: 1e12 };
  return Array.from({ length: count }, () => spec);
}

/** Every engine, every router with any settings, up to five instances. Nothing fails. */
export const calmFleetArb: fc.Arbitrary<FleetCase> = fc
  .record({
    run: runArb,
    count: fc.integer({ min: 1, max: 5 }),
    router: routerArb,
    seed: fc.nat(9),
    reportUs: fc.constantFrom(0, 0, 7_000, 50_000),
  })
  .map(({ run, count, router, seed, reportUs }) => ({
    requests: run.requests,
    config: { ...plainFleet, instances: replicas(count, run.config), router: { ...router, seed }, reportUs },
  }));

/** The same with impatient clients, few places, deaths at any time and instances that come and go. */
export const troubledFleetArb: fc.Arbitrary<FleetCase> = fc
  .record({
    fleet: calmFleetArb,
    timeoutUs: fc.constantFrom(0, 20_000, 200_000),
    retries: fc.nat(3),
    backoffUs: fc.integer({ min: 1, max: 50_000 }),
    maxInFlight: fc.constantFrom(0, 0, 2, 6),
    maxTokensAhead: fc.constantFrom(0, 0, 100),
    failures: fc.array(
      fc.record({
        instance: fc.nat(4),
        atUs: fc.nat(400_000),
        forUs: fc.oneof(fc.integer({ min: 1, max: 200_000 }), fc.constant(Number.POSITIVE_INFINITY)),
      }),
      { maxLength: 4 },
    ),
    wear: fc.option(
      fc.record({
        meanLifeUs: fc.integer({ min: 50_000, max: 400_000 }),
        repairUs: fc.oneof(fc.integer({ min: 1000, max: 200_000 }), fc.constant(Number.POSITIVE_INFINITY)),
        seed: fc.nat(9),
      }),
    ),
    scaling: fc.option(
      fc.record({
        least: fc.integer({ min: 1, max: 2 }),
        targetInFlight: fc.integer({ min: 1, max: 6 }),
        everyUs: fc.integer({ min: 5_000, max: 40_000 }),
        startUs: fc.integer({ min: 1, max: 60_000 }),
        calmUs: fc.integer({ min: 0, max: 60_000 }),
      }),
    ),
  })
  .map(({ fleet, timeoutUs, retries, backoffUs, maxInFlight, maxTokensAhead, failures, wear, scaling }) => ({
    requests: fleet.requests,
    config: {
      ...fleet.config,
      client: { timeoutUs, retries, backoffUs },
      admission: { maxInFlight, maxTokensAhead },
      failures: failures.filter(({ instance }) => instance < fleet.config.instances.length),
      wear,
      scaling,
    },
  }));

/** What an instance is in another role, on the GPUs that it has. */
function inRole(spec: InstanceSpec, role: 'prefill' | 'decode'): InstanceSpec {
  const connector = { role: role === 'prefill' ? ('producer' as const) : ('consumer' as const), transferUs: 0 };
  return { ...spec, role, config: { ...spec.config, connector } };
}

/** Steps that take so many times as long as the toy ones. */
function slower(times: number): CostModel {
  return times === 1 ? toyCost : { ...toyCost, stepUs: (shape) => Math.ceil(times * toyCost.stepUs(shape)) };
}

/**
 * Prefill and decode on instances of their own, on GPUs of one kind or two (with other pools and other times), with pools and links so small that
 * they wait for each other; in calm and in trouble.
 */
export const splitFleetArb: fc.Arbitrary<FleetCase> = fc
  .record({
    trouble: troubledFleetArb,
    isCalm: fc.boolean(),
    prefills: fc.integer({ min: 1, max: 3 }),
    decodes: fc.integer({ min: 1, max: 3 }),
    blocks: fc.integer({ min: 20, max: 60 }),
    other: fc.option(
      fc.record({
        blocks: fc.integer({ min: 20, max: 60 }),
        times: fc.constantFrom(0.4, 1.7, 5),
        peak: fc.constant(3e11),
      }),
    ),
    batchesInFlight: fc.constantFrom(1, 2),
    enablePrefixCaching: fc.boolean(),
    decodeRouter: routerArb,
    bytesPerS: fc.constantFrom(2e6, 2e7, 1e12),
    setupUs: fc.constantFrom(0, 3_000),
    firstToken: fc.constantFrom('prefill' as const, 'decode' as const),
    layers: fc.constantFrom(0, 4),
    mixedPool: fc.constantFrom(null, null, { maxTokensAhead: 60 }, { maxTokensAhead: 1 }),
  })
  .map(
    ({
      trouble,
      isCalm,
      prefills,
      decodes,
      decodeRouter,
      bytesPerS,
      setupUs,
      firstToken,
      layers,
      other,
      mixedPool,
      ...engine
    }) => {
      const fewest = Math.min(engine.blocks, other?.blocks ?? engine.blocks);
      const base: EngineConfig = {
        ...defaultEngineConfig(engine.blocks),
        batchesInFlight: engine.batchesInFlight,
        asyncScheduling: engine.batchesInFlight === 2,
        enablePrefixCaching: engine.enablePrefixCaching,
        maxNumSeqs: 6,
        maxNumBatchedTokens: 64,
        // Both sides serve sequences of the same length.
        maxModelLen: (fewest - 2) * 16,
        watermark: 0,
      };
      const [plain] = replicas(1, base);
      const decoding =
        other === null
          ? plain
          : {
              ...plain,
              config: { ...base, numBlocks: other.blocks },
              cost: slower(other.times),
              peakFlopsPerS: other.peak,
              peakBytesPerS: other.peak,
            };
      const instances = [
        ...new Array<InstanceSpec>(prefills).fill(inRole(plain, 'prefill')),
        ...new Array<InstanceSpec>(decodes).fill(inRole(decoding, 'decode')),
      ];
      const failures = isCalm ? [] : trouble.config.failures.filter(({ instance }) => instance < instances.length);
      return {
        // What is elsewhere already, and what comes with images, is another matter.
        requests: trouble.requests.map(({ remoteKv, images, ...spec }) => spec),
        config: {
          ...(isCalm ? plainFleet : trouble.config),
          instances,
          failures,
          scaling: null,
          router: trouble.config.router,
          mixedPool,
          split: {
            router: { ...decodeRouter, seed: 1 },
            link: { outBytesPerS: bytesPerS, inBytesPerS: bytesPerS / 2, setupUs },
            kvBytesPerToken: 100,
            firstToken,
            layers,
          },
        },
      };
    },
  );

/** vLLM with a store of KV that all share, so small that blocks are pushed out and so slow that engines wait for it; whole replicas and split ones, in calm and in trouble. */
export const storeFleetArb: fc.Arbitrary<FleetCase> = fc
  .record({
    fleet: splitFleetArb,
    isSplit: fc.boolean(),
    capacityBlocks: fc.constantFrom(0, 5, 30, 300),
    bytesPerS: fc.constantFrom(2e6, 2e7, 1e12),
    setupUs: fc.constantFrom(0, 0.5, 3_000),
    slidingWindow: fc.constantFrom(0, 0, 0, 40),
    turns: fc.integer({ min: 1, max: 4 }),
  })
  .map(({ fleet: { config, requests }, isSplit, capacityBlocks, bytesPerS, setupUs, slidingWindow, turns }) => ({
    requests: conversations(requests, turns),
    config: {
      ...config,
      instances: config.instances.map((spec) => {
        const role = isSplit ? spec.role : ('serve' as const);
        const connector = isSplit ? spec.config.connector : { role: 'both' as const, transferUs: 0 };
        return { ...spec, role, config: { ...spec.config, enablePrefixCaching: true, slidingWindow, connector } };
      }),
      split: isSplit ? config.split : null,
      mixedPool: isSplit ? config.mixedPool : null,
      store: {
        capacityBlocks,
        blockSize: 16,
        blockBytes: 1600,
        link: { outBytesPerS: bytesPerS, inBytesPerS: bytesPerS, setupUs },
      },
    },
  }));

/** Split fleets whose instances change their roles often, with a store or without. */
export const turningFleetArb: fc.Arbitrary<FleetCase> = fc
  .record({
    fleet: fc.oneof(splitFleetArb, storeFleetArb),
    sampleUs: fc.integer({ min: 500, max: 10_000 }),
    samples: fc.integer({ min: 1, max: 4 }),
    startUs: fc.constantFrom(0, 1, 20_000),
    queue: fc.constantFrom(0, 0.2),
    kv: fc.constantFrom(0.05, 0.4),
  })
  .map(({ fleet: { config, requests }, sampleUs, samples, startUs, queue, kv }) => {
    if (config.split === null) return { config, requests };
    const planner = {
      sampleUs,
      everyUs: samples * sampleUs,
      startUs,
      prefillQueue: { high: queue, low: 0.5 },
      decodeKv: { high: kv, low: 0.9 },
      sides: config.instances.map((spec) => ({
        prefill: inRole(spec, 'prefill'),
        decode: inRole(spec, 'decode'),
      })),
    };
    return { requests, config: { ...config, planner } };
  });

/** The same requests as conversations: each of so many in turn goes on with what was said before. */
function conversations(requests: readonly RequestSpec[], turns: number): readonly RequestSpec[] {
  const inOrder = [...requests].sort((a, b) => a.arrivalUs - b.arrivalUs);
  const said: RequestSpec[] = [];
  for (const [i, spec] of inOrder.entries()) {
    const before = i % turns === 0 ? undefined : said[i - 1];
    const own = [{ segment: 1_000_000 + i, offset: 0, length: spec.promptTokens }];
    const history = before?.segments ?? [];
    const answer = { segment: 2_000_000 + i - 1, offset: 0, length: before?.outputTokens ?? 0 };
    const segments = before === undefined ? (spec.segments ?? own) : [...history, answer, ...own];
    const promptTokens = segments.reduce((sum, { length }) => sum + length, 0);
    said.push({ ...spec, segments, promptTokens, outputSegment: 2_000_000 + i });
  }
  return said;
}

/** The same source, which does not say that nothing changes its arrivals: engines then go event by event. */
export function secretive(source: Source): Source {
  const { isOpen, ...rest } = source;
  return rest;
}

/** Checks the invariants of every engine that lives, whatever step it is in. One object a fleet. */
export class FleetChecker {
  private readonly owners = new Map<Life, OwnershipChecker>();
  private readonly fleet: Fleet;

  constructor(fleet: Fleet) {
    this.fleet = fleet;
    this.watch();
  }

  check(): void {
    this.watch();
    for (const [life, owner] of this.owners) {
      checkInvariants(life.simulation, owner);
      checkAhead(life);
    }
    if (this.fleet.store !== null) checkStore(this.fleet.store);
  }

  private watch(): void {
    for (const life of this.fleet.lives)
      if (!this.owners.has(life)) this.owners.set(life, watchOwnership(life.simulation));
  }
}

/** The store holds no more than it may, what it holds was put and not pushed out, and what is being fetched is there. */
function checkStore({ blocks, config, figures, onTheWay, fetching }: KvStore): void {
  if (blocks.size > config.capacityBlocks)
    throw new Error(`${blocks.size} blocks in room for ${config.capacityBlocks}`);
  const { sentBlocks, storedBlocks, refusedBlocks, lostBlocks } = figures;
  if (storedBlocks - blocks.evictions !== blocks.size) throw new Error('blocks have come to the store or gone unseen');
  if (sentBlocks !== storedBlocks + refusedBlocks + lostBlocks + onTheWay)
    throw new Error('blocks were lost on the way');
  for (const key of fetching) if (!blocks.has(key)) throw new Error('a block was evicted while it was fetched');
}

/** Prompt tokens ahead are some of the prompts in flight, and none where nobody is: a preemption brings none back, and takes none twice. */
function checkAhead({ simulation, requests, tokensAhead, inFlight }: Life): void {
  const { status } = simulation.engine.sequences;
  let most = 0;
  for (let r = 0; r < requests.count; r++) {
    if (r >= simulation.arrived || isOpenStatus(status[r])) most += requests.promptTokens[r];
  }
  if (tokensAhead < 0 || tokensAhead > most) throw new Error(`${tokensAhead} of ${most} prompt tokens ahead`);
  if (inFlight === 0 && tokensAhead !== 0) throw new Error(`${tokensAhead} prompt tokens before nobody`);
}

const isOpenStatus = (status: number) =>
  status === Status.waiting || status === Status.running || status === Status.preempted || status === Status.loading;

/** Of a fleet that has ended: nobody is lost, every try has an end and a reason, what dead instances held is written down. */
export function checkFleetEnd(fleet: Fleet): void {
  const { attempts, source } = fleet;
  const last = new Int32Array(fleet.arrived).fill(-1);
  const sent = new Int32Array(fleet.arrived);
  if (fleet.arrived !== source.requests.count) throw new Error('not all requests have arrived');
  for (let a = 0; a < attempts.count; a++) {
    const request = attempts.request[a];
    if (attempts.end[a] === AttemptEnd.open) throw new Error(`try ${a} has no end`);
    const before = last[request];
    const isNext = attempts.part[a] === Part.decode;
    if (isNext && before !== attempts.prefill[a]) throw new Error(`try ${a} goes on with nothing`);
    if (before >= 0) {
      if (!(attempts.endUs[before] <= attempts.sentUs[a])) throw new Error(`two tries of ${request} at once`);
      // After a prompt that nobody could take over it is tried again.
      const isOver = attempts.part[before] !== Part.prefill && attempts.end[before] === AttemptEnd.finished;
      if (isOver || attempts.end[before] === AttemptEnd.refused) throw new Error(`${request} was tried again in vain`);
    }
    last[request] = a;
    if (!isNext) sent[request]++;
  }
  for (let r = 0; r < fleet.arrived; r++) {
    const fate = fleet.fates.fate[r];
    if (fate === Fate.open) throw new Error(`request ${r} has no fate`);
    if (last[r] !== fleet.fates.lastAttempt[r]) throw new Error(`the last try of ${r} is another one`);
    if (sent[r] > fleet.fates.tries[r] || fleet.fates.tries[r] < 1) throw new Error(`tries of ${r} were not counted`);
    const end = last[r] < 0 ? AttemptEnd.open : attempts.end[last[r]];
    const { maxModelLen } = fleet.config.instances[0].config;
    const isPrompt = last[r] >= 0 && attempts.part[last[r]] === Part.prefill && goesOn(source.requests, r, maxModelLen);
    if (isPrompt && fate === Fate.finished) throw new Error(`${r} has its prompt only`);
    const isRight =
      (isPrompt && end === AttemptEnd.finished && (fate === Fate.unserved || fate === Fate.shed)) ||
      (fate === Fate.shed || fate === Fate.unserved
        ? end === AttemptEnd.open || end >= AttemptEnd.timedOut
        : fate === [Fate.open, Fate.finished, Fate.refused, Fate.timedOut, Fate.lost][end]);
    if (!isRight) throw new Error(`fate ${fate} of ${r} after a try that ended by ${end}`);
  }
  // What a death took is what was in flight there.
  const deaths = fleet.events.filter((event) => event.kind === FleetEventKind.died);
  let lost = 0;
  for (let a = 0; a < attempts.count; a++) if (attempts.end[a] === AttemptEnd.lost) lost++;
  const told = deaths.reduce((sum, { requests }) => sum + requests, 0);
  if (told !== lost) throw new Error(`${lost} tries were lost, ${told} are written down`);
  for (const row of fleet.handovers?.rows ?? []) {
    if (Number.isNaN(row.endUs)) throw new Error(`the handover of ${row.request} has no end`);
    if (!row.isGivenUp && !(row.readyUs <= row.askedUs && row.askedUs <= row.endUs)) throw new Error('out of order');
  }
  for (let a = 0; a < attempts.count; a++) {
    const { role } = fleet.lives[attempts.life[a]].spec;
    const isMixed = attempts.part[a] === Part.whole && fleet.mixedPool !== null;
    const isRight = isMixed || ['serve', 'prefill', 'decode'].indexOf(role) === attempts.part[a];
    if (!isRight) throw new Error(`try ${a} went to an instance that is there for something else`);
  }
  if (fleet.handovers !== null && fleet.handovers.transfers.size > 0) throw new Error('bytes still flow');
  if (fleet.store !== null) {
    const { fetches, figures, fetching } = fleet.store;
    if (fetching.length > 0 || fetches.some(({ endUs }) => Number.isNaN(endUs))) throw new Error('a fetch has no end');
    const moved = fetches.reduce((sum, { blocks, isGivenUp }) => sum + (isGivenUp ? 0 : blocks), 0);
    if (moved !== figures.fetchedBlocks) throw new Error('fetched blocks were not counted');
  }
  for (const life of fleet.lives) {
    const { memory } = life.simulation.engine;
    const held = memory.usableBlocks - memory.freeBlocks;
    const died = deaths.find((event) => event.instance === life.instance && event.timeUs === life.endUs);
    if (held !== (died?.blocks ?? 0))
      throw new Error(`${held} blocks of a life of instance ${life.instance} are not accounted for`);
  }
}

/**
 * Simulates each life of a fleet that has ended alone, goes back to a snapshot after about `at` steps and on to the end again: the run
 * must be the same.
 */
export function checkSnapshots({ fleet }: SideBySideRun, at: number): void {
  for (const [number, { spec }] of fleet.lives.entries()) {
    const single = new Run(spec.config, lifeSource(fleet, number), spec.cost, 1);
    single.advance(at);
    const saved = single.simulation.save();
    single.advance(Number.POSITIVE_INFINITY);
    const { trail } = single.simulation;
    single.simulation.restore(saved);
    while (single.simulation.next());
    if (single.simulation.trail !== trail) throw new Error(`life ${number} goes on differently from a snapshot`);
  }
}
