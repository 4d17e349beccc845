/** Prefill and decode on different instances: what each of the two is sent, and how the KV comes from one to the other. */

import { EndsBy, type RequestTable } from '../request.ts';
import type { RouterConfig } from './router.ts';
import type { TransferLink } from './transfers.ts';

/** How prefill and decode are split. */
export interface SplitConfig {
  /** Chooses among the instances that decode. */
  readonly router: RouterConfig;
  readonly link: TransferLink;
  /** Keys and values of a token, over all layers and ranks. */
  readonly kvBytesPerToken: number;
  /**
   * Who gives the client its first token. `prefill`: the instance that computed the prompt (DistServe, Splitwise, Mooncake, SGLang,
   * TensorRT-LLM). `decode`: its token is thrown away and computed again, as behind vLLM's proxy.
   */
  readonly firstToken: 'prefill' | 'decode';
  /** `layers`: the KV of a layer leaves while the next ones are computed; 0 = all of it when the prompt is done. */
  readonly layers: number;
}

/** Which part of a request a try is. */
export const Part = { whole: 0, prefill: 1, decode: 2 } as const;
export type Part = (typeof Part)[keyof typeof Part];

/** Whether a request has more tokens to come after its first one, at an engine with sequences of at most `maxModelLen` tokens. */
export function goesOn(
  { outputTokens, maxTokens, promptTokens }: RequestTable,
  row: number,
  maxModelLen: number,
): boolean {
  const asked = maxTokens[row] > 0 ? Math.min(maxTokens[row], outputTokens[row]) : outputTokens[row];
  return Math.min(asked, maxModelLen - promptTokens[row]) > 1;
}

/** Appends the part of a request that computes its prompt: it ends with one token, and keeps its blocks until they are fetched. */
export function pushPrefill(
  to: RequestTable,
  from: RequestTable,
  row: number,
  nowUs: number,
  maxModelLen: number,
): number {
  const local = to.pushCopy(from, row, nowUs);
  // Whoever wants a single token has it then, and nobody fetches anything.
  const isFetched = goesOn(from, row, maxModelLen);
  to.endsBy[local] = isFetched ? EndsBy.length : EndsBy.stop;
  to.outputTokens[local] = 1;
  to.maxTokens[local] = 1;
  if (isFetched) to.remote.set(local, Number.POSITIVE_INFINITY);
  return local;
}

/**
 * Appends the part that decodes. The KV of the prompt is elsewhere; how long it takes to come is not known. Where the first
 * token has been given already, it is the last one of the prompt here.
 */
export function pushDecode(
  to: RequestTable,
  from: RequestTable,
  row: number,
  nowUs: number,
  firstToken: SplitConfig['firstToken'],
): number {
  const local = to.pushCopy(from, row, nowUs);
  to.remote.set(local, Number.POSITIVE_INFINITY);
  if (firstToken === 'decode') return local;
  to.extendPrompt(local, 1);
  to.outputTokens[local]--;
  if (to.maxTokens[local] > 0) to.maxTokens[local]--;
  return local;
}

/**
 * Bytes that are still to come when a prompt has been computed. What leaves layer by layer has had the time of the prefill but
 * for its last layer; that one is always left.
 */
export function bytesLeft(split: SplitConfig, tokens: number, prefillUs: number): number {
  const bytes = tokens * split.kvBytesPerToken;
  if (split.layers === 0) return bytes;
  const { outBytesPerS, inBytesPerS } = split.link;
  const overlapUs = (prefillUs * (split.layers - 1)) / split.layers;
  const moved = (overlapUs / 1e6) * Math.min(outBytesPerS, inBytesPerS);
  return Math.max(bytes - moved, bytes / split.layers);
}
