import type { RequestSpec } from '../sim/request.ts';
import type { Source } from '../sim/source.ts';
import { listSource } from './list.ts';

/**
 * Six requests to look at one by one, made for a pool of 64 blocks of 16 tokens, of which an engine can use 63. Their
 * prompts fill 60 blocks, so all of them can be admitted; with their answers they want 1,624 tokens of the 1,008 there
 * are. So somebody has to be preempted once the decodes grow. None is larger than the pool by itself.
 */
export const TINY_REQUESTS: readonly RequestSpec[] = [
  { arrivalUs: 0, promptTokens: 120, outputTokens: 90 },
  { arrivalUs: 0, promptTokens: 200, outputTokens: 64 },
  { arrivalUs: 20_000, promptTokens: 96, outputTokens: 160 },
  { arrivalUs: 40_000, promptTokens: 160, outputTokens: 128 },
  { arrivalUs: 60_000, promptTokens: 256, outputTokens: 100 },
  { arrivalUs: 90_000, promptTokens: 110, outputTokens: 140, endsBy: 'stop' },
];

export function tinySource(): Source {
  return listSource(TINY_REQUESTS);
}
