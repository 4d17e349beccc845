import { describe, expect, it } from 'vitest';
import { type Language, translator } from '../../i18n/i18n.ts';
import { EntryFlag, type Frame, type Limit, type OperatorTime } from '../../protocol/frame.ts';
import { Because, Bound, DecisionKind } from '../../sim/decision.ts';
import { Status } from '../../sim/request.ts';
import { partNames } from '../../sim/why/parts.ts';
import { createSvgPainter } from '../../ui/svg-painter.ts';
import { dark, light } from '../../ui/theme.ts';
import { formatsOf } from '../../ui/use-format.ts';
import { speechOf } from '../../words/speech.ts';
import {
  type DecisionSample,
  type StepSample,
  sampleDecisions,
  sampleFrame,
  sampleResult,
  sampleWindow,
} from '../batch/sample.ts';
import { accountModel, drawAccount } from './account.ts';
import { type DecisionLine, decisionLines } from './decisions.ts';
import { draw, hit } from './draw.ts';
import { lifeOf, statusAt } from './life.ts';
import { stepModel } from './model.ts';

const { prefill, recompute, idle } = EntryFlag;
const format = formatsOf('en');
const t = translator('en');
const prompt = (request: number, tokens: number, computed = 0, flags = 0) => ({
  request,
  tokens,
  computed,
  flags: prefill | flags,
});
const decodes = (count: number) => Array.from({ length: count }, (_, i) => ({ request: 100 + i, tokens: 1 }));

const result = sampleResult(
  Array.from(
    { length: 20 },
    (_, i) => [0, i === 0 ? 8192 : i === 1 ? 3100 : 40, 10, 0, 0, 0, Status.finished] as const,
  ),
);

function sentence(step: Partial<StepSample>, more: Partial<Frame> = {}, language: Language = 'en'): string {
  const frame = sampleFrame(sampleWindow(412, [{ us: 236_000, entries: [], ...step }]), more);
  const model = stepModel(frame, result, translator(language), formatsOf(language));
  return model.sentence.replaceAll('\u00a0', ' ');
}

const queueOf = (count: number) => ({ queue: { ...sampleFrame(sampleWindow(0, [])).queue, count } });

describe('what sets the speed of a step', () => {
  const part = (limit: Limit, us: number): OperatorTime => ({ operator: 'qkv', us, limit, flops: 1, bytes: 1 });
  const shown = (operators: readonly OperatorTime[], language: Language = 'en') => {
    const frame = sampleFrame(sampleWindow(412, [{ us: 100, entries: decodes(1) }]), { operators });
    const { limit, limitMeans } = stepModel(frame, result, translator(language), formatsOf(language));
    return [limit, limitMeans.replaceAll('\u00a0', ' ')];
  };

  it.each<[Limit, string]>([
    [
      'compute',
      'Speed set by: arithmetic|75 % of the time is spent in operators that compute as fast as the device can.',
    ],
    ['bandwidth', 'Speed set by: memory|75 % of the time is spent in operators that wait for weights and KV.'],
    ['latency', 'Speed set by: kernel starts|75 % of the time is spent in operators too small to fill the device.'],
    ['link', 'Speed set by: the link|75 % of the time is spent in messages between the GPUs.'],
    ['host', 'Speed set by: the host|For 75 % of the time the device waits for the software around it.'],
  ])('names %s with its share', (limit, words) => {
    const rest = limit === 'compute' ? 'bandwidth' : 'compute';
    expect(shown([part(limit, 45), part(rest, 25), part(limit, 30)]).join('|')).toBe(words);
    expect(shown([part(limit, 1)], 'zh').join('')).toMatch(/^速度取决于：/);
  });

  it('says nothing where the cost model tells no operators', () => {
    expect(shown([])).toEqual(['', '']);
  });
});

