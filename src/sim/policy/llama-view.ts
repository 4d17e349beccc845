/** Tokens of llama.cpp's slots as entries of a step. */

import { type Batch, EntryFlag } from '../batch.ts';
import type { LlamaMemory } from '../memory/llama-cells.ts';
import { encodeTouched } from '../phase/touched-images.ts';
import { addDecodeRows, addDrafter } from './drafts.ts';
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
    if (config.speculation !== null) addDrafter(batch.shape, before + tokens);
  }
  addTokens(batch, context, memory, request, tokens, flags);
  batch.addChunk(tokens, before);
  batch.shape.tokens += tokens;
  batch.prefillTokens += tokens;
  encodeTouched(batch.shape, sequences.requests.images.get(request), config.encoder, before, tokens, isFirst);
}

/** A slot's next token, and the drafts that are verified with it. */
export function addDecode(
  batch: Batch,
  context: PolicyContext,
  memory: LlamaMemory,
  request: number,
  drafts: number,
): void {
  const before = memory.tokensOf(request);
  addTokens(batch, context, memory, request, 1 + drafts, EntryFlag.samples);
  batch.drafts[batch.count - 1] = drafts;
  batch.decodeTokens += 1 + drafts;
  addDecodeRows(batch.shape, before, drafts);
  if (context.config.speculation !== null) addDrafter(batch.shape, before + 1 + drafts);
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
  const after = before + tokens;
  sequences.computed[request] = after;
  if (after > sequences.computedPeak[request]) sequences.computedPeak[request] = after;
  sequences.inFlight[request] += tokens;
}
