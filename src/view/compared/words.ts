/** What a panel shows of two runs, in one line: a figure of each at the linked moments, and what differs. */

import type { Translate } from '../../i18n/i18n.ts';
import type { Frame } from '../../protocol/frame.ts';
import type { RunResult } from '../../protocol/run.ts';
import type { PanelId } from '../../ui/panel-store.ts';
import type { Format } from '../../ui/use-format.ts';
import { boundKeys } from '../batch/model.ts';
import { eventNames, eventsModel } from '../events/model.ts';
import { Held, poolDifference } from '../kv/difference.ts';
import { latencyOf } from '../latency/model.ts';
import { memoryModel } from '../memory/model.ts';
import { sentenceOf as memorySentence } from '../memory/words.ts';
import { onceARun } from '../once-a-run.ts';
import { onlyIn } from '../queue/difference.ts';
import { flopRate } from '../rates.ts';
import { intensityText, placeOf } from '../roofline/model.ts';
import { statusAt } from '../step-why/life.ts';
import { sharesOfRun } from '../timeline/model.ts';

/** One of the two runs: the whole of it, and the moment that is shown. */
export interface Side {
  readonly frame: Frame;
  readonly result: RunResult;
}

export interface ComparedWords {
  readonly a: string;
  readonly b: string;
  /** What differs; '' where the two figures say it. */
  readonly more: string;
}

interface Words {
  readonly t: Translate;
  readonly format: Format;
}

export function comparedWords(
  id: PanelId,
  a: Side,
  b: Side,
  selected: number,
  t: Translate,
  format: Format,
): ComparedWords {
  const words = { t, format };
  const both = (of: (side: Side) => string, more = ''): ComparedWords => ({ a: of(a), b: of(b), more });
  switch (id) {
    case 'queue':
      return both(
        ({ frame }) => t('compared.queue', { count: format.count(frame.queue.count) }),
        queueDifference(a.frame, b.frame, words),
      );
    case 'rows':
      return both(({ frame }) =>
        t('compared.rows', {
          running: format.count(frame.running.count),
          finished: format.count(frame.finished),
          tokens: format.count(frame.tokensOut),
        }),
      );
    case 'batch':
      return both(({ frame }) => stepWords(frame, words));
    case 'kv':
      return kvWords(a, b, words);
    case 'step':
      return both((side) => lifeWords(side, selected, words));
    case 'latency':
      return both(
        ({ result }) => medianWords('ttft', result, words),
        changes(
          (['tpot', 'e2e'] as const).map((metric) => {
            const [before, after] = [a, b].map(({ result }) => result.distributions[metric].p50Us);
            return [`${t(`latency.${metric}`)} P50`, format.duration(before), format.duration(after)];
          }),
          words,
        ),
      );
    case 'strip':
      return both(
        ({ result }) => rateWords(result, words),
        changes(
          [[t('compared.queueMean'), ...[a, b].map(({ result }) => format.number(queueMeanOf(result), 1))]],
          words,
        ),
      );
    case 'roofline':
      return both(({ frame }) => workWords(frame, words));
    case 'memory':
      return both(({ frame, result }) => {
        const model = memoryOf(result);
        return model === null ? t('compared.waiting') : trimmed(memorySentence(model, frame.nowUs, t, format));
      });
    case 'timeline':
      return both(
        ({ result }) => {
          const { prefill, mixed, decode } = sharesOf(result);
          return t('compared.timeline', { busy: format.percent(prefill + mixed + decode) });
        },
        changes(
          (['prefill', 'mixed', 'decode'] as const).map((phase) => {
            const [before, after] = [a, b].map(({ result }) => format.percent(sharesOf(result)[phase]));
            return [t(`timeline.${phase}`), before, after];
          }),
          words,
        ),
      );
    case 'events':
      return eventWords(a, b, words);
    case 'fleet':
      return both(
        ({ result }) => fleetWords(result, words),
        changes(
          (['ttft', 'e2e'] as const).map((metric) => {
            const [before, after] = [a, b].map(({ result }) => (result.fleet ?? result).distributions[metric].p99Us);
            return [`${t(`latency.${metric}`)} P99`, format.duration(before), format.duration(after)];
          }),
          words,
        ),
      );
  }
}

/** The line as one text. */
export function comparedText({ a, b, more }: ComparedWords, t: Translate): string {
  return more === '' ? t('compared.sides', { a, b }) : t('compared.sidesMore', { a, b, more });
}

/** "waiting on average 18.6 → 14.4": what is the same in both is left out. */
function changes(rows: readonly (readonly string[])[], { t, format }: Words): string {
  return rows
    .filter(([, before, after]) => before !== after)
    .map(([name, before, after]) => t('compared.change', { name, a: before, b: after }))
    .join(format.language === 'zh' ? '，' : ', ');
}

function medianWords(metric: 'ttft', { distributions }: RunResult, { t, format }: Words): string {
  return t('compared.latency', {
    metric: t(`latency.${metric}`),
    value: format.duration(distributions[metric].p50Us),
  });
}

