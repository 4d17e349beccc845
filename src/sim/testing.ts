/**
 * Small generated runs of every policy, and what must hold after each of their steps. Longer than other files, because each
 * policy with settings or with a memory of its own has a few lines here: what can be generated for it, and how its blocks are counted.
 */

import fc from 'fast-check';
import { defaultEngineConfig, type EngineConfig } from './engine-config.ts';
import type { CostModel } from './gpu/cost.ts';
import { ContiguousMemory } from './memory/contiguous.ts';
import { LlamaMemory } from './memory/llama-cells.ts';
import { OwnershipChecker } from './memory/ownership.ts';
import { PaddedMemory } from './memory/padded.ts';
import { PagedMemory } from './memory/paged.ts';
import { RadixMemory } from './memory/radix-memory.ts';
import { TensorRtMemory } from './memory/tensorrt-llm.ts';
import { TgiMemory } from './memory/tgi.ts';
import type { EncoderConfig } from './phase/encoder.ts';
import type { QuantisationConfig } from './phase/quantisation.ts';
import type { SpeculationConfig } from './phase/speculation.ts';
import { adoptCells, checkCells, llamaArb, llamaConfig } from './policy/llama-testing.ts';
import { sglangArb, sglangConfig } from './policy/sglang/testing.ts';
import type { TensorRtSettings } from './policy/tensorrt-llm/settings.ts';
import { TensorRtPolicy } from './policy/tensorrt-llm/tensorrt-llm.ts';
import type { TransformersSettings } from './policy/transformers.ts';
import { VllmPolicy } from './policy/vllm.ts';
import { Vllm2023Policy } from './policy/vllm-2023.ts';
import type { PredictionConfig } from './queue/predict/predictor.ts';
import { queueOrders } from './queue/queue.ts';
import {
  type ImageSpan,
  PLACEHOLDER_SEGMENT,
  type RequestSpec,
  RequestTable,
  type Segment,
  Status,
} from './request.ts';
import type { Simulation } from './simulation.ts';
import type { Source } from './source.ts';
import type { BanditRule } from './tuning/bandit.ts';
import type { TuningConfig } from './tuning/tuner.ts';

/** Generated cases a property gets: few in every test run, many in the deep one. */
export const cases = Number(process.env.TOKENYARD_CASES || 150);

/** A cost model for tests: simple, but of the right shape, so that batches of different kinds take different times. */
export const toyCost: CostModel = {
  stepUs: (shape) =>
    1000 -
    300 * shape.copy +
    10 * shape.tokens +
    Math.floor(shape.decodeContextSum / 100) +
    20 * (shape.imageWindows + shape.audioWindows) +
    5 * shape.drafters,
  flops: (shape) => shape.tokens,
  explain: () => [],
};

/** An open source over given requests. */
export function openSource(specs: readonly RequestSpec[]): Source {
  const requests = new RequestTable(specs.length);
  for (const spec of [...specs].sort((a, b) => a.arrivalUs - b.arrivalUs)) requests.push(spec);
  return {
    requests,
    classes: ['request'],
    isOpen: true,
    next: () => Number.POSITIVE_INFINITY,
    finished: () => {},
    save: () => null,
    restore: () => {},
  };
}

/** The largest image, in placeholder tokens. */
const MOST_IMAGE_TOKENS = 30;

const requestArb: fc.Arbitrary<RequestSpec> = fc
  .record({
    arrivalUs: fc.integer({ min: 0, max: 200_000 }),
    shared: fc.integer({ min: 0, max: 3 }),
    sharedTokens: fc.integer({ min: 0, max: 40 }),
    ownTokens: fc.integer({ min: 1, max: 60 }),
    outputTokens: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 150 })),
    isPrivate: fc.boolean(),
    endsBy: fc.constantFrom('length' as const, 'stop' as const),
    maxTokens: fc.option(fc.integer({ min: 1, max: 180 }), { nil: undefined }),
    priority: fc.integer({ min: 0, max: 2 }),
    user: fc.integer({ min: 0, max: 3 }),
    imageTokens: fc.array(fc.integer({ min: 1, max: MOST_IMAGE_TOKENS }), { maxLength: 2 }),
    itemKind: fc.constantFrom('image' as const, 'audio' as const),
    remoteKv: fc.option(fc.record({ transferUs: fc.option(fc.integer({ min: 1, max: 90_000 }), { nil: undefined }) }), {
      nil: undefined,
    }),
  })
  .map(
    ({
      shared,
      sharedTokens,
      ownTokens,
      isPrivate,
      arrivalUs,
      imageTokens,
      itemKind,
      remoteKv,
      ...rest
    }): RequestSpec => {
      // Shared text, then images with two tokens of text after each, then text of one's own.
      const images: ImageSpan[] = [];
      const segments: Segment[] = [{ segment: 1 + shared, offset: 0, length: sharedTokens }];
      let position = sharedTokens;
      for (const tokens of imageTokens) {
        images.push({ position, tokens, hash: tokens, kind: itemKind });
        segments.push({ segment: PLACEHOLDER_SEGMENT, offset: 0, length: tokens });
        segments.push({ segment: 50, offset: position, length: 2 });
        position += tokens + 2;
      }
      segments.push({ segment: 100 + (arrivalUs % 7), offset: 0, length: ownTokens });
      return {
        ...rest,
        arrivalUs,
        promptTokens: position + ownTokens,
        ...(isPrivate ? {} : { segments }),
        ...(images.length > 0 ? { images } : {}),
        ...(remoteKv === undefined ? {} : { remoteKv }),
      };
    },
  );