describe('sentence of a step', () => {
  it.each<[string, Partial<StepSample>, Partial<Frame>?]>([
    ['no token was computed', {}],
    ['one request got one token', { entries: decodes(1) }],
    ['12 requests got one token each', { entries: decodes(12) }],
    [
      'one 8,192-token prompt filled the budget; 11 others waited for it and got one token each',
      { entries: [prompt(0, 8192), ...decodes(11)], bound: Bound.tokenBudget },
    ],
    [
      '512 tokens of one 3,100-token prompt were computed; one other waited for it and got one token',
      { entries: [prompt(1, 512), ...decodes(1)] },
    ],
    ['1 token of one 3,100-token prompt was computed', { entries: [prompt(1, 1, 3099)] }],
    [
      '512 tokens of one 3,100-token prompt filled the budget; one request stays in the queue',
      { entries: [prompt(1, 512, 512)], bound: Bound.tokenBudget },
      queueOf(1),
    ],
    [
      'one 40-token prompt was computed; 2 requests got one token each',
      { entries: [...decodes(2), prompt(2, 40)], bound: Bound.nothingLeft },
    ],
    [
      '2 prompts shared 600 tokens of prefill; 3 others waited for them and got one token each; 14 requests stay in the queue',
      { entries: [...decodes(3), prompt(1, 560), prompt(2, 40)], bound: Bound.seats },
      queueOf(14),
    ],
    [
      '600 tokens of one preempted request were computed again; one request lost its KV blocks',
      { entries: [prompt(1, 600, 0, recompute)], preemptions: 1 },
    ],
    [
      'one request got one token; 30 tokens of padding were computed for nothing; 1 prompt token came from the prefix cache',
      { entries: [...decodes(1), { request: 3, tokens: 1, flags: idle }], padding: 30, hit: 1 },
    ],
  ])('%s', (what, step, more) => {
    expect(sentence(step, more)).toBe(`Step 412 took 236 ms: ${what}.`);
  });

  it('speaks Chinese', () => {
    expect(sentence({ entries: [prompt(0, 8192), ...decodes(11)], bound: Bound.tokenBudget }, queueOf(2), 'zh')).toBe(
      '第 412 步用时 236 ms：一个 8,192 token 的提示占满了预算；另有 11 个请求等它算完，各得到 1 个 token；2 个请求留在队列中。',
    );
  });

  it('says what to do before the first step', () => {
    for (const frame of [null, sampleFrame(sampleWindow(0, []))]) {
      const model = stepModel(frame, result, t, format);
      expect([model.sentence, model.bound]).toEqual(['Nothing has run yet. Press play, or take one step.', '']);
    }
  });
});

const text = (line: DecisionLine) =>
  line.parts.map((part) => ('text' in part ? part.text : `[r${part.request}]`)).join('');

