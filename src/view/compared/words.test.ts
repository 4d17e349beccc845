import { describe, expect, it } from 'vitest';
import { type Language, translator } from '../../i18n/i18n.ts';
import '../../i18n/later-messages.ts';
import { EntryFlag } from '../../protocol/frame.ts';
import { panelIds } from '../../ui/panel-store.ts';
import { formatsOf } from '../../ui/use-format.ts';
import { sampleFrame, sampleResult, sampleWindow } from '../batch/sample.ts';
import { simulatedFleet } from '../fleet/testing.ts';
import { sheetOf } from '../sheet/sheets.ts';
import { comparedText, comparedWords, type Side } from './words.ts';

/** A run in which these requests wait, of `count`, and whose shown step computes so many prompt tokens. */
function sideOf(tokens: number, waiting: readonly number[], count = waiting.length): Side {
  const steps = [{ us: tokens * 20, entries: [{ request: 0, tokens, flags: EntryFlag.prefill }] }];
  const frame = sampleFrame(sampleWindow(7, steps), {
    queue: {
      count,
      request: Int32Array.from(waiting),
      promptTokens: Int32Array.from(waiting, () => 100),
      waitedUs: Float64Array.from(waiting, () => 20_000),
      preempted: new Uint8Array(waiting.length),
      generated: new Int32Array(waiting.length),
    },
  });
  const result = sampleResult([
    [0, 300, 3, 100, 9000, 10_000 + tokens, 3],
    [500, 100, 2, 20_000, 30_000, 35_000, 3],
  ]);
  return { frame, result };
}

const a = sideOf(8192, [1, 2, 3]);
const b = sideOf(512, [3, 4]);
const words = (id: (typeof panelIds)[number], language: Language = 'en', selected = -1) =>
  comparedWords(id, a, b, selected, translator(language), formatsOf(language));

describe.each<Language>(['en', 'zh'])('panels of two runs in words, %s', (language) => {
  it.each(panelIds)('%s', (id) => {
    for (const selected of [-1, 0]) {
      const said = words(id, language, selected);
      expect(said.a).not.toBe('');
      expect(said.b).not.toBe('');
      expect(`${said.a}${said.b}${said.more}`).not.toMatch(/NaN|undefined|\{\w+\}/);
    }
    // The text of the panel begins with both.
    const t = translator(language);
    const input = { frame: b.frame, result: b.result, selected: -1, pinned: a };
    const sheet = sheetOf(id, input, t, formatsOf(language));
    expect(sheet.text.startsWith(comparedText(words(id, language), t))).toBe(true);
    expect(new Set(sheet.columns).size).toBe(sheet.columns.length);
    for (const { cells } of sheet.rows) expect(cells).toHaveLength(sheet.columns.length);
  });
});

it('says who waits in one of them only', () => {
  expect(words('queue')).toEqual({ a: '3 waiting', b: '2 waiting', more: 'only in A: r1 r2; only in B: r4' });
});

it('says of nobody that it waits in one of them only where a list ends before the queue does', () => {
  const more = (a: Side, b: Side) => comparedWords('queue', a, b, -1, translator('en'), formatsOf('en')).more;
  const [whole, cut] = [sideOf(100, [1, 2, 3]), sideOf(100, [1, 2], 3)];
  expect(more(whole, whole)).toBe('');
  // r3 may wait in both.
  expect([more(whole, cut), more(cut, whole)]).toEqual(['', '']);
});

it('says what each step did, and how a request fares', () => {
  expect(words('batch').a).toMatch(/^step 7, 8,192 tokens in 16\d\sms/);
  expect(words('batch').b).toMatch(/^step 7, 512 tokens in 10/);
  expect(words('step', 'en', 0).a).toMatch(/^r0 .* in all$/);
});

it('says of fleets how many replicas there are and how unevenly they are busy, with the tail of all requests', () => {
  const [few, many] = [simulatedFleet(2, { seconds: 3 }), simulatedFleet(3, { seconds: 3, perReplicaS: 20 })];
  const of = (side: Side, fleet: typeof few | null): Side => ({ ...side, result: { ...side.result, fleet } });
  const said = (before: typeof few | null, after: typeof few | null) =>
    comparedWords('fleet', of(a, before), of(b, after), -1, translator('en'), formatsOf('en'));
  const format = formatsOf('en');
  const both = said(few, many);
  expect(both.a).toBe(`2 × round-robin, busiest at ${format.number(few.summary.imbalance)} × the mean`);
  expect(both.b).toMatch(/^3 × round-robin, /);
  const [before, after] = [few, many].map(({ distributions }) => format.duration(distributions.e2e.p99Us));
  expect(both.more).toContain(before);
  expect(both.more).toContain(after);
  expect(said(null, many).a).toBe('one replica');
});
