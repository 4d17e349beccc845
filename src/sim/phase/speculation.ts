import type { EngineConfig } from '../engine-config.ts';
import { Purpose, uniform } from '../random.ts';

/** How drafts are made, under vLLM's names (`--spec-method`). MTP means one module; several that read ahead are not modelled. */
export type SpeculationMethod =
  | 'ngram'
  | 'suffix'
  | 'medusa'
  | 'eagle'
  | 'eagle3'
  | 'mtp'
  | 'draft_model'
  | 'dflash'
  | 'dspark';

/** Speculative decoding as an engine is told. */
export interface SpeculationConfig {
  readonly method: SpeculationMethod;
  /** Most drafts a request verifies in a step, at least 1. */
  readonly tokens: number;
  /** The drafter makes all its drafts in one pass. */
  readonly parallelDrafting: boolean;
  /** Probability that a draft is the token the model would have sampled, given that all before it were; 0 to 1. */
  readonly acceptanceRate: number;
  /** Seed of the draws of acceptance. */
  readonly seed: number;
}

/** What a method asks of the scheduler. */
export interface Speculation {
  /** Most drafts a step, 0 without speculation. */
  readonly tokens: number;
  /** Token places beyond its own that a request gets KV blocks for. */
  readonly lookahead: number;
  /** Input tokens that every scheduled request is charged for drafting, beyond those it computes. */
  readonly slots: number;
  /** The drafter needs the hidden states of the last cached block, so that block is computed again. */
  readonly dropsLastHit: boolean;
  /** Tokens by which the drafter reads ahead of the model in a prompt with images. */
  readonly shift: number;
}

/** No speculation. */
const none: Speculation = { tokens: 0, lookahead: 0, slots: 0, dropsLastHit: false, shift: 0 };

/** A method's demands (vLLM V1, `SpeculativeConfig` and the scheduler's constructor, main of 2026-08-17). */
export function speculationOf(config: EngineConfig): Speculation {
  if (config.speculation === null) return none;
  const { method, tokens, parallelDrafting } = config.speculation;
  switch (method) {
    case 'ngram':
    case 'suffix':
    case 'medusa':
      return { ...none, tokens };
    case 'eagle':
    case 'eagle3':
    case 'mtp':
      return { tokens, lookahead: tokens, slots: parallelDrafting ? tokens - 1 : 0, dropsLastHit: true, shift: 1 };
    case 'draft_model':
      return { ...none, tokens, lookahead: tokens, slots: parallelDrafting ? tokens : 1 };
    case 'dflash':
      return { tokens, lookahead: tokens + 1, slots: tokens, dropsLastHit: true, shift: 1 };
    case 'dspark':
      return { tokens, lookahead: tokens, slots: tokens - 1, dropsLastHit: true, shift: 1 };
  }
}

/** Stands for the drafter and the verification: how many drafts there are, and how many of them are right. */
export interface DraftModel {
  /** Drafts offered to a request that has `generated` output tokens. The engine may take fewer. */
  drafts(request: number, generated: number): number;
  /** Drafts accepted, out of `drafts`, when the request had `generated` output tokens. */
  accepted(request: number, drafts: number, generated: number): number;
}

/**
 * Always as many drafts as allowed; each is accepted with the same probability if all before it were. Drawn by request
 * and output position, so how a position was reached does not change whether its draft is right.
 */
export class RandomDraftModel implements DraftModel {
  private readonly config: SpeculationConfig;

  constructor(config: SpeculationConfig) {
    this.config = config;
  }

  drafts(): number {
    return this.config.tokens;
  }

  accepted(request: number, drafts: number, generated: number): number {
    const { seed, acceptanceRate } = this.config;
    let count = 0;
    while (count < drafts && uniform(seed, Purpose.acceptance, request, generated + count) < acceptanceRate) count++;
    return count;
  }
}
