/** Decodes that verify drafts: what every policy with speculative decoding does alike. */

import type { BatchShape } from '../gpu/cost.ts';
import { causalPairs } from '../gpu/model.ts';
import { hasAllOutput } from './finish.ts';
import type { PolicyContext } from './policy.ts';

/** Drafts that a request's next decode verifies: as many as are made, and none beyond its output of `end` tokens. */
export function draftsFor({ config, sequences, draftModel }: PolicyContext, request: number, end: number): number {
  if (config.speculation === null || draftModel === null) return 0;
  const generated = sequences.generated[request];
  return Math.max(0, Math.min(config.speculation.tokens, draftModel.drafts(request, generated), end - generated - 1));
}

/** Tells the cost model of a decode after `before` tokens, and of the drafts that share the context that is read for it. */
export function addDecodeRows(shape: BatchShape, before: number, drafts: number): void {
  const after = before + 1 + drafts;
  shape.tokens += 1 + drafts;
  shape.samples += 1 + drafts;
  shape.decodes++;
  shape.decodeContextSum += after;
  if (after > shape.decodeContextMax) shape.decodeContextMax = after;
  if (drafts === 0) return;
  shape.drafts += drafts;
  shape.draftPairs += causalPairs(1 + drafts, before) - after;
}

/** Tells the cost model that drafts are made for a sequence of so many tokens in this step. */
export function addDrafter(shape: BatchShape, tokens: number): void {
  shape.drafters++;
  shape.drafterContextSum += tokens;
  if (tokens > shape.drafterContextMax) shape.drafterContextMax = tokens;
}

/** How many of a decode's drafts are right. */
export function acceptedDrafts({ sequences, draftModel }: PolicyContext, request: number, drafts: number): number {
  if (drafts === 0 || draftModel === null) return 0;
  return Math.min(drafts, draftModel.accepted(request, drafts, sequences.generated[request]));
}

/** The same, where rejected drafts leave their places to the next tokens: they count as never computed. */
export function verifyDrafts(context: PolicyContext, request: number, drafts: number): number {
  if (drafts === 0) return 0;
  const { sequences, memory } = context;
  const { computed, computedPeak } = sequences;
  const accepted = acceptedDrafts(context, request, drafts);
  computed[request] -= drafts - accepted;
  if (computed[request] > computedPeak[request]) computedPeak[request] = computed[request];
  memory.filled(accepted - drafts);
  return accepted;
}

/** The request gets the token that was sampled, and the right drafts before it, up to the one that ends it. */
export function deliver({ sequences, clock }: PolicyContext, request: number, accepted: number): void {
  clock.token(request);
  for (let i = 0; i < accepted && !hasAllOutput(sequences, request); i++) clock.token(request);
}