describe('decisions of a step', () => {
  const { admit, resume, hold, preempt, skip, finish, reject, changePrecision } = DecisionKind;
  it.each<[DecisionSample, string]>([
    [[admit, 17, Because.none, 7, 0, -1], '[r17] admitted: 7 new blocks'],
    [[admit, 17, Because.none, 1, 0, -1], '[r17] admitted: 1 new block'],
    [[admit, 17, Because.none, 1, 1024, -1], '[r17] admitted: 1 new block, 1,024 tokens from the prefix cache'],
    [[resume, 3, Because.none, 0, 0, -1], '[r3] resumed after preemption: 0 new blocks, its KV is computed again'],
    [[hold, 4, Because.noBlocks, 7, 3, -1], '[r4] held: no blocks: needs 7, 3 free'],
    [[hold, 4, Because.seats, 1, 1, -1], '[r4] held: the only seat is taken'],
    [[hold, 4, Because.seats, 1, 64, -1], '[r4] held: all 64 seats taken'],
    [[preempt, 9, Because.noBlocks, 1, 0, 2], '[r9] preempted: [r2] needs 1 block, 0 free; its output is kept'],
    [[preempt, 9, Because.noBlocks, 2, 0, 9], '[r9] preempted itself: it needs 2 blocks, 0 free; its output is kept'],
    [[skip, 5, Because.inFlight, 0, 0, -1], '[r5] gets no token: its token is still in flight'],
    [[finish, 6, Because.stop, 1, 0, -1], '[r6] finished: produced an end token, 1 token'],
    [[finish, 6, Because.length, 128, 0, -1], '[r6] finished: reached its output limit, 128 tokens'],
    [
      [reject, 7, Because.tooLong, 9000, 8192, -1],
      '[r7] refused: too long: 9,000 tokens, the longest sequence has 8,192',
    ],
    [
      [changePrecision, -1, Because.load, 41, 8, 3],
      'the next steps read int4 weights: 41 wait, 8 or more make steps shorter',
    ],
    [
      [changePrecision, -1, Because.calm, 0, 0, 0],
      'the next steps read bf16 weights: 0 wait, 0 or fewer allow full precision',
    ],
  ])('%j', (row, expected) => {
    const [line] = decisionLines(sampleDecisions([row]), 10, t, format);
    expect(text(line)).toBe(expected);
    expect(line.kind).toBe(row[0]);
  });

  it('has words for every kind and every reason in both languages', () => {
    for (const language of ['en', 'zh'] as const) {
      for (const kind of Object.values(DecisionKind)) {
        for (const because of Object.values(Because)) {
          for (const [need, have] of [
            [0, 0],
            [1, 1],
            [2, 5],
          ] as const) {
            const decisions = sampleDecisions([[kind, 7, because, need, have, 8]]);
            const [line] = decisionLines(decisions, 1, translator(language), formatsOf(language));
            // A change of the weights concerns nobody in particular.
            if (kind !== DecisionKind.changePrecision) expect(text(line)).toContain('[r7]');
            expect(text(line)).not.toMatch(/[{}\uE000\uE001]|undefined/);
          }
        }
      }
    }
  });

  it('counts those it leaves out', () => {
    const rows = Array.from({ length: 41 }, (_, i) => [admit, i, 0, 2, 0, -1] as const);
    const frame = sampleFrame(sampleWindow(0, [{ us: 1, entries: [] }]), { decisions: sampleDecisions(rows) });
    const model = stepModel(frame, result, t, format);
    expect([model.decisions.length, model.more]).toEqual([40, 'and 1 more']);
  });
});

const lived = sampleResult([
  [1_000_000, 3100, 51, 1_400_000, 2_000_000, 4_500_000, Status.finished],
  [1_000_000, 100, 10, Number.NaN, Number.NaN, Number.NaN, Status.waiting],
  [1_000_000, 99_000, 10, Number.NaN, Number.NaN, Number.NaN, Status.rejected],
]);

describe('life of a request', () => {
  it('tells its numbers', () => {
    const life = lifeOf(0, null, lived, t, format);
    const rows = Object.fromEntries(life?.rows.map((row) => [row.name, row.value.replaceAll('\u00a0', ' ')]) ?? []);
    expect(rows).toMatchObject({
      'queued for': '400 ms',
      'first token at': '2.000 s',
      TTFT: '1 s',
      TPOT: '50 ms',
      E2E: '3.5 s',
      'prompt / output tokens': '3,100 / 51',
      'in the end': 'finished',
    });
    expect(life?.phases.map((phase) => [phase.kind, phase.fromUs, phase.toUs])).toEqual([
      ['queued', 1_000_000, 1_400_000],
      ['prefill', 1_400_000, 2_000_000],
      ['decode', 2_000_000, 4_500_000],
    ]);
  });

  it('lets an unfinished phase last to the end of the run, and a refused request have none', () => {
    expect(lifeOf(1, null, lived, t, format)?.phases.map((phase) => phase.toUs)).toEqual([10_000_000]);
    expect(lifeOf(2, null, lived, t, format)?.phases).toEqual([]);
    expect(lifeOf(-1, null, lived, t, format)).toBeNull();
    expect(lifeOf(3, null, lived, t, format)).toBeNull();
  });

  it.each([
    [500_000, 'step.status.future'],
    [1_200_000, 'step.status.waiting'],
    [1_500_000, 'step.status.running'],
    [4_500_000, 'step.status.finished'],
  ] as const)('knows from the times alone where it is at %i us', (nowUs, expected) => {
    expect(statusAt(lived.outcomes, 0, sampleFrame(sampleWindow(0, []), { nowUs }))).toBe(expected);
  });

  it('believes the frame first', () => {
    const base = sampleFrame(sampleWindow(0, []), { nowUs: 1_500_000 });
    const running = { ...base.running, count: 1, request: Int32Array.of(0), prefilling: Uint8Array.of(1) };
    const queue = { ...base.queue, count: 1, request: Int32Array.of(0), preempted: Uint8Array.of(1) };
    expect(statusAt(lived.outcomes, 0, { ...base, running })).toBe('step.status.prefilling');
    expect(statusAt(lived.outcomes, 0, { ...base, queue })).toBe('step.status.preempted');
  });
});