/** More names than this are not listed. */
const mostNames = 6;

function queueDifference(a: Frame, b: Frame, { t, format }: Words): string {
  const names = (of: Frame, other: Frame) => {
    const only = onlyIn(of.queue, other.queue);
    if (only.length === 0) return '';
    const listed = only.slice(0, mostNames).map((request) => `r${request}`);
    const rest = only.length > mostNames ? [`+${format.count(only.length - mostNames)}`] : [];
    return [...listed, ...rest].join(' ');
  };
  const [onlyA, onlyB] = [names(a, b), names(b, a)];
  return [
    onlyA === '' ? '' : t('compared.onlyA', { names: onlyA }),
    onlyB === '' ? '' : t('compared.onlyB', { names: onlyB }),
  ]
    .filter((part) => part !== '')
    .join('; ');
}

function stepWords({ window }: Frame, { t, format }: Words): string {
  const i = window.count - 1;
  if (i < 0) return t('compared.waiting');
  return t('compared.batch', {
    step: format.count(window.firstStep + i),
    tokens: format.count(window.prefillTokens[i] + window.decodeTokens[i] + window.paddingTokens[i]),
    duration: format.duration(window.endUs[i] - window.startUs[i]),
    bound: t(boundKeys[window.bound[i]]),
  });
}

function kvWords(a: Side, b: Side, { t, format }: Words): ComparedWords {
  const { counts, usedA, usedB } = poolDifference(a.frame.pool, b.frame.pool);
  const used = (count: number, { frame }: Side) =>
    t('compared.kv', { used: format.count(count), blocks: format.count(frame.pool.count) });
  const change = usedB - usedA;
  const sign = change === 0 ? '' : ` (${change > 0 ? '+' : '−'}${format.count(Math.abs(change))})`;
  return {
    a: used(usedA, a),
    b: used(usedB, b) + sign,
    more: t('compared.kvMore', {
      both: format.count(counts[Held.same] + counts[Held.other]),
      onlyA: format.count(counts[Held.onlyA]),
      onlyB: format.count(counts[Held.onlyB]),
    }),
  };
}

function lifeWords({ frame, result }: Side, selected: number, { t, format }: Words): string {
  const { outcomes } = result;
  if (selected >= 0 && selected < outcomes.count) {
    return t('compared.life', {
      request: selected,
      status: t(statusAt(outcomes, selected, frame)),
      e2e: format.duration(latencyOf('e2e', outcomes, selected)),
    });
  }
  const { window } = frame;
  const i = window.count - 1;
  if (i < 0) return t('compared.waiting');
  return t('compared.step', {
    step: format.count(frame.step),
    duration: format.duration(window.endUs[i] - window.startUs[i]),
  });
}

function rateWords({ summary }: RunResult, { t, format }: Words): string {
  return t('compared.strip', {
    rate: format.compact(Math.round(summary.outputTokensPerS)),
    kv: format.percent(summary.kvUseMean),
  });
}

function workWords({ work }: Frame, { t, format }: Words): string {
  const i = work.count - 1;
  const place = i < 0 ? null : placeOf(work.flops[i], work.bytes[i], work.us[i]);
  if (place === null) return t('compared.waiting');
  return t('compared.roofline', {
    intensity: intensityText(format, place.intensity),
    rate: flopRate(format, place.flopsPerS),
  });
}

function eventWords(a: Side, b: Side, words: Words): ComparedWords {
  const { t, format } = words;
  const [before, after] = [a, b].map(({ result }) => eventsOf(result));
  const said = ({ counts, count }: typeof before) =>
    t('compared.events', { count: format.count(count), preempted: format.count(counts.preempt) });
  const rows = eventNames
    .filter((kind) => kind !== 'preempt')
    .map((kind) => [t(`events.kind.${kind}`), format.count(before.counts[kind]), format.count(after.counts[kind])]);
  return { a: said(before), b: said(after), more: changes(rows, words) };
}

// While a run plays the line is written again and again.
const queueMeanOf = onceARun(({ summary, series }: RunResult) => {
  const waitingUs = series.waitingUs.reduce((sum, us) => sum + us, 0);
  return waitingUs / Math.max(1, summary.durationUs);
});
const memoryOf = onceARun((result: RunResult) => memoryModel(result));
const sharesOf = onceARun(sharesOfRun);
const eventsOf = onceARun((result: RunResult) => {
  const { counts, events } = eventsModel(result, new Set());
  return { counts, count: events.length };
});

const trimmed = (text: string) => text.replace(/[.。]$/, '');

/** How many replicas there are, who sends requests to them, and how unevenly. */
function fleetWords({ fleet }: RunResult, { t, format }: Words): string {
  if (fleet === null) return t('compared.fleetAlone');
  const { replicas, router, summary } = fleet;
  return t('compared.fleet', {
    count: format.count(replicas),
    router,
    factor: Number.isNaN(summary.imbalance) ? '–' : format.number(summary.imbalance),
  });
}
