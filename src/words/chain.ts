/** What led from a changed knob to the request that changed most, in words: the same on the page and on the command line. */

import { plural } from '../i18n/plural.ts';
import { Because } from '../sim/decision.ts';
import type { StepAnswer } from '../sim/why/at-step.ts';
import {
  type CausalChain,
  type ChainCause,
  type ChainLink,
  type ChainRoot,
  LAST_TOKEN,
} from '../sim/why/causal-chain.ts';
import { becauseKey, boundKey } from './because.ts';
import { type Speech, signed } from './speech.ts';
import './why.ts';

/** A sentence of the chain, and where it leads: a step of B, and a request. */
export interface ChainLine {
  readonly text: string;
  /** -1 = nowhere. */
  readonly step: number;
  readonly request: number;
}

/** The chain from its first decision to the last request, a sentence each. */
export function chainLines(chain: CausalChain, speech: Speech): readonly ChainLine[] {
  const { t, format } = speech;
  const { root, links, target } = chain;
  const nowhere = { step: -1, request: target.request };
  const gap: readonly ChainLine[] =
    links.length === 0
      ? [{ ...nowhere, text: t('chain.tooLong', { request: target.request }) }]
      : chain.reachesRoot
        ? []
        : [{ ...nowhere, text: t('chain.gap') }];
  return [
    { step: root.step, request: root.request, text: rootWords(root, speech) },
    ...gap,
    ...links.map((link) => ({ step: link.b.step, request: link.request, text: linkWords(link, speech) })),
    {
      ...nowhere,
      text: t('chain.target', {
        request: target.request,
        was: format.duration(target.wasUs),
        is: format.duration(target.isUs),
        change: signed(target.isUs / target.wasUs - 1, speech),
      }),
    },
  ];
}

function rootWords(root: ChainRoot, speech: Speech): string {
  const { t, format } = speech;
  return t('chain.root', { step: format.count(root.step), what: differenceWords(root, speech) });
}

function differenceWords({ request, a, b, durationUs }: ChainRoot, speech: Speech): string {
  const { t, format } = speech;
  if (Number.isNaN(durationUs.a) || Number.isNaN(durationUs.b)) return t('chain.rootEnd');
  if (a === null || b === null) {
    return t('chain.rootTime', { was: format.duration(durationUs.a), is: format.duration(durationUs.b) });
  }
  const share = { request, was: tokenWords(a.tokens, speech), is: tokenWords(b.tokens, speech) };
  const [less, side] = b.tokens < a.tokens ? [b, 'B'] : [a, 'A'];
  const rule = reasonWords(less, speech);
  return rule === '' ? t('chain.rootShare', share) : t('chain.rootShareRule', { ...share, rule: `${side}: ${rule}` });
}

/** Why a request got no more. */
function reasonWords(answer: StepAnswer, { t, format }: Speech): string {
  const { because, need, have } = answer;
  if (because === Because.none) return '';
  return t(becauseKey(because, need, have), { need: format.count(need), have: format.count(have) });
}

function tokenWords(count: number, { t, format }: Speech): string {
  return count === 0
    ? t('chain.nothing')
    : plural(t, format.language, 'chain.tokens', count, { count: format.count(count) });
}

function linkWords({ request, token, a, b, gainUs, cause }: ChainLink, speech: Speech): string {
  const { t, format } = speech;
  const values = {
    request,
    token: format.count(token),
    gain: format.duration(Math.abs(gainUs)),
    later: t(gainUs > 0 ? 'chain.later' : 'chain.sooner'),
    longer: t(gainUs > 0 ? 'chain.longer' : 'chain.shorter'),
    stepA: format.count(a.step),
    stepB: format.count(b.step),
  };
  const what = t(token === 0 ? 'chain.start' : token === LAST_TOKEN ? 'chain.last' : 'chain.token', values);
  return t('chain.link', { what, cause: causeWords(cause, speech) });
}

function causeWords(cause: ChainCause, { t, format }: Speech): string {
  const { kind, blocker, head, because, need, have } = cause;
  const values = {
    side: cause.side.toUpperCase(),
    step: format.count(cause.step),
    blocker,
    head,
    duration: format.duration(cause.durationUs),
    bound: t(boundKey(cause.bound)),
    reason: t(becauseKey(because, need, have), { need: format.count(need), have: format.count(have) }),
  };
  switch (kind) {
    case 'held':
      if (blocker === head) return t('chain.heldBehind', values);
      return t(blocker < 0 ? 'chain.held' : 'chain.heldBy', values);
    case 'bound':
      return t(blocker < 0 ? 'chain.bound' : 'chain.boundBy', values);
    case 'preempted':
      return t(blocker < 0 ? 'chain.preempted' : 'chain.preemptedBy', values);
    default: {
      const sentence = t(`chain.${kind}`, values);
      if (blocker < 0) return sentence;
      return t('chain.longPrompt', { cause: sentence, blocker, tokens: format.count(cause.blockerTokens) });
    }
  }
}
