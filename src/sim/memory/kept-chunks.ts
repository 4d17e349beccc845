import { commonTokens, sliceSpan, type TokenSpan } from './token-span.ts';

/** Tokens `from .. from + length - 1` of what a slot holds. */
export interface Chunk {
  readonly from: number;
  readonly length: number;
}

/**
 * Which cached tokens a new prompt can keep, in its order: the common prefix, and with `reuse` > 0 every later chunk of at
 * least that many tokens, whose keys are shifted to its new place. All of them together are the beginning of the prompt.
 * Source: `n_cache_reuse` in llama.cpp's tools/server (`update_slots`). There the cache is gone through token by token; here only places
 * are tried whose token is the prompt's next one.
 */
export function keptChunks(cached: TokenSpan, prompt: TokenSpan, reuse: number): readonly Chunk[] {
  const prefix = commonTokens(cached, prompt);
  const chunks: Chunk[] = prefix > 0 ? [{ from: 0, length: prefix }] : [];
  if (reuse <= 0) return chunks;
  let inCache = prefix;
  let inPrompt = prefix;
  while (inPrompt < prompt.length) {
    const rest = sliceSpan(prompt, inPrompt);
    const found = nextChunk(cached, inCache, rest, reuse);
    if (found === null) break;
    chunks.push(found);
    inCache = found.from + found.length;
    inPrompt += found.length;
  }
  return chunks;
}

/** The first place at or behind `from` from which at least `least` cached tokens are those at the beginning of `rest`. */
function nextChunk(cached: TokenSpan, from: number, rest: TokenSpan, least: number): Chunk | null {
  const [wanted] = rest.pieces;
  let start = 0;
  for (const { segment, offset, length } of cached.pieces) {
    const place = start + wanted.offset - offset;
    start += length;
    if (segment !== wanted.segment || place < from || place < start - length || place >= start) continue;
    const common = commonTokens(sliceSpan(cached, place), rest);
    if (common >= least) return { from: place, length: common };
  }
  return null;
}
