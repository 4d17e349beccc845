/** The knobs of phases and of workloads with phases of their own, in the order in which links and files write them. */

import type { PhaseKnob } from '../knob-entry.ts';
import { attentionKnobs } from './attention.ts';
import { layoutKnobs } from './layout.ts';
import { multimodalKnobs } from './multimodal.ts';
import { oneUserKnobs } from './one-user.ts';
import { precisionKnobs } from './precision.ts';
import { prefixCacheKnobs } from './prefix-cache.ts';
import { speculationKnobs } from './speculation.ts';

export const phaseKnobs: readonly PhaseKnob[] = [
  ...layoutKnobs,
  ...precisionKnobs,
  ...attentionKnobs,
  ...speculationKnobs,
  ...prefixCacheKnobs,
  ...multimodalKnobs,
  ...oneUserKnobs,
];