/** Speculation by every method, with some right and some wrong drafts. */
const speculationArb: fc.Arbitrary<SpeculationConfig> = fc.record({
  method: fc.constantFrom('ngram' as const, 'eagle' as const, 'draft_model' as const, 'dflash' as const),
  tokens: fc.integer({ min: 1, max: 4 }),
  parallelDrafting: fc.boolean(),
  acceptanceRate: fc.constantFrom(0, 0.5, 0.8, 1),
  seed: fc.integer({ min: 0, max: 9 }),
});

/** TensorRT-LLM by every policy, with and without parts of its cache. */
const tensorRtArb: fc.Arbitrary<TensorRtSettings> = fc.record({
  capacitySchedulerPolicy: fc.constantFrom(
    'guaranteed_no_evict' as const,
    'max_utilization' as const,
    'max_utilization' as const,
    'static_batch' as const,
  ),
  contextChunkingPolicy: fc.constantFrom('first_come_first_served' as const, 'equal_progress' as const),
  enablePrefixAwareScheduling: fc.boolean(),
  enablePartialReuse: fc.boolean(),
  copyOnPartialReuse: fc.boolean(),
  secondaryOffloadMinPriority: fc.constantFrom(0, 30, 36),
  promptPriority: fc.constantFrom(35, 35, 80),
  decodePriority: fc.constantFrom(35, 35, 10),
});

/** Transformers by both schedulers, with captured graphs and without. */
const transformersArb: fc.Arbitrary<TransformersSettings> = fc.record({
  scheduler: fc.constantFrom('fifo' as const, 'prefill_first' as const),
  safetyMargin: fc.constantFrom(0, 0.15, 0.5),
  maxBlocksPerRequest: fc.constantFrom(0, 2, 32),
  padsInputs: fc.boolean(),
  qPadding: fc.constantFrom(1, 16),
});

/** Weights that change precision when two or three wait, with and without time to copy them. */
const quantisationArb: fc.Arbitrary<QuantisationConfig> = fc
  .record({
    waitingLow: fc.integer({ min: 0, max: 2 }),
    distance: fc.integer({ min: 1, max: 3 }),
    holdUs: fc.constantFrom(0, 20_000),
    toSmallUs: fc.constantFrom(0, 5000),
    toUsualUs: fc.constantFrom(0, 9000),
  })
  .map(({ distance, ...rest }) => ({ ...rest, waitingHigh: rest.waitingLow + distance, usual: 0, small: 3 }));

