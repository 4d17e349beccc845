import type { EngineConfig } from '../../engine-config.ts';
import type { SglangSettings } from './settings.ts';

/**
 * What a decode step does for each request with speculative decoding (`spec_info`, version 1): a drafter goes
 * `--speculative-num-steps` tokens deep, along `--speculative-eagle-topk` branches, and of the tree
 * `--speculative-num-draft-tokens` tokens are verified, the last known one among them.
 */
export interface TreeSpeculation {
  /** Most drafts that can be right: the depth of the tree, as far as it is verified. */
  readonly depth: number;
  /** Drafts that are verified. */
  readonly drafts: number;
  /** Slots that must be free for the step, whole pages. */
  readonly slots: number;
}

/** Null = one token a step. */
export function treeSpeculation(
  { speculation, blockSize }: EngineConfig,
  { speculativeEagleTopk, speculativeNumDraftTokens }: SglangSettings,
): TreeSpeculation | null {
  if (speculation === null) return null;
  const { tokens: steps, method } = speculation;
  // N-grams are one chain here; a chain is verified whole.
  const branches = method === 'ngram' ? 1 : speculativeEagleTopk;
  const verified = branches === 1 ? steps + 1 : Math.max(2, speculativeNumDraftTokens);
  const paged = (tokens: number): number => Math.ceil(tokens / blockSize) * blockSize;
  // Branches cannot share the page that is begun (`new_tokens_required_next_decode`).
  const branch = paged(blockSize > 1 && branches > 1 ? steps + blockSize : steps);
  return {
    depth: Math.min(steps, verified - 1),
    drafts: verified - 1,
    slots: Math.max(branch * branches, paged(verified)),
  };
}
