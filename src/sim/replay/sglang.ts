/** Replays of all recordings of SGLang, by the name of their suite. */

import { replaySglangRadix } from './radix-sglang.ts';
import { replaySglangAdmission } from './sglang-admission.ts';
import { replaySglangLoop } from './sglang-loop.ts';
import { replaySglangPolicy } from './sglang-policy.ts';

export const sglangReplays = {
  radix: replaySglangRadix,
  policy: replaySglangPolicy,
  admission: replaySglangAdmission,
  loop: replaySglangLoop,
} as const;
