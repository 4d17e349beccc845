/** Sentences of `why`: one template a case, with numbers in the unit of the rule. */

import type { Advice } from '../scenario/advice.ts';
import { writeValue } from '../scenario/value.ts';
import { Because, Bound } from '../sim/decision.ts';
import type { Limit } from '../sim/gpu/cost.ts';
import type { StepAnswer } from '../sim/why/at-step.ts';
import type { TailCauses } from '../sim/why/causes.ts';
import type { Choice } from '../sim/why/choice.ts';
import type { PartName } from '../sim/why/parts.ts';
import type { Pair, WhatIfResult } from '../sim/why/what-if.ts';
import { count, duration, percent, si, table } from './format.ts';

/** What a part of a request's time was, after "x ms (y %)". */
export const partWords: Readonly<Record<PartName, string>> = {
  queueInFlight: 'waiting for the batch in flight to leave the GPU',
  queueTokenBudget: 'queued: the token budget of the steps was used up',
  queueSeats: 'queued: every seat (max-num-seqs) was taken',
  queueBlocks: 'queued: too few free KV blocks for the head of the queue',
  queueFullPrompt: 'queued: the whole prompt of the head of the queue did not fit into the free KV blocks',
  queueWatermark: 'queued: only blocks of the watermark were free',
  queuePreemptedThisStep: 'queued: nobody is admitted in a step that preempts',
  queueBatchNotFull: 'queued: the static batch was not full yet',
  queueBatchRunning: 'queued: a static batch was running, nobody joins it',
  queueNotItsTurn: 'queued: it was the turn of decodes, or of prompts that were begun',
  queueEncoder: 'queued: no place for an image of the head of the queue in the encoder or its cache',
  queueOther: 'queued behind a request whose tokens were in flight',
  prefill: 'computing its prompt',
  decode: 'generating tokens',
  preempted: 'waiting again after a preemption',
  recompute: 'computing again what a preemption threw away',
  passedOver: 'holding a seat, but the steps had no token for it',
  transfer: 'waiting for KV or weights on their way from elsewhere',
};

const states: Readonly<Record<StepAnswer['state'], (a: StepAnswer) => string>> = {
  'not-arrived': (a) => `it had not arrived yet; it comes ${duration(a.need)} later`,
  waiting: (a) => (a.ahead > 0 ? `it waited, ${requests(a.ahead)} ahead of it` : 'it waited at the head of the queue'),
  preempted: (a) =>
    a.ahead > 0
      ? `it was preempted and waited, ${requests(a.ahead)} ahead of it`
      : 'it was preempted and waited at the head of the queue',
  loading: () => 'it waited for its KV from another instance',
  prefill: (a) =>
    `${a.hasJoined ? 'it was admitted and ' : 'it '}computed ${tokens(a.tokens)} of its prompt, ${count(a.computed)} were there`,
  decode: (a) => `it computed its next token with ${count(a.computed)} tokens of context`,
  recompute: (a) =>
    `${a.hasJoined ? 'it came back and ' : 'it '}computed ${tokens(a.tokens)} again after a preemption, ${count(a.computed)} were there`,
  'passed-over': () => 'it held a seat and got no token',
  padding: () => 'it had ended and still filled a row of its batch',
  finished: () => 'it had ended',
  rejected: () => 'it was refused',
};

