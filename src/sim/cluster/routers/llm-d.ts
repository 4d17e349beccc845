import type { FleetView, Router } from '../router.ts';
import { lowestByChance } from './pick.ts';
import { PromptBlocks } from './prompt-blocks.ts';
import { SentBlocks } from './sent-blocks.ts';
import type { llmDSettings, ValuesOf } from './settings.ts';

/** What scorers see of the open instances. */
interface Candidates {
  readonly view: FleetView;
  readonly least: number;
  readonly most: number;
  readonly mostInFlight: number;
  /** Blocks of the prompt, as numbers of `PromptBlocks`, and how many each instance was sent before. */
  readonly blocks: readonly number[];
  readonly matched: Float64Array;
}

/** Of one instance a number from 0 to 1, more is better. */
type Scorer = (instance: number, all: Candidates, values: ValuesOf<typeof llmDSettings>) => number;

/** Under their plug-in types. */
const scorers = {
  'queue-scorer': (i, { view, least, most }) => (most === least ? 1 : (most - view.waiting(i)) / (most - least)),
  'kv-cache-utilization-scorer': (i, { view }) => 1 - view.kvUse(i),
  'prefix-cache-scorer': (i, { blocks, matched }) => (blocks.length === 0 ? 0 : matched[i] / blocks.length),
  'load-aware-scorer': (i, { view }, { threshold }) => 0.5 * (1 - Math.min(view.waiting(i), threshold) / threshold),
  'active-request-scorer': (i, { view, mostInFlight }, { idleThreshold, maxBusyScore }) =>
    view.inFlight(i) <= idleThreshold ? 1 : ((mostInFlight - view.inFlight(i)) / mostInFlight) * maxBusyScore,
} as const satisfies Record<string, Scorer>;

const names = Object.keys(scorers) as (keyof typeof scorers)[];

/**
 * The endpoint picker of llm-d and of the Gateway API Inference Extension (llm-d-inference-scheduler and GIE `pkg/epp`,
 * 2025-2026): instances that pass the filters get the weighted sum of scorers, the highest wins, ties go by chance
 * (`max-score-picker`). The only filter here is that an instance is open: those of the samples tell prefill from decode.
 * Weights are those of the default profile (queue 2, KV cache 2, prefix 3).
 *
 * What an instance has cached is guessed from what it was sent: the last used blocks, on whose number the router and the
 * engine need not agree. A block counts also when the one before it has been forgotten, as in `matchLongestPrefix`.
 * The score that is recorded is the sum with its sign changed.
 */
export class LlmD implements Router {
  readonly isBlind = false;
  private readonly values: ValuesOf<typeof llmDSettings>;
  private readonly seed: number;
  private readonly blocks: PromptBlocks;
  private readonly servers: readonly SentBlocks[];
  private readonly matched: Float64Array;

  constructor(values: ValuesOf<typeof llmDSettings>, seed: number, instances: number) {
    this.values = values;
    this.seed = seed;
    this.blocks = new PromptBlocks(values.blockSizeTokens);
    this.servers = Array.from({ length: instances }, () => new SentBlocks(this.blocks));
    this.matched = new Float64Array(instances);
  }

  choose(request: number, _nowUs: number, view: FleetView, scores: Float64Array): number {
    const all = this.candidates(request, view);
    for (let i = 0; i < view.count; i++) {
      if (!view.isOpen(i)) continue;
      let sum = 0;
      for (const name of names)
        if (this.values[name] > 0) sum += this.values[name] * scorers[name](i, all, this.values);
      scores[i] = -sum;
    }
    return lowestByChance(scores, this.seed, request, view);
  }

  sent(request: number, instance: number, nowUs: number, view: FleetView): void {
    const server = this.servers[instance];
    for (const block of this.blocksOf(request, view)) server.add(block, nowUs);
    while (server.size > this.values.lruCapacityPerServer) server.dropOldest();
  }

  lost(instance: number): void {
    this.servers[instance].clear();
  }

  private candidates(request: number, view: FleetView): Candidates {
    let least = Number.POSITIVE_INFINITY;
    let most = 0;
    let mostInFlight = 0;
    for (let i = 0; i < view.count; i++) {
      if (!view.isOpen(i)) continue;
      least = Math.min(least, view.waiting(i));
      most = Math.max(most, view.waiting(i));
      mostInFlight = Math.max(mostInFlight, view.inFlight(i));
    }
    const blocks = this.values['prefix-cache-scorer'] > 0 ? this.blocksOf(request, view) : [];
    this.matched.fill(0);
    for (const block of blocks) {
      let isKnown = false;
      for (let i = 0; i < view.count; i++) {
        if (!this.servers[i].has(block)) continue;
        this.matched[i]++;
        isKnown = true;
      }
      if (!isKnown) break;
    }
    return { view, least, most, mostInFlight, blocks, matched: this.matched };
  }

  private blocksOf(request: number, { requests }: FleetView): readonly number[] {
    return this.blocks.of(requests, request, this.values.maxPrefixBlocksToMatch);
  }
}
