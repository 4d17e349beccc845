/** What became of a policy, in words: the same on the page and on the command line. */

import type { Text } from '../scenario/knob-entry.ts';
import type { IllegalRule } from '../sim/policy/custom/illegal.ts';
import type { Hint, PolicyFailure } from './failure.ts';

type Language = keyof Text;

/** Sentences without their place. `{request}`, `{need}`, `{have}` and `{found}` as `illegal.ts` says. */
const rules: Readonly<Record<IllegalRule, Text>> = {
  'no-plan': {
    en: 'The answer is {found}. It must be a list of { request, tokens }, or an object with run, preempt or wakeUs.',
    zh: '返回值是 {found}，应为由 { request, tokens } 组成的列表，或含有 run、preempt、wakeUs 的对象。',
  },
  promise: {
    en: 'The answer is a promise. A policy must answer at once, so it cannot be async.',
    zh: '返回值是 Promise。策略必须立即回答，不能是 async。',
  },
  'no-entry': {
    en: 'Entry {have} is {found}. An entry is { request, tokens } with a request of the view or its id.',
    zh: '第 {have} 项是 {found}。每一项应为 { request, tokens }，其中 request 是视图中的请求或其编号。',
  },
  'unknown-request': {
    en: 'Request {request} has an entry, but it neither waits nor runs: it has ended, or there is none of that number.',
    zh: '给了请求 {request} 一项，但它既不在等待也不在运行：已经结束，或没有这个编号。',
  },
  'bad-tokens': {
    en: 'Request {request} is given {found} as tokens. It must be a whole number above 0.',
    zh: '请求 {request} 的 tokens 是 {found}，应为大于 0 的整数。',
  },
  'more-than-left': {
    en: 'Request {request} is given {need} tokens, but it has only {have} left to compute.',
    zh: '请求 {request} 被给了 {need} 个 token，但它只剩 {have} 个要计算。',
  },
  twice: { en: 'Request {request} has two entries.', zh: '请求 {request} 有两项。' },
  'over-budget': {
    en: 'The entries have {need} tokens together, but the budget of a step is {have}.',
    zh: '各项合计 {need} 个 token，而一步的预算是 {have}。',
  },
  'over-seats': {
    en: 'With request {request} at least {need} would run at once, but there are {have} seats.',
    zh: '加上请求 {request}，同时运行的至少有 {need} 个，而席位只有 {have} 个。',
  },
  'no-blocks': {
    en: 'Request {request} takes {need} free blocks when its turn comes, but only {have} are free.',
    zh: '轮到请求 {request} 时需要 {need} 个空闲块，但只有 {have} 个空闲。',
  },
  'not-running': {
    en: 'Request {request} is to be preempted, but it does not run (or is named twice).',
    zh: '要抢占请求 {request}，但它没有在运行（或被写了两次）。',
  },
  'preempted-and-run': {
    en: 'Request {request} is preempted and has an entry in the same step.',
    zh: '请求 {request} 在同一步中既被抢占又有一项。',
  },
  'bad-wake': {
    en: 'wakeUs is {found}. It must be a time after now, which is {have} µs.',
    zh: 'wakeUs 是 {found}，应为晚于现在（{have} µs）的时间。',
  },
  'nothing-for-ever': {
    en: '{have} requests wait or run, nobody is given anything, and nothing else will ever happen.',
    zh: '有 {have} 个请求在等待或运行，却谁也没有得到 token，此后也不会再发生任何事。',
  },
};

const hints: Readonly<Record<Hint, Text>> = {
  network: { en: 'A policy has no network.', zh: '策略不能访问网络。' },
  page: { en: 'A policy cannot reach the page.', zh: '策略不能访问页面。' },
  clock: { en: 'There is no clock but nowUs: the same run every time.', zh: '除 nowUs 外没有时钟：每次运行都相同。' },
  chance: { en: 'There is no chance: the same run every time.', zh: '没有随机数：每次运行都相同。' },
  modules: { en: 'A policy stands alone: it can import types and nothing else.', zh: '策略独立存在：只能导入类型。' },
  code: { en: 'A policy cannot make code from text.', zh: '策略不能由文本生成代码。' },
  'read-only': {
    en: 'What a policy sees is read-only: to sort a list, copy it first, as in [...view.queue].',
    zh: '策略看到的一切都是只读的：要排序请先复制，例如 [...view.queue]。',
  },
};

