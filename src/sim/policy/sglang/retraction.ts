import type { Sequences } from '../../sequences.ts';

/** SGLANG_RETRACT_DECODE_STEPS: decode steps that shall go well after somebody was retracted. */
export const RETRACT_DECODE_STEPS = 20;

/**
 * Running requests in the order in which they keep their place: most output first, then shortest prompt; the last one
 * is retracted first (`ScheduleBatch.retract_decode`). Of equal ones the one that stood later goes first. With speculative
 * decoding they stay as they stand.
 */
export function retractionOrder(running: readonly number[], sequences: Sequences, speculates: boolean): number[] {
  const { generated, requests } = sequences;
  if (speculates) return running.slice();
  return running
    .slice()
    .sort((a, b) => generated[b] - generated[a] || requests.promptTokens[a] - requests.promptTokens[b]);
}

/** The ratio after a retraction: what the survivors have generated so far, and 20 tokens more each, of all they may generate. */
export function ratioAfterRetraction(survivors: readonly number[], sequences: Sequences): number {
  let generated = 0;
  let most = 0;
  for (const request of survivors) {
    generated += sequences.generated[request];
    most += sequences.outputLimit[request];
  }
  return Math.min(1, (generated + RETRACT_DECODE_STEPS * survivors.length) / (most + 1));
}
