import { describe, expect, it } from 'vitest';
import type { Language } from '../i18n/i18n.ts';
import { presetOf } from '../scenario/presets.ts';
import { Because, Bound } from '../sim/decision.ts';
import type { StepAnswer, StepState } from '../sim/why/at-step.ts';
import { type CausalChain, type ChainCause, type ChainLink, LAST_TOKEN } from '../sim/why/causal-chain.ts';
import { partNames } from '../sim/why/parts.ts';
import { chainLines } from './chain.ts';
import { signed, speechOf } from './speech.ts';
import { batchWords, choiceWords, partsOfTime, partWords, settingWords, shareWords, stepWords } from './why.ts';

const en = speechOf('en');
const plain = (text: string) => text.replaceAll('\u00a0', ' ');
const { knobs } = presetOf('tiny-paged');

const answer: StepAnswer = {
  request: 17,
  step: 412,
  decidedUs: 9_870_000,
  startUs: 9_870_000,
  endUs: 9_910_000,
  state: 'waiting',
  because: Because.noBlocks,
  need: 7,
  have: 3,
  subject: 3,
  ahead: 3,
  tokens: 0,
  computed: 0,
  hasJoined: false,
  bound: Bound.blocks,
  operators: [],
  limit: null,
  batch: { requests: 1, prefillTokens: 512, decodeTokens: 11 },
  alternatives: [],
  fixed: null,
};

const states: readonly StepState[] = [
  'not-arrived',
  'waiting',
  'preempted',
  'loading',
  'prefill',
  'decode',
  'recompute',
  'passed-over',
  'padding',
  'finished',
  'rejected',
];

describe('sentences of why', () => {
  it.each<[Partial<StepAnswer>, string]>([
    [{}, 'r17 waited, 3 requests ahead of it: r3: no blocks: needs 7, 3 free.'],
    [{ ahead: 1 }, 'r17 waited, one request ahead of it: r3: no blocks: needs 7, 3 free.'],
    [{ ahead: 0, subject: 17 }, 'r17 waited at the head of the queue: no blocks: needs 7, 3 free.'],
    [{ state: 'not-arrived', need: 20_000 }, 'r17 had not arrived yet; it comes 20 ms later.'],
    [
      { state: 'prefill', because: Because.none, tokens: 512, computed: 1024, hasJoined: true },
      'r17 was admitted and computed 512 tokens of its prompt, 1,024 were there.',
    ],
  ])('%j', (part, expected) => {
    expect(plain(stepWords({ ...answer, ...part }, en))).toBe(`Step 412 (9.870 s to 9.910 s): ${expected}`);
  });

  it('names settings as one types them, and the step beside', () => {
    expect(settingWords(answer, knobs, en)).toBe(
      'The rule reads --num-gpu-blocks-override 64 of vLLM (continuous batching).',
    );
    expect(settingWords({ ...answer, because: Because.preemptedThisStep }, knobs, en)).toBe(
      'A rule of vLLM (continuous batching) that no setting changes.',
    );
    expect(settingWords({ ...answer, state: 'decode', because: Because.none }, knobs, en)).toBe('');
    expect(batchWords(answer, en)).toBe(
      'The step had one request, 512 prompt and 11 decode tokens; what bound it: KV blocks.',
    );
  });

  it('orders the parts of a time and writes small changes as none', () => {
    const parts = partNames.map((part) => (part === 'queueBlocks' ? 61 : part === 'decode' ? 39 : 0));
    expect(partsOfTime(parts).map((part) => plain(shareWords(part, en)))).toEqual([
      '61 % queued: no blocks',
      '39 % decode',
    ]);
    expect([0.12, -0.38, 0.0001, -0.0001, Number.NaN].map((change) => plain(signed(change, en)))).toEqual([
      '+12 %',
      '−38 %',
      '0 %',
      '0 %',
      '–',
    ]);
  });

  it.each<Language>(['en', 'zh'])('has words for everything that can be said, %s', (language) => {
    const speech = speechOf(language);
    const texts = states.flatMap((state) =>
      Object.values(Because).flatMap((because) =>
        [-1, 0, 1, 5].flatMap((ahead) => {
          const each = { ...answer, state, because, ahead, hasJoined: ahead > 0 };
          return [stepWords(each, speech), settingWords(each, knobs, speech)];
        }),
      ),
    );
    texts.push(...Object.values(Bound).map((bound) => batchWords({ ...answer, bound }, speech)));
    texts.push(...partNames.map((part) => partWords(part, speech)));
    for (const kind of ['admit', 'hold', 'spare', 'start', 'wait'] as const)
      texts.push(choiceWords({ kind, request: 3 }, speech));
    texts.push(choiceWords({ kind: 'chunk', request: 3, tokens: 512 }, speech));
    for (const kind of ['held', 'bound', 'preempted', 'passed-over', 'long-step'] as const) {
      for (const blocker of [-1, 2, 9]) {
        for (const gainUs of [-5000, 5000]) {
          for (const token of [LAST_TOKEN, 0, 12]) {
            texts.push(...chainLines(chainWith({ kind, blocker }, { gainUs, token }), speech).map(({ text }) => text));
          }
        }
      }
    }
    for (const text of texts) expect(text).not.toMatch(/[{}]|undefined|NaN/);
  });
});