/** What most engines do without: each is on in some runs. */
const extrasArb = fc.record({
  speculation: fc.option(speculationArb),
  encoder: fc.option(
    fc.record({
      budget: fc.constantFrom(MOST_IMAGE_TOKENS, 3 * MOST_IMAGE_TOKENS),
      cacheSize: fc.constantFrom(MOST_IMAGE_TOKENS, 2 * MOST_IMAGE_TOKENS),
      disableChunkedInput: fc.boolean(),
      imageWindow: fc.constantFrom(1, 8),
      audioWindow: fc.constantFrom(1, 20),
    }),
  ),
  connector: fc.option(
    fc.record({
      role: fc.constantFrom('consumer' as const, 'producer' as const),
      transferUs: fc.integer({ min: 1, max: 60_000 }),
    }),
  ),
  slidingWindow: fc.constantFrom(0, 0, 8, 40),
  prefillScheduleInterval: fc.constantFrom(1, 1, 4),
  quantisation: fc.option(quantisationArb),
  hostBlocks: fc.constantFrom(0, 0, 3, 20, 200),
  stages: fc.constantFrom(1, 1, 2),
  sglang: sglangArb,
  tensorRt: tensorRtArb,
  forwardRows: fc.integer({ min: 1, max: 8 }),
  llama: llamaArb,
  transformers: transformersArb,
  tgi: fc.record({
    waitingServedRatio: fc.constantFrom(0, 0.3, 1.2, 3),
    maxWaitingTokens: fc.integer({ min: 1, max: 20 }),
    maxBatchSize: fc.constantFrom(0, 0, 1, 3),
    maxConcurrentRequests: fc.constantFrom(3, 8, 100),
    maxInputTokens: fc.constantFrom(0, 0, 90),
    /** Of the whole memory, what a batch may come to. */
    totalShare: fc.constantFrom(0.5, 1, 3),
  }),
  dynamic: fc.record({
    maxBatchSize: fc.integer({ min: 1, max: 6 }),
    preferredBatchSizes: fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 2 }),
    maxQueueDelayUs: fc.constantFrom(0, 1000, 50_000),
  }),
});
type Extras = typeof extrasArb extends fc.Arbitrary<infer T> ? T : never;

/** Policies whose engines have no speculative decoding, but could. */
export const whatIfPolicies = [
  'static',
  'dynamic',
  'deepspeed',
  'vllm-2023',
  'sarathi',
  'simple-chunking',
  'orca',
  'faster-transformer',
  'fastgen',
] as const;

/** Leaves out what an engine refuses, or what would wait for ever. */
function allowedExtras(
  extras: Extras,
  policy: string,
  memory: string,
  asyncScheduling: boolean,
): Partial<EngineConfig> {
  const hostLink = { hostLinkBytesPerS: 1e9, kvBytesPerBlock: 200_000 };
  // Any engine can read its weights in another precision.
  const { quantisation } = extras;
  // A piece reserved for the true length has no places for drafts.
  const hasPlaces = memory === 'paged' || memory === 'contiguous';
  // What if they had drafts and images: in some runs.
  const isWhatIf = whatIfPolicies.some((each) => each === policy);
  const speculation = isWhatIf && hasPlaces && extras.stages > 1 ? extras.speculation : null;
  const whatIf = { quantisation, speculation, encoder: policy === 'tensorrt-llm' ? null : extras.encoder };
  if (policy === 'vllm-2023') return { ...whatIf, preemption: 'swap', hostBlocks: extras.hostBlocks, ...hostLink };
  if (policy !== 'vllm') return whatIf;
  return { quantisation, ...vllmExtras(extras, memory, asyncScheduling), ...hostLink };
}

/** Of vLLM. */
function vllmExtras(extras: Extras, memory: string, asyncScheduling: boolean): Partial<EngineConfig> {
  const { stages, prefillScheduleInterval } = extras;
  const hasPlaces = memory === 'paged' || memory === 'contiguous';
  const isPaged = memory === 'paged';
  const connector = isPaged ? extras.connector : null;
  // A pipeline without asynchronous scheduling has nobody to send drafts to; loads come without places for lookahead.
  const isDrafting =
    hasPlaces && (stages === 1 || asyncScheduling) && (connector === null || extras.speculation?.method === 'ngram');
  const speculation = isDrafting ? extras.speculation : null;
  const { encoder } = extras;
  return {
    speculation,
    encoder: encoder && { ...encoder, disableChunkedInput: encoder.disableChunkedInput && speculation === null },
    connector,
    slidingWindow: isPaged && extras.hostBlocks === 0 ? extras.slidingWindow : 0,
    hostBlocks: isPaged ? extras.hostBlocks : 0,
    prefillScheduleInterval,
    decodeCadence: asyncScheduling ? stages : 1,
    batchesInFlight: stages + (asyncScheduling ? 1 : 0),
  };
}

const predictionArb: fc.Arbitrary<PredictionConfig> = fc.record({
  kind: fc.constantFrom('none' as const, 'oracle' as const, 'noisy' as const, 'learned' as const),
  sigma: fc.constantFrom(0.3, 1),
  seed: fc.integer({ min: 0, max: 9 }),
});