function ruleWords(a: StepAnswer): string {
  const who = a.subject === a.request ? 'it' : `request ${a.subject}`;
  switch (a.because) {
    case Because.tokenBudget:
      return a.need > 0
        ? `${who} wants ${tokens(a.need)}, ${count(a.have)} were left of the step's budget`
        : "the step's token budget was used up";
    case Because.seats:
      return `all ${count(a.have)} seats were taken`;
    case Because.noBlocks:
      return `${who} needs ${blocks(a.need)}, ${count(a.have)} were free`;
    case Because.fullPrompt:
      return `the whole prompt of ${who === 'it' ? 'this request' : who} needs ${blocks(a.need)}, ${count(a.have)} were free`;
    case Because.watermark:
      return `${who} needs ${blocks(a.need)}; of the ${count(a.have)} free ones the watermark must stay`;
    case Because.preemptedThisStep:
      return 'the step preempted somebody, so nobody was admitted';
    case Because.batchNotFull:
      return `the static batch takes ${count(a.need)} requests, ${count(a.have)} were there`;
    case Because.batchRunning:
      return 'a static batch was running';
    case Because.tooLong:
      return `it is ${tokens(a.need)} long, ${count(a.have)} are allowed`;
    case Because.largerThanPool:
      return `it needs ${blocks(a.need)}, the pool has ${count(a.have)}`;
    case Because.tooManyRequests:
      return `the server takes ${count(a.have)} requests at once`;
    case Because.tooFewWaiting:
      return `${requests(a.need)} must wait before the decodes are interrupted, ${count(a.have)} did`;
    case Because.batchTokens:
      return `${who} adds ${tokens(a.need)} to the batch, ${count(a.have)} may be added`;
    case Because.endsInFlight:
      return 'the batch in flight surely ends it';
    case Because.inFlight:
      return 'its tokens were still in flight';
    case Because.longPrefill:
      return `long-prefill-token-threshold cut its chunk to ${tokens(a.have)}`;
    case Because.length:
      return `it reached its output limit after ${tokens(a.need)}`;
    case Because.stop:
      return `it produced an end token after ${tokens(a.need)}`;
    case Because.remoteKv:
      return 'its KV was on its way from another instance';
    case Because.reserved:
      return `its load needs ${blocks(a.need)} beside what prefills in flight still need, ${count(a.have)} were free`;
    case Because.encoder:
      return 'the encoder had no room for its next image';
    case Because.prefillThrottle:
      return 'the step spared prefills';
    case Because.decodeCadence:
      return 'its last token was still in the pipeline';
    case Because.padding:
      return `with its drafts it wants ${tokens(a.need)}, ${count(a.have)} were left of the step's budget`;
    case Because.notItsTurn:
      return 'it was the turn of others';
    case Because.tokensReserved:
      return `with its output ${who} wants ${tokens(a.need)}, ${count(a.have)} were left beside what running requests may still generate`;
    case Because.latchedTokens:
      return 'the batch was found full of tokens, and nobody was offered a place until it shrank';
    case Because.latchedSeats:
      return 'the batch was found full, and nobody was offered a place until it shrank';
    case Because.inputBudget:
      return `${who} wants ${tokens(a.need)}, ${count(a.have)} were left of max-prefill-tokens`;
    case Because.prefillRequests:
      return 'the step took no more prompts';
    case Because.decodeRoom:
      return `the next step of all decodes needed ${blocks(a.need)}, ${count(a.have)} were free`;
    case Because.moreImportant:
      return 'a more important request took its place';
    case Because.wholeOutput:
      return `${who} sets aside ${blocks(a.need)} for all it may generate, ${count(a.have)} were not set aside for others`;
    case Because.awaitsReuse:
      return 'it waited to reuse a block that another request was computing';
    case Because.promptOverBudget:
      return `its prompt is ${tokens(a.need)} long, a step takes ${count(a.have)}, and prompts are not split`;
    case Because.workspace:
      return `it comes to ${tokens(a.need)}, a row of the KV workspace has ${count(a.have)}`;
    case Because.contextShift:
      return `the context of its slot was full, ${tokens(a.have)}`;
    case Because.cellsFull:
      return 'no cell was left for the batch';
    case Because.contextExceeded:
      return 'no cell was left for one more token: context size exceeded';
    case Because.awaitsFinish:
      return 'requests had been evicted, so nobody joined until one finished';
    case Because.forwardRows:
      return `a forward takes ${count(a.have)} sequences`;
    case Because.load:
    case Because.calm:
    case Because.none:
      return '';
  }
}

const boundWords: Readonly<Record<Bound, string>> = {
  [Bound.nothingLeft]: 'nothing bound the step: everybody got what they wanted',
  [Bound.tokenBudget]: 'the token budget bound the step',
  [Bound.seats]: 'the seats bound the step',
  [Bound.blocks]: 'the KV blocks bound the step',
  [Bound.batch]: 'the static batch bound the step: nobody may join',
};

/** What set the speed of a step, before "83 % of its time". */
const limitWords: Readonly<Record<Limit, string>> = {
  compute: 'It was limited by arithmetic',
  bandwidth: 'It was limited by memory bandwidth',
  latency: 'It was limited by the start of kernels too small to fill the device',
  link: 'It was limited by the link between the devices',
  host: 'It was limited by the host, for which the device waited',
};

/** What an operator waits for, in a table. */
const shortLimits: Readonly<Record<Limit, string>> = {
  compute: 'arithmetic',
  bandwidth: 'memory',
  latency: 'kernel start',
  link: 'link',
  host: 'host',
};

/** The operators of a step, one a line: time, share, operator, what it waits for, operations a byte. */
export function operatorLines(operators: StepAnswer['operators']): string {
  const all = operators.reduce((sum, each) => sum + each.us, 0);
  return table(
    operators
      .filter((each) => each.us > 0)
      .map(({ operator, us, limit, flops, bytes }) => {
        const intensity =
          flops > 0 && bytes > 0 ? `${si(flops / bytes)} FLOP/B, ${si((flops / us) * 1e6, 'FLOP/s')}` : '';
        const share = percent(us / all).padEnd(9);
        return [
          `  ${duration(us)}`,
          `${share}  ${operator.padEnd(17)}  ${shortLimits[limit].padEnd(12)}  ${intensity}`.trimEnd(),
        ];
      }),
  );
}