const sentences = {
  'no-function': {
    en: 'The default export is {found}. It must be a function, or an object whose schedule is one: export default function schedule(view) { … }',
    zh: '默认导出是 {found}，应为函数，或其 schedule 为函数的对象：export default function schedule(view) { … }',
  },
  silent: {
    en: 'It gave no sign of life for {after} s: an endless loop, or a call that takes too long. It was ended.',
    zh: '{after} 秒没有动静：死循环，或一次调用太久。已将其终止。',
  },
  spent: {
    en: 'Its {after} s are used up, and {share} % of the requests have ended: it goes round in circles, or every call takes too long.',
    zh: '{after} 秒已用完，只有 {share} % 的请求结束：原地打转，或每次调用都太久。',
  },
  died: {
    en: 'It used too much memory, and was ended.',
    zh: '它用了太多内存，已被终止。',
  },
  'cannot-start': {
    en: 'This browser did not start what a policy runs in. {detail}',
    zh: '浏览器没有启动运行策略的环境。{detail}',
  },
  scenario: { en: 'The scenario cannot be simulated.', zh: '这个场景无法模拟。' },
  cancelled: { en: 'Stopped.', zh: '已停止。' },
} as const satisfies Partial<Record<PolicyFailure['kind'], Text>>;

/** What happened, without where. */
export function failureSentence(failure: PolicyFailure, language: Language): string {
  switch (failure.kind) {
    case 'syntax':
      return sentence(failure.message);
    case 'threw': {
      const reason = failure.hint === null ? '' : ` ${hints[failure.hint][language]}`;
      return `${sentence(failure.message)}${reason}`;
    }
    case 'illegal': {
      const { request = '…', need = '…', have = '…', found = '…' } = failure.numbers;
      return fill(rules[failure.rule][language], { request, need, have, found });
    }
    case 'no-function':
      return fill(sentences[failure.kind][language], { found: failure.found });
    case 'silent':
      return fill(sentences.silent[language], { after: (failure.afterMs / 1000).toFixed(1) });
    case 'spent': {
      const share = Math.floor(failure.fraction * 100);
      return fill(sentences.spent[language], { after: Math.round(failure.afterMs / 1000), share });
    }
    case 'cannot-start':
      return fill(sentences[failure.kind][language], { detail: failure.detail }).trim();
    case 'died':
    case 'scenario':
    case 'cancelled':
      return sentences[failure.kind][language];
  }
}

const words = {
  line: { en: 'Line {line}', zh: '第 {line} 行' },
  step: { en: 'step {step}, at {time} s', zh: '第 {step} 步，{time} 秒' },
  loading: { en: 'while loading, before the first step', zh: '加载时，第一步之前' },
} as const satisfies Record<string, Text>;

/** When it happened: "step 12, at 0.345 s"; '' where there is no such moment. */
export function failureMoment(failure: PolicyFailure, language: Language): string {
  if (!('step' in failure)) return '';
  const { step, nowUs } = failure;
  return step === null ? words.loading[language] : fill(words.step[language], { step, time: (nowUs / 1e6).toFixed(3) });
}

/** Where and when: "Line 7, step 12, at 0.345 s"; '' where there is no place. */
export function failurePlace(failure: PolicyFailure, language: Language): string {
  const line = lineOfFailure(failure);
  const place = [line === null ? '' : fill(words.line[language], { line }), failureMoment(failure, language)]
    .filter((part) => part !== '')
    .join(language === 'zh' ? '，' : ', ');
  return place.charAt(0).toUpperCase() + place.slice(1);
}

/** The line of the text that a failure points at, from 1. */
export function lineOfFailure(failure: PolicyFailure): number | null {
  return failure.kind === 'syntax' || failure.kind === 'threw' ? failure.line : null;
}

/** Values may be put in only where the sentence names them: what a program threw may hold braces of its own. */
function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (hole, name: string) => String(values[name] ?? hole));
}

function sentence(message: string): string {
  return /[.!?。]$/.test(message) ? message : `${message}.`;
}
