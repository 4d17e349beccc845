import { DecisionLog } from './decision-log.ts';
import type { EngineConfig } from './engine-config.ts';
import { initialLimits, type Limits } from './limits.ts';
import { ContiguousMemory } from './memory/contiguous.ts';
import type { KvMemory } from './memory/memory.ts';
import { PagedMemory } from './memory/paged.ts';
import { TokenClock } from './metrics/latency.ts';
import { type DraftModel, RandomDraftModel } from './phase/speculation.ts';
import type { Lengths } from './policy/kind.ts';
import { policyKind } from './policy/kinds.ts';
import type { Policy, Refusal } from './policy/policy.ts';
import { QueueOrders } from './queue/orders.ts';
import type { RequestTable } from './request.ts';
import { Sequences } from './sequences.ts';
import { createTuner, type Tuner } from './tuning/tuner.ts';
import { Override } from './why/choice.ts';

/** An engine: Q, M and sigma put together, without a clock and without traffic. */
export interface Engine {
  readonly config: EngineConfig;
  /** What may change between two steps. */
  readonly limits: Limits;
  /** The longest prompt and sequence that it takes. */
  readonly lengths: Lengths;
  readonly sequences: Sequences;
  readonly memory: KvMemory;
  /** Told of arrivals, calls, steps and ends, for orders that depend on them. */
  readonly orders: QueueOrders;
  /** Changes the limits while the engine runs; null = nobody does. */
  readonly tuner: Tuner | null;
  readonly policy: Policy;
  /** Decisions of the last `schedule`, and of the outputs processed just before it. The caller clears it. */
  readonly decisions: DecisionLog;
  readonly clock: TokenClock;
  /** Where a what-if puts its choice. */
  readonly override: Override;
}

/** `ended` is told of every request that ends by itself. With `isCounting` latencies are collected. `draftModel` stands for the drafter of a recorded run. */
export function createEngine(
  config: EngineConfig,
  requests: RequestTable,
  ended: (request: number, nowUs: number) => void,
  isCounting: boolean,
  isWholeRun: boolean,
  draftModel: DraftModel | null = config.speculation === null ? null : new RandomDraftModel(config.speculation),
): Engine {
  const sequences = new Sequences(requests);
  const kind = policyKind(config.policy);
  const settings = { ...kind.defaults, ...config.settings };
  const memory = kind.createMemory?.(config, sequences, settings) ?? createMemory(config, sequences);
  const decisions = new DecisionLog();
  const clock = new TokenClock(sequences, isCounting);
  const override = new Override();
  const limits = initialLimits(config);
  const orders = new QueueOrders(config, limits, sequences, memory);
  const { maxModelLen } = config;
  const lengths = kind.lengths?.(config, settings) ?? { prompt: maxModelLen - 1, total: maxModelLen };
  const policy = kind.createPolicy(
    {
      config,
      limits,
      createQueue: () => orders.createQueue(),
      setObserver: orders.shares,
      sequences,
      memory,
      decisions,
      clock,
      override,
      draftModel,
      ended,
      isWholeRun,
    },
    settings,
  );
  const tuner = createTuner(config, limits, orders, sequences);
  return { config, limits, lengths, sequences, memory, orders, tuner, policy, decisions, clock, override };
}

function createMemory(config: EngineConfig, sequences: Sequences): KvMemory {
  switch (config.memory) {
    case 'paged':
      return new PagedMemory(config, sequences);
    case 'contiguous':
    case 'contiguous-pow2':
    case 'contiguous-oracle':
      return new ContiguousMemory(config, sequences);
    case 'own':
      throw new Error(`${config.policy} has no memory manager of its own`);
  }
}

/**
 * The output limit of a request, in tokens, and whether it can be served at all. A request is refused when its prompt
 * leaves no room for a token, or when it can never fit into the pool, even alone.
 */
export function resolveLimits(engine: Engine, request: number): { outputLimit: number; refusal: Refusal | null } {
  const { lengths, memory, sequences } = engine;
  const { requests } = sequences;
  const prompt = requests.promptTokens[request];
  const asked = requests.maxTokens[request];
  const rest = lengths.total - prompt;
  const outputLimit = Math.max(0, asked > 0 ? Math.min(asked, rest) : rest);
  if (prompt > lengths.prompt) {
    return { outputLimit, refusal: { rule: 'tooLong', need: prompt + 1, have: lengths.prompt + 1 } };
  }
  const need = memory.blocksFor(prompt, Math.min(requests.outputTokens[request], outputLimit));
  if (need > memory.usableBlocks) {
    return { outputLimit, refusal: { rule: 'largerThanPool', need, have: memory.usableBlocks } };
  }
  return { outputLimit, refusal: null };
}