/** Most runs have no bandit; the others change budget or order every few steps. */
const tuningArb = fc.record({
  what: fc.constantFrom(null, null, 'token-budget' as const, 'queue-order' as const),
  rule: fc.constantFrom<BanditRule>(
    { kind: 'epsilon-greedy', epsilon: 0.5 },
    { kind: 'ucb', exploration: 1 },
    { kind: 'discounted-ucb', exploration: 1, discount: 0.8 },
  ),
  windowUs: fc.integer({ min: 1000, max: 60_000 }),
  loadLevels: fc.constantFrom([], [1], [1, 4]),
});

function tuningOf(
  { what, ...common }: typeof tuningArb extends fc.Arbitrary<infer T> ? T : never,
  budgets: readonly number[],
): TuningConfig | null {
  const slo = { ttftUs: 30_000, tpotUs: 3000, seed: 1 };
  switch (what) {
    case null:
      return null;
    case 'token-budget':
      return { ...common, ...slo, what, arms: budgets };
    case 'queue-order':
      return { ...common, ...slo, what, arms: ['fcfs', 'longest-prefix', 'shortest-job', 'priority'] };
  }
}

/** What a policy with settings, or with a memory of its own, has otherwise. */
const ownConfigs: Readonly<Record<string, (extras: Extras, config: EngineConfig) => Partial<EngineConfig>>> = {
  // No prompt is longer than a step without chunks.
  'tensorrt-llm': (extras, { asyncScheduling, blockSize, maxNumBatchedTokens }) => ({
    memory: 'own',
    settings: extras.tensorRt,
    asyncScheduling,
    batchesInFlight: asyncScheduling ? 2 : extras.stages,
    hostBlocks: extras.hostBlocks,
    hostLinkBytesPerS: 1e9,
    kvBytesPerBlock: 200_000,
    speculation: extras.speculation,
    encoder: extras.encoder && itemsOf(extras.encoder, extras.forwardRows),
    ...budgetOf(Math.max(maxNumBatchedTokens, blockSize)),
  }),
  deepspeed: (extras, { maxModelLen }) => ({
    memory: 'own',
    settings: { maxOutTokens: Math.max(1, Math.floor(maxModelLen / extras.stages)) },
  }),
  'llama-cpp': (extras) => llamaConfig(extras.llama, extras.speculation, extras.hostBlocks),
  // Drafts switch overlap and mixed steps off: not too often.
  sglang: (extras, config) =>
    sglangConfig(extras.sglang, config, {
      speculation: extras.stages > 1 ? extras.speculation : null,
      encoder: extras.encoder,
    }),
  // Its blocks are owned by a trie. Drafts switch chunks off: not too often.
  tgi: (extras, { enableChunkedPrefill }) => ({
    memory: 'own',
    settings: { ...extras.tgi, prefillChunking: enableChunkedPrefill },
    speculation: extras.stages > 1 ? extras.speculation : null,
    slidingWindow: extras.slidingWindow,
  }),
  // Its memory is rows of a tensor, with places of one token.
  'tgi-2023': (extras, { blockSize, numBlocks }) => {
    const places = (numBlocks - 1) * blockSize;
    return {
      memory: 'own',
      blockSize: 1,
      numBlocks: places + 1,
      settings: { ...extras.tgi, maxBatchTotalTokens: Math.ceil(extras.tgi.totalShare * places) },
    };
  },
  dynamic: (extras) => ({ settings: extras.dynamic }),
  // A pool of a few blocks, so that requests are evicted, with and without room in host memory.
  transformers: (extras, { asyncScheduling }) => ({
    memory: 'paged',
    settings: extras.transformers,
    asyncScheduling,
    batchesInFlight: asyncScheduling ? 2 : 1,
    hostBlocks: extras.hostBlocks,
    hostLinkBytesPerS: 1e9,
    kvBytesPerBlock: 200_000,
  }),
  fastgen: (extras) => ({ memory: 'paged', settings: { maxRaggedSequenceCount: extras.forwardRows } }),
};

/** Whole items: any fits into a step, and two large ones not always into the memory for what they give. */
const itemsOf = (encoder: EncoderConfig, maxItems: number): EncoderConfig => {
  const { budget, cacheSize, imageWindow = 1, audioWindow = 1 } = encoder;
  return {
    ...encoder,
    budget: 2 * budget,
    cacheSize: cacheSize - MOST_IMAGE_TOKENS,
    items: { maxItems, outputTokens: cacheSize + 20, windowRows: { image: imageWindow + 1, audio: audioWindow } },
  };
};

const budgetOf = (tokens: number) => ({ maxNumBatchedTokens: tokens, maxNumScheduledTokens: tokens });

