import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { decisions } from '../../i18n/messages/decisions.ts';
import { panelsB } from '../../i18n/messages/panels-b.ts';
import { Because, Bound, DecisionKind } from '../../sim/decision.ts';
import { formatsOf } from '../../ui/use-format.ts';
import { testFrame, testQueue, testTranslate } from '../rows/testing.ts';
import { onlyIn } from './difference.ts';
import { queueModel } from './model.ts';
import PinnedCards from './PinnedCards.tsx';
import { QueueView } from './QueuePanel.tsx';

const t = testTranslate([panelsB.en, decisions.en]);
const format = formatsOf('en');

const frame = testFrame([{ startUs: 0, endUs: 10, entries: [] }], {
  queue: testQueue(
    [
      { request: 12, promptTokens: 8192, waitedUs: 236_000 },
      { request: 9, promptTokens: 300, waitedUs: 41_000, preempted: true, generated: 57 },
      { request: 14, promptTokens: 40_000, waitedUs: 0 },
    ],
    11,
  ),
  decisions: {
    count: 2,
    kind: Uint8Array.from([DecisionKind.admit, DecisionKind.hold]),
    request: Int32Array.from([8, 12]),
    because: Uint8Array.from([Because.none, Because.noBlocks]),
    need: Int32Array.from([3, 512]),
    have: Int32Array.from([0, 107]),
    other: Int32Array.from([-1, -1]),
  },
});

test('the head is first, the rest is counted, the hold is a sentence', () => {
  const model = queueModel(frame, t, format);
  expect(model.cards.map((c) => c.request)).toEqual([12, 9, 14]);
  expect(model).toMatchObject({ count: 11, more: 8 });
  expect(model.held).toBe('r12 is next and must wait (no blocks: needs 512, 107 free)');
});

test('a step that was full before it came to the head says so', () => {
  const base = testFrame([{ startUs: 0, endUs: 10, entries: [] }], { queue: frame.queue });
  const full = { ...base, window: { ...base.window, bound: Uint8Array.of(Bound.tokenBudget) } };
  expect(queueModel(full, t, format).held).toBe('r12 is next; this step had no room left (token budget)');
  expect(queueModel({ ...full, queue: testQueue([]) }, t, format).held).toBe('');
});

test('everybody has a reason: a decision, the one in front, the step, or the time', () => {
  const reasons = (of: typeof frame) => queueModel(of, t, format).cards.map(({ reason }) => reason);
  expect(reasons(frame)).toEqual([
    'no blocks: needs 512, 107 free',
    'behind r12, which is held',
    'came while this step ran',
  ]);
  const base = testFrame([{ startUs: 0, endUs: 10, entries: [] }], { queue: frame.queue });
  const full = { ...base, window: { ...base.window, bound: Uint8Array.of(Bound.tokenBudget) } };
  expect(reasons(full)[0]).toBe('the step was full before its turn (token budget)');
  const decisions = {
    ...frame.decisions,
    count: 1,
    kind: Uint8Array.of(DecisionKind.preempt),
    request: Int32Array.of(9),
  };
  expect(reasons({ ...base, decisions })).toEqual(['', 'preempted in this step', 'came while this step ran']);
});

test('bars grow with the square root of the prompt and stop at the longest', () => {
  const [long, short, longer] = queueModel(frame, t, format).cards;
  expect(long.promptShare).toBe(1);
  expect(longer.promptShare).toBe(1);
  expect(short.promptShare).toBeCloseTo(Math.sqrt(300 / 8192));
});

test('a preempted request says what it keeps', () => {
  const [, preempted, plain] = queueModel(frame, t, format).cards;
  expect(preempted).toMatchObject({ isPreempted: true, keptTokens: 57 });
  expect(preempted.label).toContain('57 generated tokens kept');
  expect(plain.keptTokens).toBe(0);
});

test('at most forty cards', () => {
  const waiting = Array.from({ length: 90 }, (_, request) => ({ request, promptTokens: 10, waitedUs: 0 }));
  const model = queueModel(testFrame([], { queue: testQueue(waiting) }), t, format);
  expect(model.cards.length).toBe(40);
  expect(model.more).toBe(50);
  expect(model.held).toBe('');
});

test('the cards as markup', async () => {
  const html = renderToStaticMarkup(
    <QueueView list={{ current: null }} model={queueModel(frame, t, format)} t={t} format={format} />,
  );
  await expect(html.replace(/></g, '>\n<')).toMatchFileSnapshot('testdata/cards.html');
});

test('nobody waits: words, not a blank', () => {
  const html = renderToStaticMarkup(
    <QueueView list={{ current: null }} model={queueModel(testFrame([]), t, format)} t={t} format={format} />,
  );
  expect(html).toContain(panelsB.en['queue.empty']);
});

test('who waits in another run only, and nobody where a list ends before the queue does', () => {
  const queue = (requests: readonly number[], count = requests.length) =>
    testQueue(
      requests.map((request) => ({ request, promptTokens: 100, waitedUs: 0 })),
      count,
    );
  const [some, others] = [queue([12, 9, 14]), queue([9, 10])];
  expect([onlyIn(some, others), onlyIn(others, some)]).toEqual([[12, 14], [10]]);
  expect([onlyIn(some, queue([9, 10], 11)), onlyIn(queue([9, 10], 11), some)]).toEqual([[], []]);
  const cards = (count: number) => {
    const of = (columns: ReturnType<typeof queue>) => ({ ...frame, queue: columns });
    return renderToStaticMarkup(<PinnedCards pinned={of(some)} frame={of(queue([9, 10], count))} />);
  };
  expect(cards(2)).toContain('data-key="a14"');
  expect(cards(11)).toBe('');
});
