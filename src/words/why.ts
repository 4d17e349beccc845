/** Why, in words: the same on the page and on the command line. */

import { addMessages } from '../i18n/i18n.ts';
import { why } from '../i18n/messages/why.ts';
import { plural } from '../i18n/plural.ts';
import type { Advice, Setting } from '../scenario/advice.ts';
import { engineOf } from '../scenario/engines/engines.ts';
import type { Knobs, KnobValue } from '../scenario/knobs.ts';
import { flagOf, knobEntry } from '../scenario/registry.ts';
import { ruleSettings } from '../scenario/rule-settings.ts';
import { writeValue } from '../scenario/value.ts';
import { Because } from '../sim/decision.ts';
import type { StepAnswer } from '../sim/why/at-step.ts';
import type { TailCauses } from '../sim/why/causes.ts';
import type { Choice } from '../sim/why/choice.ts';
import { type PartName, partNames } from '../sim/why/parts.ts';
import { type Pair, WHAT_IF_STEPS, type WhatIfResult } from '../sim/why/what-if.ts';
import { becauseKey, boundKey } from './because.ts';
import { type Speech, signed } from './speech.ts';

addMessages(why);

/** "Step 412 (9.87 s to 9.91 s): r17 waited, 3 requests ahead of it: r3: no blocks: needs 7, 3 free." */
export function stepWords(a: StepAnswer, speech: Speech): string {
  const { t, format } = speech;
  const rule = ruleWords(a, speech);
  const times = { step: format.count(a.step), from: format.clock(a.startUs), to: format.clock(a.endUs) };
  const what = stateWords(a, speech);
  return rule === '' ? t('why.sentence', { ...times, what }) : t('why.sentenceRule', { ...times, what, rule });
}

/** What the step did beside it, and what kept it from doing more. */
export function batchWords({ batch, bound }: StepAnswer, { t, format }: Speech): string {
  return plural(t, format.language, 'why.step', batch.requests, {
    requests: format.count(batch.requests),
    prefill: format.count(batch.prefillTokens),
    decode: format.count(batch.decodeTokens),
    bound: t(boundKey(bound)),
  });
}

/** What set the step's speed: "Speed set by: memory 89 % of the time is ..."; '' for a step of no time. */
export function limitWords({ limit }: StepAnswer, { t, format }: Speech): string {
  if (limit === null) return '';
  const means = t(`step.limit.${limit.limit}`, { share: format.percent(limit.share) });
  return `${t('step.limit', { limit: t(`limit.${limit.limit}`) })} ${means}`;
}

function stateWords(a: StepAnswer, { t, format }: Speech): string {
  const { state, request } = a;
  const values = {
    request,
    ahead: format.count(a.ahead),
    tokens: format.count(a.tokens),
    computed: format.count(a.computed),
  };
  switch (state) {
    case 'not-arrived':
      return t('why.state.not-arrived', { request, time: format.duration(a.need) });
    case 'waiting':
    case 'preempted':
      if (a.ahead <= 0) return t(`why.state.${state}Head`, values);
      return plural(t, format.language, `why.state.${state}`, a.ahead, values);
    case 'prefill':
    case 'recompute':
      return t(a.hasJoined ? `why.state.${state}Joined` : `why.state.${state}`, values);
    default:
      return t(`why.state.${state}`, values);
  }
}

function ruleWords(a: StepAnswer, { t, format }: Speech): string {
  if (a.because === Because.none || a.state === 'not-arrived') return '';
  const { because, need, have } = a;
  const reason = t(becauseKey(because, need, have), { need: format.count(need), have: format.count(have) });
  if (a.subject === a.request) return reason;
  const other = { other: a.subject, reason };
  return t(a.state === 'preempted' && a.ahead < 0 ? 'why.blocksTaken' : 'why.reasonOf', other);
}

/** The engine's settings that the rule reads, under their real names; '' where no rule decided. */
export function settingWords(a: StepAnswer, knobs: Knobs, { t, format }: Speech): string {
  const { because } = a;
  // That an answer ends is what its request asked for.
  if (because === Because.none || because === Because.length || because === Because.stop) return '';
  const engine = engineOf(knobs.engine)?.name[format.language] ?? knobs.engine;
  const settings = ruleSettings(because, knobs).map(({ knob, value }) => settingText(knobs, knob, value));
  if (settings.length === 0) return t('why.ruleOwn', { engine });
  return t('why.rule', { engine, settings: settings.reduce((a, b) => t('why.and', { a, b })) });
}

/** A setting as one would type it: `--max-num-seqs 8`. */
export function settingText(knobs: Knobs, knob: string, value: KnobValue): string {
  return `${flagOf(knobEntry(knob), knobs.engine) ?? knob} ${writeValue(value)}`;
}