describe('life drawing', () => {
  const size = { width: 336, height: 40 };
  const frame = sampleFrame(sampleWindow(0, []), { nowUs: 3_000_000 });
  const life = lifeOf(0, frame, lived, t, format);
  if (life === null) throw new Error('the sample has a life');

  it.each([light, dark])('draws the phases with the cursor, $name', async (theme) => {
    const painter = createSvgPainter(size, theme.page);
    draw(painter, life, theme, size);
    await expect(painter.toSvg()).toMatchFileSnapshot(`testdata/life-${theme.name}.svg`);
  });

  it('draws the same request of another run in outline, over the longer of the two', async () => {
    const slower = sampleResult([[1_000_000, 3100, 51, 2_400_000, 3_000_000, 6_500_000, Status.finished]]);
    const both = lifeOf(0, frame, lived, t, format, slower);
    expect(both).toMatchObject({ startUs: 1_000_000, endUs: 6_500_000 });
    if (both === null) throw new Error('the sample has a life');
    const painter = createSvgPainter(size, light.page);
    draw(painter, both, light, size);
    await expect(painter.toSvg()).toMatchFileSnapshot('testdata/life-pinned.svg');
  });

  it('finds the phase under a point', () => {
    expect(hit(life, size, 10, 10)?.kind).toBe('queued');
    expect(hit(life, size, 60, 10)?.kind).toBe('prefill');
    expect(hit(life, size, 300, 10)?.kind).toBe('decode');
    expect(hit(life, size, 300, 39)).toBeNull();
  });
});

describe('time account', () => {
  const size = { width: 336, height: 22 };
  const us: Readonly<Record<string, number>> = {
    queueBlocks: 610,
    prefill: 90,
    decode: 240,
    preempted: 50,
    transfer: 10,
  };
  const parts = accountModel(
    Float64Array.from(partNames, (part) => us[part] ?? 0),
    speechOf('en'),
  );

  it('keeps the order of a life and leaves out what took no time', () => {
    expect(parts.map(({ kind, short }) => `${kind} ${short}`.replaceAll('\u00a0', ' '))).toEqual([
      'waiting 61 %',
      'prefill 9 %',
      'decode 24 %',
      'loss 5 %',
      'waiting 1 %',
    ]);
    expect(accountModel(null, speechOf('en'))).toEqual([]);
  });

  it('draws those of another run in outline', async () => {
    const painter = createSvgPainter(size, light.page);
    drawAccount(painter, parts, light, size, true);
    await expect(painter.toSvg()).toMatchFileSnapshot('testdata/account-pinned.svg');
  });

  it.each([light, dark])('draws them as one bar, $name', async (theme) => {
    const painter = createSvgPainter(size, theme.page);
    drawAccount(painter, parts, theme, size);
    await expect(painter.toSvg()).toMatchFileSnapshot(`testdata/account-${theme.name}.svg`);
  });
});
