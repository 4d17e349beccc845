/** Tokens of llama.cpp's slots as entries of a step. */

import { type Batch, EntryFlag } from '../batch.ts';
import { causalPairs } from '../gpu/model.ts';
import type { LlamaMemory } from '../memory/llama-cells.ts';
import type { PolicyContext } from './policy.ts';

/** The next tokens of a prompt. `isFirst`: its first ones. */
export function addPrompt(
  batch: Batch,
  context: PolicyContext,
  memory: LlamaMemory,
  request: number,
  tokens: number,
  isFirst: boolean,
): void {
  const { sequences, config } = context;
  const before = sequences.computed[request];
  let flags: number = EntryFlag.prefill;
  if (isFirst) flags |= EntryFlag.admitted;
  if (before + tokens === sequences.requests.promptTokens[request]) {
    flags |= EntryFlag.samples;
    batch.shape.samples++;
    if (config.speculation !== null) addDrafter(batch, before + tokens);
  }
  addTokens(batch, context, memory, request, tokens, flags);
  batch.addChunk(tokens, before);
  batch.prefillTokens += tokens;
}

/** A slot's next token, and the drafts that are verified with it. */
export function addDecode(
  batch: Batch,
  context: PolicyContext,
  memory: LlamaMemory,
  request: number,
  drafts: number,
): void {
  const { shape } = batch;
  const before = memory.tokensOf(request);
  addTokens(batch, context, memory, request, 1 + drafts, EntryFlag.samples);
  batch.drafts[batch.count - 1] = drafts;
  batch.decodeTokens += 1 + drafts;
  const after = before + 1 + drafts;
  shape.samples += 1 + drafts;
  shape.decodes++;
  shape.decodeContextSum += after;
  if (after > shape.decodeContextMax) shape.decodeContextMax = after;
  // Verification: more tokens of the same sequence, which share the context that is read for it.
  shape.drafts += drafts;
  shape.draftPairs += causalPairs(1 + drafts, before) - after;
  if (context.config.speculation !== null) addDrafter(batch, after);
}

function addTokens(
  batch: Batch,
  { sequences }: PolicyContext,
  memory: LlamaMemory,
  request: number,
  tokens: number,
  flags: number,
): void {
  const before = sequences.computed[request];
  if (!memory.grow(request, tokens)) throw new Error(`no cells for request ${request}, although they were counted`);
  batch.push(request, tokens, before, tokens, 0, flags);
  batch.drafts[batch.count - 1] = 0;
  batch.shape.tokens += tokens;
  const after = before + tokens;
  sequences.computed[request] = after;
  if (after > sequences.computedPeak[request]) sequences.computedPeak[request] = after;
  sequences.inFlight[request] += tokens;
}

/** A slot for which drafts will be made after this step. */
function addDrafter({ shape }: Batch, context: number): void {
  shape.drafters++;
  shape.drafterContextSum += context;
  if (context > shape.drafterContextMax) shape.drafterContextMax = context;
}