export function partWords(part: PartName, { t }: Speech): string {
  return t(`why.part.${part}`);
}

export interface PartOfTime {
  readonly part: PartName;
  readonly us: number;
  readonly share: number;
}

/** The parts of a request's time, largest first. `parts`: microseconds in the order of `partNames`. */
export function partsOfTime(parts: ArrayLike<number>): readonly PartOfTime[] {
  const values = Array.from(parts);
  const sum = values.reduce((us, part) => us + part, 0);
  return partNames
    .map((part, i) => ({ part, us: values[i], share: values[i] / sum }))
    .filter(({ us }) => us > 0)
    .sort((a, b) => b.us - a.us);
}

/** "61 % queued: no blocks". */
export function shareWords({ part, share }: Pick<PartOfTime, 'part' | 'share'>, speech: Speech): string {
  return speech.t('why.share', { share: speech.format.percent(share), part: partWords(part, speech) });
}

/** A choice as something that could be done. */
export function choiceWords(choice: Choice, { t, format }: Speech): string {
  const tokens = choice.kind === 'chunk' ? format.count(choice.tokens) : '';
  return t(`why.choice.${choice.kind}`, { request: choice.request, tokens });
}

/** Why nothing about the request could have been decided otherwise; '' where something could, or nothing was in question. */
export function fixedWords({ fixed }: StepAnswer, { t }: Speech): string {
  return fixed === null ? '' : t('why.fixed', { reason: t(`why.fixed.${fixed}`) });
}

/** "Otherwise, admit r17 ...: TTFT of r17 1.2 s → 0.8 s (−33 %), ..." */
export function whatIfWords(result: WhatIfResult, request: number, speech: Speech): string {
  const { t, format } = speech;
  const { all, obstacle } = result;
  const choice = choiceWords(result.choice, speech);
  if (!result.wasTaken) {
    if (obstacle === null) return t('why.whatIfNotTaken', { choice });
    const { because, need, have } = obstacle;
    const reason = t(becauseKey(because, need, have), { need: format.count(need), have: format.count(have) });
    return t('why.whatIfObstacle', { choice, reason });
  }
  const sentence = t('why.whatIf', {
    request,
    choice,
    ttft: changeWords(result.request.ttftUs, speech),
    e2e: changeWords(result.request.e2eUs, speech),
    requests: format.count(all.requests),
    ttftMean: changeWords(all.ttftMeanUs, speech),
    e2eMean: changeWords(all.e2eMeanUs, speech),
    tokensWas: format.count(all.tokens.was),
    tokensIs: format.count(all.tokens.is),
  });
  return result.isComplete ? sentence : `${sentence} ${t('why.whatIfCut', { steps: format.count(WHAT_IF_STEPS) })}`;
}

function changeWords({ was, is }: Pair, speech: Speech): string {
  const { t, format } = speech;
  if (Number.isNaN(was) || Number.isNaN(is)) return t('why.unknown');
  if (was === is) return t('why.unchanged', { was: format.duration(was) });
  return t('why.change', {
    was: format.duration(was),
    is: format.duration(is),
    change: signed(is / was - 1, speech),
  });
}

export function adviceSetting(knobs: Knobs, { knob, to }: Setting): string {
  return settingText(knobs, knob, to);
}

/** "instead of 8192: 1.2 s → 0.8 s, −31 %" */
export function adviceChange({ from, wasUs, isUs, change }: Advice, speech: Speech): string {
  const { t, format } = speech;
  return t('why.insteadOf', {
    from: writeValue(from),
    was: format.duration(wasUs),
    is: format.duration(isUs),
    change: signed(change, speech),
  });
}

/** What else changes in the run. */
export function adviceEffects({ effects }: Advice, speech: Speech): string {
  return speech.t('why.effects', {
    ttft: signed(effects.ttftP99, speech),
    itl: signed(effects.itlP99, speech),
    e2e: signed(effects.e2eP99, speech),
    rate: signed(effects.outputTokensPerS, speech),
  });
}

/** "P99 of TTFT is 1.2 s; time of the 3 requests at or beyond it: 60 % ..., 30 % ..." */
export function tailWords(tail: TailCauses, speech: Speech): string {
  const { t, format } = speech;
  return plural(t, format.language, 'why.tailOf', tail.requests, {
    percent: Math.round(tail.share * 100),
    metric: t(`why.tail.${tail.metric}`),
    value: format.duration(tail.thresholdUs),
    requests: format.count(tail.requests),
    causes: tail.causes.map((cause) => shareWords(cause, speech)).join('; '),
  });
}