/** Policies that a generated run can have. */
const policies = [
  'vllm',
  'static',
  'vllm-2023',
  'sarathi',
  'simple-chunking',
  'orca',
  'faster-transformer',
  'tensorrt-llm',
  'fastgen',
  'llama-cpp',
  'deepspeed',
  'sglang',
  'dynamic',
  'tgi',
  'tgi-2023',
  'transformers',
] as const;

/** Traffic and engine of a small run in which every rule gets its turn: seats, tokens and blocks are scarce. */
export const runArb = runsOf(...policies);

/** The same with these policies only. */
export function runsOf(...chosen: readonly (typeof policies)[number][]) {
  return fc.record({
    requests: fc.array(requestArb, { minLength: 1, maxLength: 25 }),
    config: fc
      .record({
        policy: fc.constantFrom(...chosen),
        memory: fc.constantFrom(
          'paged' as const,
          'paged' as const,
          'contiguous' as const,
          'contiguous-pow2' as const,
          'contiguous-oracle' as const,
        ),
        asyncScheduling: fc.boolean(),
        maxNumSeqs: fc.integer({ min: 1, max: 8 }),
        budget: fc.integer({ min: 8, max: 200 }),
        enableChunkedPrefill: fc.boolean(),
        longPrefillTokenThreshold: fc.constantFrom(0, 16),
        queue: fc.constantFrom(...queueOrders),
        prediction: predictionArb,
        tuning: tuningArb,
        blockSize: fc.constantFrom(1, 4, 16),
        places: fc.integer({ min: 64, max: 600 }),
        enablePrefixCaching: fc.boolean(),
        watermark: fc.constantFrom(0, 0.1),
        reserveFullPrompt: fc.boolean(),
        staticBatchSize: fc.integer({ min: 1, max: 6 }),
        tokenAtPrefillEnd: fc.boolean(),
        paddedPrefillBudget: fc.boolean(),
        extras: extrasArb,
      })
      .map(({ budget, places, extras, tuning, ...rest }): EngineConfig => {
        const isConsumer = rest.policy === 'vllm' && rest.memory === 'paged' && extras.connector?.role === 'consumer';
        // With steps in flight a consumer gets preempted blocks back late: in a tiny pool two victims can chase each other for ever.
        const isOverlapping = rest.asyncScheduling || extras.stages > 1;
        const numBlocks = 1 + Math.ceil((isConsumer && isOverlapping ? 25 * 180 : places) / rest.blockSize);
        const maxModelLen = Math.min(160, (numBlocks - 1) * rest.blockSize);
        // Without chunked prefill the engine raises its budget to the longest sequence; TensorRT-LLM refuses longer prompts.
        const isRaised = !rest.enableChunkedPrefill && rest.policy !== 'tensorrt-llm';
        const tokens = isRaised ? Math.max(budget, maxModelLen + 4) : budget;
        const asyncScheduling = (rest.policy === 'vllm' || rest.policy === 'transformers') && rest.asyncScheduling;
        const config: EngineConfig = {
          ...defaultEngineConfig(numBlocks),
          ...rest,
          maxModelLen,
          ...budgetOf(tokens),
          batchesInFlight: 1,
          staticTimeoutUs: 50_000,
          // Under a priority order a head that does not fit can shut out a loaded request whose blocks it waits for, for ever.
          queue: isConsumer ? 'fcfs' : rest.queue,
          // Without chunked prefill a smaller budget than the longest sequence would hold some prompts for ever.
          tuning: isConsumer ? null : tuningOf(tuning, rest.enableChunkedPrefill ? [tokens, 8] : [tokens, tokens]),
        };
        return {
          ...config,
          asyncScheduling,
          ...allowedExtras(extras, rest.policy, rest.memory, asyncScheduling),
          ...ownConfigs[rest.policy]?.(extras, config),
        };
      }),
  });
}

