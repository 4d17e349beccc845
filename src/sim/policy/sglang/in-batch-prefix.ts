import { SglangRadixTree } from '../../memory/radix-sglang.ts';
import type { TokenSpan } from '../../memory/token-span.ts';

/** IN_BATCH_PREFIX_CACHING_CHECK_THRESHOLD and IN_BATCH_PREFIX_CACHING_DEPRIORITIZE_THRESHOLD, tokens. */
const CHECK = 32;
const DEPRIORITIZE = 32;

const noSlots = new Int32Array(0);

/**
 * Of waiting requests that share a prefix which is not cached yet only the first is worth computing now: the others hit
 * it afterwards. Requests are shown in the order of the queue, in every pass anew.
 */
export class InBatchPrefix {
  private readonly seen = new SglangRadixTree(1);

  /** Whether a request should wait for an earlier one with the same prefix. `cached`: tokens that the real cache has of it. */
  shouldWait(tokens: TokenSpan, extraKey: string | null, cached: number): boolean {
    if (cached > CHECK) return false;
    if (this.seen.match(tokens, extraKey).length >= DEPRIORITIZE) return true;
    // Nobody asks where the tokens are.
    this.seen.insert(tokens, noSlots, 0, extraKey);
    return false;
  }
}
