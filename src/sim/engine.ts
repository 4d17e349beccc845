import { DecisionLog } from './decision-log.ts';
import type { EngineConfig } from './engine-config.ts';
import { ContiguousMemory } from './memory/contiguous.ts';
import type { KvMemory } from './memory/memory.ts';
import { PagedMemory } from './memory/paged.ts';
import { TokenClock } from './metrics/latency.ts';
import { type DraftModel, RandomDraftModel } from './phase/speculation.ts';
import type { Policy, PolicyContext } from './policy/policy.ts';
import { StaticPolicy } from './policy/static.ts';
import { VllmPolicy } from './policy/vllm.ts';
import type { RequestTable } from './request.ts';
import { Sequences } from './sequences.ts';

/** An engine: Q, M and sigma put together, without a clock and without traffic. */
export interface Engine {
  readonly config: EngineConfig;
  readonly sequences: Sequences;
  readonly memory: KvMemory;
  readonly policy: Policy;
  /** Decisions of the last `schedule`, and of the outputs processed just before it. The caller clears it. */
  readonly decisions: DecisionLog;
  readonly clock: TokenClock;
}

/** `ended` is told of every request that ends by itself. With `isCounting` latencies are collected. `draftModel` stands for the drafter of a recorded run. */
export function createEngine(
  config: EngineConfig,
  requests: RequestTable,
  ended: (request: number, nowUs: number) => void,
  isCounting: boolean,
  draftModel: DraftModel | null = config.speculation === null ? null : new RandomDraftModel(config.speculation),
): Engine {
  const sequences = new Sequences(requests);
  const memory = createMemory(config, sequences);
  const decisions = new DecisionLog();
  const clock = new TokenClock(sequences, isCounting);
  const policy = createPolicy({ config, sequences, memory, decisions, clock, draftModel, ended });
  return { config, sequences, memory, policy, decisions, clock };
}

function createMemory(config: EngineConfig, sequences: Sequences): KvMemory {
  switch (config.memory) {
    case 'paged':
      return new PagedMemory(config, sequences);
    case 'contiguous':
      return new ContiguousMemory(config, sequences);
  }
}

function createPolicy(context: PolicyContext): Policy {
  switch (context.config.policy) {
    case 'vllm':
      return new VllmPolicy(context);
    case 'static':
      return new StaticPolicy(context);
  }
}

/**
 * The output limit of a request, in tokens, and whether it can be served at all. A request is refused when its prompt
 * leaves no room for a token, or when it can never fit into the pool, even alone.
 */
export function resolveLimits(engine: Engine, request: number): { outputLimit: number; refusal: Refusal | null } {
  const { config, memory, sequences } = engine;
  const { requests } = sequences;
  const prompt = requests.promptTokens[request];
  const asked = requests.maxTokens[request];
  const rest = config.maxModelLen - prompt;
  const outputLimit = Math.max(0, asked > 0 ? Math.min(asked, rest) : rest);
  if (rest < 1) return { outputLimit, refusal: { rule: 'tooLong', need: prompt + 1, have: config.maxModelLen } };
  const total = prompt + Math.min(requests.outputTokens[request], outputLimit);
  const need = memory.blocksFor(total);
  if (need > memory.usableBlocks) {
    return { outputLimit, refusal: { rule: 'largerThanPool', need, have: memory.usableBlocks } };
  }
  return { outputLimit, refusal: null };
}

export interface Refusal {
  readonly rule: 'tooLong' | 'largerThanPool';
  readonly need: number;
  readonly have: number;
}
