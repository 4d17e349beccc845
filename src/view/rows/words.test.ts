import { expect, test } from 'vitest';
import { panelsB } from '../../i18n/messages/panels-b.ts';
import { EntryFlag } from '../../protocol/frame.ts';
import { formatsOf } from '../../ui/use-format.ts';
import { rowsModel } from './model.ts';
import { testFrame, testTranslate } from './testing.ts';
import { describeRow, describeRows } from './words.ts';

const t = testTranslate([panelsB.en]);
const format = formatsOf('en');
const decode = EntryFlag.samples;
const options = { by: 'request', outcomes: null, waitingRows: 0, selected: -1, steps: 96, seats: 4 } as const;

function frame(longUs: number) {
  const ends = [10_000, 20_000, 30_000, 30_000 + longUs, 40_000 + longUs];
  return testFrame(
    ends.map((endUs, i) => ({
      startUs: ends[i - 1] ?? 0,
      endUs,
      entries: [
        { request: 5, tokens: 1, flags: decode },
        ...(i === 3 ? [{ request: 6, tokens: 2048, flags: EntryFlag.prefill | EntryFlag.admitted }] : []),
      ],
    })),
  );
}

test('a row in words names its tokens and its longest gap', () => {
  const model = rowsModel(frame(90_000), options);
  expect(describeRow(model, 0, t, format)).toBe('r5: 5 tokens in the last 130\u00a0ms, longest gap 90\u00a0ms.');
  expect(describeRow(model, 1, t, format)).toBe('r6: 0 tokens in the last 130\u00a0ms.');
});

test('the picture in words is its longest stall, and plain figures without one', () => {
  expect(describeRows(rowsModel(frame(90_000), options), -1, t, format)).toContain(
    'A step of 90\u00a0ms computed 2,048',
  );
  expect(describeRows(rowsModel(frame(10_000), options), -1, t, format)).toBe('2 rows over 50\u00a0ms');
});

test('an empty seat is called empty', () => {
  const model = rowsModel(frame(10_000), { ...options, by: 'seat' });
  expect(describeRow(model, 3, t, format)).toBe('Seat 4 is empty now.');
});
