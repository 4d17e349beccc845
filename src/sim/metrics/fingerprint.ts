import type { Outcomes, Summary } from './result.ts';

/** Short hash of what a run came to: every request's end, and the number of steps. FNV-1a over 32-bit words, base 36. */
export function fingerprint(outcomes: Outcomes, summary: Summary): string {
  let hash = 0x811c9dc5;
  const mix = (value: number): void => {
    hash = Math.imul(hash ^ (value | 0), 0x01000193);
    hash = Math.imul(hash ^ Math.floor(value / 4294967296), 0x01000193);
    hash ^= hash >>> 15;
  };
  mix(summary.steps);
  mix(summary.durationUs);
  mix(summary.preemptions);
  for (let r = 0; r < outcomes.count; r++) {
    mix(outcomes.status[r]);
    mix(Number.isNaN(outcomes.firstTokenUs[r]) ? -1 : outcomes.firstTokenUs[r]);
    mix(Number.isNaN(outcomes.finishUs[r]) ? -1 : outcomes.finishUs[r]);
    mix(outcomes.outputTokens[r]);
  }
  return (hash >>> 0).toString(36);
}