/** Follows the ownership of every block of a simulation from now on; throws at an event that cannot be. */
export function watchOwnership(simulation: Simulation): OwnershipChecker {
  const { memory, config, sequences } = simulation.engine;
  const checker = new OwnershipChecker(config.numBlocks);
  if (memory instanceof PagedMemory) {
    for (let block = 1; block < config.numBlocks; block++)
      checker.adopt(block, memory.pool.references[block], memory.isCached(block));
    memory.pool.observer = checker.observe;
  } else if (memory instanceof RadixMemory) {
    const holders = memory.watch(checker.observe);
    for (let block = 1; block < config.numBlocks; block++)
      checker.adopt(block, holders.of(block), memory.isCached(block));
  } else if (memory instanceof TensorRtMemory) {
    for (let block = 1; block < config.numBlocks; block++)
      checker.adopt(block, memory.holders(block), memory.isCached(block));
    memory.observer = checker.observe;
  } else if (memory instanceof LlamaMemory) {
    adoptCells(simulation, memory, checker);
    memory.observer = checker.observe;
  } else if (memory instanceof TgiMemory) {
    const holders = new Int32Array(config.numBlocks);
    for (let r = 0; r < simulation.arrived; r++)
      for (let i = 0; i < sequences.tableLength[r]; i++) holders[sequences.tables[r][i]]++;
    for (let block = 1; block < config.numBlocks; block++) checker.adopt(block, holders[block], memory.isCached(block));
    memory.observer = checker.observe;
  } else if (memory instanceof ContiguousMemory || memory instanceof PaddedMemory) {
    for (let r = 0; r < simulation.arrived; r++)
      for (let i = 0; i < sequences.tableLength[r]; i++) checker.adopt(sequences.tables[r][i], 1, false);
    memory.observer = checker.observe;
  }
  return checker;
}

/** Something from outside that happens before a step: a client gives up, or somebody resets the prefix cache. */
export interface Disturbance {
  readonly beforeStep: number;
  readonly kind: 'abort' | 'reset' | 'forcedReset';
  /** Which of the requests that have arrived, counted round. */
  readonly target: number;
}

export const disturbancesArb: fc.Arbitrary<readonly Disturbance[]> = fc.array(
  fc.record({
    beforeStep: fc.integer({ min: 0, max: 60 }),
    kind: fc.constantFrom('abort' as const, 'abort' as const, 'reset' as const, 'forcedReset' as const),
    target: fc.nat(24),
  }),
  { maxLength: 6 },
);

/** Lets happen what is due before the next step. */
export function disturb(simulation: Simulation, disturbances: readonly Disturbance[]): void {
  const { memory, policy } = simulation.engine;
  for (const { beforeStep, kind, target } of disturbances) {
    if (beforeStep !== simulation.steps) continue;
    if (kind !== 'abort') {
      if (policy instanceof VllmPolicy) policy.resetCache(kind === 'forcedReset');
      else if (memory instanceof TensorRtMemory) memory.resetCache();
    } else if (simulation.arrived > 0) policy.abort(target % simulation.arrived, simulation.nowUs);
  }
}

