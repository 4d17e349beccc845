/** The settings of an engine that a rule of its scheduler reads, under their real names. */

import { Because, Bound } from '../sim/decision.ts';
import { setsTheLimit } from './binding.ts';
import { engineOf } from './engines/engines.ts';
import type { Knobs } from './knobs.ts';
import { flagOf, isRead, knobValue, registry } from './registry.ts';
import type { KnobValue } from './value.ts';

export interface RuleSetting {
  readonly knob: string;
  /** The engine's own flag; left out where it has none. */
  readonly flag?: string;
  readonly value: KnobValue;
}

/** Limits that a rule keeps: the knobs that set them say so themselves (`KnobEntry.binds`). */
const limits: Partial<Readonly<Record<Because, Bound>>> = {
  [Because.tokenBudget]: Bound.tokenBudget,
  [Because.padding]: Bound.tokenBudget,
  [Because.promptOverBudget]: Bound.tokenBudget,
  [Because.seats]: Bound.seats,
  [Because.latchedSeats]: Bound.seats,
  [Because.forwardRows]: Bound.seats,
  [Because.noBlocks]: Bound.blocks,
  [Because.reserved]: Bound.blocks,
  [Because.largerThanPool]: Bound.blocks,
  [Because.latchedTokens]: Bound.blocks,
  [Because.decodeRoom]: Bound.blocks,
  [Because.cellsFull]: Bound.blocks,
  [Because.contextExceeded]: Bound.blocks,
  [Because.batchRunning]: Bound.batch,
};

/** Other settings that a rule reads, of whichever engine has them. */
const others: Partial<Readonly<Record<Because, readonly string[]>>> = {
  [Because.fullPrompt]: ['scheduler-reserve-full-isl'],
  [Because.watermark]: ['watermark', 'safety-margin'],
  [Because.longPrefill]: ['long-prefill-token-threshold'],
  [Because.promptOverBudget]: ['enable-chunked-prefill', 'enable_chunked_prefill', 'disable-chunked-prefill'],
  [Because.batchNotFull]: ['batch-size', 'batch-timeout-ms', 'preferred-batch-size', 'max-queue-delay-microseconds'],
  [Because.encoder]: ['encoder-budget', 'encoder-cache-size'],
  [Because.tokensReserved]: ['schedule-conservativeness'],
  [Because.inputBudget]: ['max-prefill-tokens'],
  [Because.prefillRequests]: ['prefill-max-requests'],
  [Because.moreImportant]: ['priority-scheduling-preemption-threshold'],
  [Because.wholeOutput]: ['capacity_scheduler_policy'],
  [Because.tooManyRequests]: ['max-concurrent-requests'],
  [Because.tooFewWaiting]: [
    'waiting-served-ratio',
    'max-waiting-tokens',
    'tgi-2023-waiting-served-ratio',
    'tgi-2023-max-waiting-tokens',
  ],
  [Because.batchTokens]: ['max-batch-total-tokens'],
  [Because.notItsTurn]: ['cont-batching'],
  [Because.standsStill]: [
    'enable-mixed-chunk',
    'prefill-chunking',
    'tgi-2023-waiting-served-ratio',
    'tgi-2023-max-waiting-tokens',
  ],
  [Because.endsInFlight]: [
    'async-scheduling',
    'disable_overlap_scheduler',
    'disable-overlap-schedule',
    'use-async-batching',
  ],
  [Because.inFlight]: [
    'async-scheduling',
    'disable_overlap_scheduler',
    'disable-overlap-schedule',
    'use-async-batching',
  ],
  [Because.awaitsReuse]: ['enable_prefix_aware_scheduling'],
  [Because.contextShift]: ['context-shift'],
  [Because.load]: ['dynamic-waiting-high'],
  [Because.calm]: ['dynamic-waiting-low'],
};

/** Limits that a rule keeps in an engine that has no setting for the rule itself. */
const otherwise: Partial<Readonly<Record<Because, Bound>>> = {
  [Because.fullPrompt]: Bound.blocks,
  [Because.watermark]: Bound.blocks,
  [Because.batchTokens]: Bound.blocks,
  [Because.wholeOutput]: Bound.blocks,
};

/** Names of all settings that a rule may read, for the test that they exist. */
export const namedSettings: readonly string[] = Object.values(others).flat();

/** What sets the rule with this engine and this scenario; empty where nothing does. */
export function ruleSettings(because: Because, knobs: Knobs): readonly RuleSetting[] {
  const named = others[because] ?? [];
  const length = because === Because.tooLong ? (engineOf(knobs.engine)?.lengthKnob ?? 'max-model-len') : '';
  const read = registry().filter((entry) => isRead(entry, knobs));
  const own = read.filter(({ name }) => named.includes(name) || name === length);
  const limit = limits[because] ?? (own.length === 0 ? otherwise[because] : undefined);
  const limiting = read.filter((entry) => limit !== undefined && entry.binds === limit && setsTheLimit(entry, knobs));
  // A knob at nought leaves the limit to another one, where there is one.
  const set = limiting.filter((entry) => knobValue(knobs, entry) !== 0);
  return [...(set.length > 0 ? set : limiting), ...own].map((entry) => {
    const flag = flagOf(entry, knobs.engine);
    return { knob: entry.name, ...(flag === undefined ? {} : { flag }), value: knobValue(knobs, entry) };
  });
}