/** "Step 412 (9.87 s to 9.91 s): it waited, 3 requests ahead of it: ..." */
export function stepWords(a: StepAnswer): string {
  const rule = ruleWords(a);
  const { batch } = a;
  return [
    `Step ${count(a.step)} (${duration(a.startUs)} to ${duration(a.endUs)}): ${states[a.state](a)}${rule === '' ? '' : `: ${rule}`}.`,
    `The step had ${requests(batch.requests)}, ${count(batch.prefillTokens)} prompt and ${count(batch.decodeTokens)} decode tokens; ${boundWords[a.bound]}.`,
    ...(a.limit === null ? [] : [`${limitWords[a.limit.limit]}: ${percent(a.limit.share)} of its time.`]),
  ].join(' ');
}

/** A choice as something that could be done. */
export function choiceWords(choice: Choice): string {
  switch (choice.kind) {
    case 'skip-head':
      return `pass over request ${choice.request} at the head of the queue`;
    case 'deny':
      return `do not admit request ${choice.request} in this step`;
    case 'victim':
      return `take the blocks of request ${choice.request} instead`;
    case 'chunk':
      return `give request ${choice.request} a chunk of ${tokens(choice.tokens)}`;
  }
}

/** "Otherwise: pass over request 3 ...: TTFT of this request 1.2 s -> 0.8 s (-33 %), ..." */
export function whatIfWords(result: WhatIfResult): string {
  const { request, all } = result;
  const words = [
    `TTFT of this request ${changeOf(request.ttftUs)}`,
    `E2E ${changeOf(request.e2eUs)}`,
    `mean of the ${requests(all.requests)} alive then: TTFT ${changeOf(all.ttftMeanUs)}, E2E ${changeOf(all.e2eMeanUs)}`,
    `tokens delivered meanwhile ${count(all.tokens.was)} -> ${count(all.tokens.is)}`,
  ];
  const limits = [
    result.wasTaken ? '' : ' (it would not have come to that)',
    result.isComplete ? '' : ' (not all of them ended within the budget)',
  ];
  return `Otherwise, ${choiceWords(result.choice)}: ${words.join('; ')}${limits.join('')}.`;
}

/** "  max-num-batched-tokens 4096 (instead of 8192): -31 %, ...; P99 TTFT ..." */
export function adviceWords(advice: Advice): string {
  const { effects } = advice;
  const side = [
    `P99 TTFT ${signed(effects.ttftP99)}`,
    `P99 ITL ${signed(effects.itlP99)}`,
    `P99 E2E ${signed(effects.e2eP99)}`,
    `tokens/s ${signed(effects.outputTokensPerS)}`,
  ];
  const { knob, from, to, wasUs, isUs, change } = advice;
  const setting = `${knob} ${writeValue(to)} (instead of ${writeValue(from)})`;
  return `  ${setting}: ${duration(wasUs)} -> ${duration(isUs)}, ${signed(change)}; ${side.join(', ')}`;
}

function changeOf({ was, is }: Pair): string {
  if (Number.isNaN(was) || Number.isNaN(is)) return 'unknown';
  return was === is ? `unchanged at ${duration(was)}` : `${duration(was)} -> ${duration(is)} (${signed(is / was - 1)})`;
}

function signed(share: number): string {
  if (!Number.isFinite(share)) return '-';
  return share > 0 ? `+${percent(share)}` : percent(share);
}

/** "P99 of TTFT is 1.2 s; the 3 requests at or beyond it spent 60 % ..., 30 % ..." */
export function tailWords(tail: TailCauses): string {
  const name = tail.metric === 'ttft' ? 'TTFT' : 'E2E latency';
  const causes = tail.causes.map((cause) => `${percent(cause.share)} ${partWords[cause.part]}`).join('; ');
  return `P${Math.round(tail.share * 100)} of ${name} is ${duration(tail.thresholdUs)}; time of the ${requests(tail.requests)} at or beyond it: ${causes}.`;
}

const tokens = (n: number) => `${count(n)} ${n === 1 ? 'token' : 'tokens'}`;
const blocks = (n: number) => `${count(n)} ${n === 1 ? 'block' : 'blocks'}`;
const requests = (n: number) => `${count(n)} ${n === 1 ? 'request' : 'requests'}`;