/** What must hold after every step: blocks are conserved, holders are counted, tokens are accounted for. */
export function checkInvariants(simulation: Simulation, ownership: OwnershipChecker): void {
  // The longest runs take a few thousand steps; one that takes many more goes in circles.
  assert(simulation.steps < 50_000, 'the run does not end');
  const { memory, policy, sequences, config } = simulation.engine;
  const holders = new Map<number, number>();
  // A window without a cache is written round and round.
  const isRound = memory instanceof TgiMemory && config.slidingWindow > 0 && !config.enablePrefixCaching;
  let wasted = 0;
  let live = 0;
  for (let r = 0; r < simulation.arrived; r++) {
    const length = sequences.tableLength[r];
    const status = sequences.status[r];
    const isWaiting = status === Status.waiting || status === Status.preempted;
    const holds = status === Status.running || status === Status.loading;
    if (isWaiting || holds) live++;
    // Whoever waits after its KV was loaded from elsewhere keeps it.
    const isLoaded = config.connector !== null && (status === Status.waiting || sequences.computed[r] > 0);
    assert(length === 0 || !isWaiting || isLoaded, () => `request ${r} waits and holds blocks`);
    assert(!holds || length > 0, () => `request ${r} runs without blocks`);
    if (length === 0) continue;
    const places = length * memory.blockSize;
    const stored = isRound ? Math.min(places, sequences.computed[r]) : sequences.computed[r];
    assert(stored <= places, () => `request ${r} has more tokens than places`);
    wasted += places - stored;
    const own = new Set<number>();
    for (let i = 0; i < length; i++) {
      const block = sequences.tables[r][i];
      if (block === 0 && (config.slidingWindow > 0 || memory instanceof LlamaMemory)) continue;
      assert(block >= 1 && block <= memory.usableBlocks, () => `block ${block} is not in the pool`);
      assert(!own.has(block), () => `request ${r} holds block ${block} twice`);
      own.add(block);
      holders.set(block, (holders.get(block) ?? 0) + 1);
    }
  }
  const host = policy instanceof Vllm2023Policy ? policy.host : null;
  const cache = memory instanceof PagedMemory ? memory.host : null;
  if (cache !== null) {
    const keys = cache.keys();
    assert(new Set(keys).size === cache.cachedBlocks && cache.freeBlocks >= 0, 'the host tier has lost count');
    assert(cache.freeBlocks + keys.length === cache.capacityBlocks, 'blocks of host memory are lost');
  }
  if (host !== null) {
    let swapped = 0;
    for (const r of policy.waiting()) {
      const blocks = host.blocksOf(r);
      swapped += blocks;
      const isOut = sequences.computed[r] > 0;
      assert(
        isOut === blocks > 0,
        () => `request ${r} has ${sequences.computed[r]} tokens and ${blocks} blocks swapped out`,
      );
      assert(
        sequences.computed[r] <= blocks * memory.blockSize,
        () => `request ${r} has more tokens than swapped blocks`,
      );
    }
    assert(swapped === host.swappedBlocks, () => `${host.swappedBlocks} blocks swapped out, counted ${swapped}`);
    assert(host.freeBlocks >= 0, 'host memory is overfull');
  }
  const { connector, encoder } = policy instanceof VllmPolicy ? policy : { connector: null, encoder: null };
  for (const block of connector?.deferredBlocks() ?? []) {
    if (block > 0) holders.set(block, (holders.get(block) ?? 0) + 1);
  }
  if (encoder !== null && config.encoder !== null) {
    const isOrdered = encoder.free >= 0 && encoder.free <= encoder.freeable;
    assert(isOrdered && encoder.freeable <= config.encoder.cacheSize, 'the encoder cache has lost count');
  }
  assert(wasted === memory.wastedTokens, () => `wasted places: ${memory.wastedTokens}, counted ${wasted}`);
  assert(holders.size + memory.freeBlocks === memory.usableBlocks, 'blocks are lost or given out twice');
  for (const [block, count] of holders) {
    const state = count === 1 ? 'owned' : `shared by ${count}`;
    assert(
      ownership.stateOf(block) === state,
      () => `block ${block} is ${state}, followed as ${ownership.stateOf(block)}`,
    );
  }
  if (memory instanceof PagedMemory) {
    const free = memory.pool.freeList();
    assert(free.length === memory.freeBlocks && new Set(free).size === free.length, 'the free list is broken');
    for (const block of free) {
      assert(!holders.has(block), () => `block ${block} is free and held`);
      const state = memory.isCached(block) ? 'cached' : 'free';
      assert(
        ownership.stateOf(block) === state,
        () => `block ${block} is ${state}, followed as ${ownership.stateOf(block)}`,
      );
    }
    for (const [block, count] of holders) {
      assert(
        memory.pool.references[block] === count,
        () => `block ${block}: ${memory.pool.references[block]} references`,
      );
    }
  } else if (memory instanceof RadixMemory) {
    let own = 0;
    for (const block of holders.keys()) if (!memory.isCached(block)) own++;
    const { available, evictable, protected: used, blockSize } = memory;
    const slots = available + evictable + used + own * blockSize;
    assert(
      slots === memory.usableBlocks * blockSize,
      () => `${slots} slots, the pool has ${memory.usableBlocks * blockSize}`,
    );
    for (let block = 1; block <= memory.usableBlocks; block++) {
      if (holders.has(block)) continue;
      const state = memory.isCached(block) ? 'cached' : 'free';
      assert(
        ownership.stateOf(block) === state,
        () => `block ${block} is ${state}, followed as ${ownership.stateOf(block)}`,
      );
    }
  } else if (memory instanceof TensorRtMemory) {
    const free = memory.freeList();
    assert(free.length === memory.freeBlocks && new Set(free).size === free.length, 'the free queues are broken');
    for (const block of free) {
      assert(!holders.has(block), () => `block ${block} is free and held`);
      const state = memory.isCached(block) ? 'cached' : 'free';
      assert(
        ownership.stateOf(block) === state,
        () => `block ${block} is ${state}, followed as ${ownership.stateOf(block)}`,
      );
    }
    for (const [block, count] of holders) {
      assert(
        memory.holders(block) === count,
        () => `block ${block}: ${memory.holders(block)} holders, counted ${count}`,
      );
    }
    const host = memory.hostList();
    const isWhole =
      new Set(host).size === host.length && host.length === (config.enablePrefixCaching ? config.hostBlocks : 0);
    assert(isWhole, 'blocks of host memory are lost');
  } else if (memory instanceof LlamaMemory) {
    checkCells(simulation, memory, ownership);
  } else if (memory instanceof TgiMemory) {
    const empty = new Set(memory.freeList());
    assert(empty.size === memory.freeList().length, 'the free list is broken');
    for (let block = 1; block <= memory.usableBlocks; block++) {
      if (holders.has(block))
        assert(!empty.has(block) && !memory.isCached(block), () => `block ${block} is free and held`);
      else {
        const state = memory.isCached(block) ? 'cached' : 'free';
        assert((state === 'free') === empty.has(block), () => `block ${block} is ${state}, but not by the free list`);
        assert(ownership.stateOf(block) === state, () => `block ${block} is ${state}, not ${ownership.stateOf(block)}`);
      }
    }
  } else if (memory instanceof ContiguousMemory || memory instanceof PaddedMemory) {
    for (const count of holders.values()) assert(count === 1, 'a contiguous piece is shared');
    for (let r = 0; r < simulation.arrived; r++) {
      for (let i = 1; i < sequences.tableLength[r]; i++) {
        assert(sequences.tables[r][i] === sequences.tables[r][i - 1] + 1, () => `request ${r} is not in one piece`);
      }
    }
    const unusable = memory instanceof ContiguousMemory ? memory.unusableBlocks(-1) : 0;
    assert(unusable <= memory.freeBlocks, 'more blocks are unusable than free');
  }
  let cached = 0;
  for (let block = 1; block <= memory.usableBlocks; block++)
    if (!holders.has(block) && memory.isCached(block)) cached++;
  assert(memory.cachedBlocks === cached, () => `${cached} blocks are cached, not ${memory.cachedBlocks}`);
  assert(
    (policy.waitingHead ?? -1) === (policy.waitingHead === undefined ? -1 : (policy.waiting()[0] ?? -1)),
    'another request is next',
  );
  const seen = [...policy.waiting(), ...policy.running];
  assert(new Set(seen).size === seen.length, 'a request waits and runs at once');
  const idle = policy.running.filter((r) => sequences.status[r] !== Status.running).length;
  assert(seen.length - idle === live, () => `${live} requests live, ${seen.length - idle} known to the policy`);
}