function chainWith(cause: Partial<ChainCause>, link: Partial<ChainLink> = {}, rest: Partial<CausalChain> = {}) {
  const whole: ChainCause = {
    side: 'b',
    step: 70,
    kind: 'held',
    because: Because.seats,
    need: 1,
    have: 2,
    head: 9,
    bound: Bound.seats,
    durationUs: 4000,
    blocker: -1,
    blockerTokens: 512,
    ...cause,
  };
  const chain: CausalChain = {
    root: {
      step: 60,
      timeUs: 1000,
      request: 2,
      a: { ...answer, state: 'prefill', tokens: 96 },
      b: { ...answer, because: Because.seats, have: 2 },
      durationUs: { a: 10, b: 12 },
    },
    links: [
      {
        request: 4,
        token: 0,
        a: { step: 65, timeUs: 2000 },
        b: { step: 72, timeUs: 7000 },
        gainUs: 5000,
        delayUs: 5000,
        cause: whole,
        ...link,
      },
    ],
    reachesRoot: true,
    target: { request: 4, wasUs: 10_000, isUs: 15_000 },
    ...rest,
  };
  return chain;
}

describe('lines of a chain', () => {
  it('go from the first decision to the request that changed most, each with the place it leads to', () => {
    const lines = chainLines(chainWith({ blocker: 9 }), en);
    expect(lines.map(({ text }) => plain(text))).toEqual([
      'Step 60 differs first: r2 computes 96 tokens in A and nothing in B (B: all 2 seats taken).',
      'r4 starts 5 ms later in B (step 72, in A step 65): in B it waits at step 70 behind r9: all 2 seats taken.',
      'So the E2E latency of r4 goes from 10 ms to 15 ms (+50 %), the largest change of all requests.',
    ]);
    expect(lines.map(({ step, request }) => [step, request])).toEqual([
      [60, 2],
      [72, 4],
      [-1, 4],
    ]);
  });

  it('say where they have a gap, or no way at all', () => {
    const gap = chainLines(chainWith({}, {}, { reachesRoot: false }), en);
    expect(gap[1].text).toBe('From there on the times of the two runs have shifted.');
    const long = chainLines(chainWith({}, {}, { links: [], reachesRoot: false }), en);
    expect(long[1].text).toBe('The way from there to r4 is too long to be followed.');
  });

  it('tell a step that only takes another time', () => {
    const { root } = chainWith({});
    const [line] = chainLines(chainWith({}, {}, { root: { ...root, request: -1, a: null, b: null } }), en);
    expect(plain(line.text)).toBe(
      'Step 60 differs first: the work is the same, but it takes 10 µs in A and 12 µs in B.',
    );
  });
});
