import type { Engine } from '../engine.ts';
import { Status } from '../request.ts';

/**
 * Places that running requests will still use, where memory is handed out long before there are tokens for it; 0 elsewhere.
 * The last token is never stored, so a request may come to one place less than its tokens: callers cap by what is unfilled.
 */
export function reservedTokens({ memory, policy, sequences }: Engine): number {
  if (!memory.preallocates) return 0;
  const { requests, computed, outputLimit, status } = sequences;
  let reserved = 0;
  for (const request of policy.running) {
    if (status[request] !== Status.running) continue;
    const outputs = Math.min(requests.outputTokens[request], outputLimit[request]);
    reserved += Math.max(0, requests.promptTokens[request] + outputs - computed[request]);
  }
  return reserved;
}
