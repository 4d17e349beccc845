import { EntryFlag } from '../../batch.ts';
import { Because, DecisionKind } from '../../decision.ts';
import { defaultEngineConfig, type EngineConfig } from '../../engine-config.ts';
import type { RequestSpec } from '../../request.ts';
import { Simulation } from '../../simulation.ts';
import { openSource, toyCost } from '../../testing.ts';
import type { RequestView } from './request-view.ts';
import type { TensorRtSettings } from './settings.ts';

/** A small engine, step by step: no overlap unless asked for. */
export function createSimulation(
  specs: readonly RequestSpec[],
  config: Partial<EngineConfig>,
  settings: Partial<TensorRtSettings> = {},
): Simulation {
  const base = { ...defaultEngineConfig(101), policy: 'tensorrt-llm', memory: 'own', settings } as const;
  const plain = { batchesInFlight: 1, asyncScheduling: false, enableChunkedPrefill: false, blockSize: 32 };
  return new Simulation({ ...base, ...plain, ...config }, openSource(specs), toyCost);
}

/** A request that arrives at the start and shares nothing, unless it says so. */
export function request(promptTokens: number, outputTokens: number, more: Partial<RequestSpec> = {}): RequestSpec {
  return { arrivalUs: 0, promptTokens, outputTokens, ...more };
}

/** What a step was: prompts with their tokens, decodes, decisions by name. */
export interface PlainStep {
  readonly contexts: readonly (readonly [request: number, tokens: number])[];
  readonly generations: readonly number[];
  readonly decisions: readonly string[];
}

/** Goes one step on; null at the end. */
export function nextStep(simulation: Simulation): PlainStep | null {
  if (!simulation.next()) return null;
  const { lastBatch: batch, engine } = simulation;
  const contexts: [number, number][] = [];
  const generations: number[] = [];
  for (let i = 0; i < batch.count; i++) {
    if ((batch.flags[i] & EntryFlag.prefill) !== 0) contexts.push([batch.request[i], batch.tokens[i]]);
    else generations.push(batch.request[i]);
  }
  const { decisions } = engine;
  const said = Array.from({ length: decisions.count }, (_, i) =>
    [
      nameOf(DecisionKind, decisions.kind[i]),
      decisions.request[i],
      nameOf(Because, decisions.because[i]),
      decisions.need[i],
      decisions.have[i],
    ].join(' '),
  );
  return { contexts, generations, decisions: said };
}

/** The first `count` steps. */
export function stepsOf(simulation: Simulation, count: number): PlainStep[] {
  const steps: PlainStep[] = [];
  for (let i = 0; i < count; i++) {
    const step = nextStep(simulation);
    if (step === null) break;
    steps.push(step);
  }
  return steps;
}

function nameOf(codes: Readonly<Record<string, number>>, code: number): string {
  return Object.keys(codes).find((name) => codes[name] === code) ?? '?';
}

/** A request in plain numbers, for the schedulers alone. */
export interface PlainRequest {
  readonly phase: 'waiting' | 'stale' | 'middle' | 'generating' | 'completing';
  /** Blocks that it holds, by number; others may hold the same. */
  readonly blocks: readonly number[];
  readonly toCompletion: number;
  readonly forStep: number;
  readonly missing: string;
  /** Blocks that it finds when it starts, first to last. */
  readonly found: readonly number[];
  readonly remaining: number;
  readonly drafts: number;
  readonly reusable: number;
  readonly reusableHeld: number;
  readonly isInFlight: boolean;
}

export const isStarted = ({ phase }: PlainRequest): boolean => phase !== 'waiting' && phase !== 'stale';

/** The view of plain requests, by position in their list. */
export function viewOf(requests: readonly PlainRequest[], freeBlocks: number): RequestView {
  const holders = new Map<number, number>();
  const hold = (block: number, change: number): number => {
    const count = (holders.get(block) ?? 0) + change;
    holders.set(block, count);
    return count;
  };
  const shared = (r: number): readonly number[] => {
    const gap = requests[r].found.findIndex((block) => (holders.get(block) ?? 0) === 0);
    return gap < 0 ? requests[r].found : requests[r].found.slice(0, gap);
  };
  return {
    freeBlocks,
    isSchedulable: (r) => requests[r].phase !== 'stale',
    isGenerating: (r) => requests[r].phase === 'generating' || requests[r].phase === 'completing',
    isFirstChunk: (r) => !isStarted(requests[r]),
    blocksToCompletion: (r) => requests[r].toCompletion,
    blocksForStep: (r) => requests[r].forStep - shared(r).length,
    missingBlock: (r) => requests[r].missing,
    reusableTokens: (r, onlyHeld) => (onlyHeld ? requests[r].reusableHeld : requests[r].reusable),
    remaining: (r) => requests[r].remaining,
    drafts: (r) => requests[r].drafts,
    isInFlight: (r) => requests[r].isInFlight,
    isToComplete: (r) => requests[r].phase === 'completing',
    beginTrial: () => {
      holders.clear();
      for (const { blocks } of requests) for (const block of blocks) hold(block, 1);
    },
    lose: (r) => requests[r].blocks.filter((block) => hold(block, -1) === 0).length,
    share: (r) => {
      for (const block of shared(r)) hold(block, 1);
    },
  };
}