/** What must hold at the end: nobody is lost, everybody has all tokens, all blocks are back. */
export function checkEnd(simulation: Simulation, ownership: OwnershipChecker): void {
  const { sequences, memory, policy, config, lengths } = simulation.engine;
  const { requests } = sequences;
  assert(simulation.arrived === requests.count, 'a request never arrived');
  for (let r = 0; r < requests.count; r++) {
    if (sequences.status[r] === Status.rejected || sequences.status[r] === Status.aborted) continue;
    assert(sequences.status[r] === Status.finished, () => `request ${r} never ended`);
    const limit = requests.maxTokens[r] > 0 ? requests.maxTokens[r] : Number.POSITIVE_INFINITY;
    const rest = lengths.total - requests.promptTokens[r];
    const expected = Math.min(requests.outputTokens[r], limit, rest);
    assert(
      sequences.generated[r] === expected,
      () => `request ${r}: ${sequences.generated[r]} tokens, not ${expected}`,
    );
    assert(sequences.finishUs[r] >= sequences.firstTokenUs[r], () => `request ${r} ended before its first token`);
    assert(sequences.firstTokenUs[r] > requests.arrivalUs[r], () => `request ${r} answered before it asked`);
  }
  ownership.expectNoLeaks();
  assert(memory.freeBlocks === memory.usableBlocks, 'blocks are not given back');
  assert(memory.wastedTokens === 0, 'places are still counted as wasted');
  assert(!(policy instanceof Vllm2023Policy) || (policy.host?.swappedBlocks ?? 0) === 0, 'blocks stay swapped out');
  const encoder = policy instanceof VllmPolicy ? policy.encoder : null;
  assert(encoder === null || encoder.freeable === config.encoder?.cacheSize, 'an image is still referenced');
  const media = policy instanceof TensorRtPolicy ? policy.media : null;
  assert(media === null || media.freeOutput === config.encoder?.items?.outputTokens, 'embeddings are still kept');
}

/** As `expect`, whose every call has its price, for what is looked at in every step. Words with numbers are put together only for a failure. */
export function assert(condition: boolean, message: string | (() => string)): asserts condition {
  if (!condition) throw new Error(typeof message === 'string' ? message : message());
}
