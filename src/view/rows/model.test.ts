import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EntryFlag, type Frame } from '../../protocol/frame.ts';
import type { Outcomes } from '../../protocol/run.ts';
import { longestGap, MarkKind, type RowsModel, rowsModel, stallFactor } from './model.ts';
import { staysOf } from './stays.ts';
import { type TestStep, testFrame, testQueue, testRunning, testWindow } from './testing.ts';

const decode = EntryFlag.samples;
const prompt = EntryFlag.prefill | EntryFlag.admitted | EntryFlag.samples;
const options = { by: 'request', outcomes: null, waitingRows: 12, selected: -1, steps: 96, seats: 256 } as const;

function outcomes(arrivalUs: readonly number[], firstScheduledUs: readonly number[]): Outcomes {
  const count = arrivalUs.length;
  const none = () => new Float64Array(count).fill(Number.NaN);
  return {
    count,
    arrivalUs: Float64Array.from(arrivalUs),
    firstScheduledUs: Float64Array.from(firstScheduledUs),
    promptTokens: new Int32Array(count),
    outputTokens: new Int32Array(count),
    firstTokenUs: none(),
    finishUs: none(),
    preemptions: new Int32Array(count),
    status: new Uint8Array(count),
    klass: new Uint8Array(count),
    user: new Int32Array(count),
  };
}

/** Steps of the given lengths, one after the other; `entries` says who takes part in step i. */
function steps(durationsUs: readonly number[], entries: (i: number) => TestStep['entries']): TestStep[] {
  let now = 0;
  return durationsUs.map((duration, i) => {
    const startUs = now;
    now += duration;
    return { startUs, endUs: now, entries: entries(i) };
  });
}

function marksOf(model: RowsModel, row: number) {
  const { start, kind, request, fromUs, toUs } = model.marks(row, row + 1);
  return Array.from({ length: start[row + 1] - start[row] }, (_, i) => {
    const at = start[row] + i;
    return { kind: kind[at], request: request[at], fromUs: fromUs[at], toUs: toUs[at] };
  });
}

const tokensOf = (model: RowsModel) => model.tokens(0, model.rowCount);

test('stays take room for the entries that there are, however far apart the numbers of their requests', () => {
  const requests = [7, 90_000, 40_000];
  const window = testWindow(steps([10, 10], () => requests.map((request) => ({ request, tokens: 1, flags: decode }))));
  const stays = staysOf(window, () => true, 20);
  expect([...stays.request]).toEqual(requests);
  expect(requests.map(stays.lastOf)).toEqual([0, 1, 2]);
  expect(stays.toUs.length).toBeLessThanOrEqual(window.entryRequest.length);
});

test('a long prompt is a stall, and the gap of those who decode beside it is pointed out', () => {
  const durations = [10, 10, 10, 236, 10, 10];
  const frame = testFrame(
    steps(durations, (i) => [
      { request: 0, tokens: 1, flags: decode },
      { request: 1, tokens: 1, flags: decode },
      ...(i === 3 ? [{ request: 2, tokens: 8192, flags: prompt }] : []),
      ...(i > 3 ? [{ request: 2, tokens: 1, flags: decode }] : []),
    ]),
    { running: testRunning([{ request: 0 }, { request: 1 }, { request: 2 }]) },
  );
  const model = rowsModel(frame, options);
  expect(Array.from(model.rowRequest)).toEqual([0, 1, 2]);
  expect(model.stalls).toEqual([
    { step: 3, fromUs: 30, toUs: 266, prompts: 1, tokens: 8192, request: 2, mostTokens: 8192, isWhole: true },
  ]);
  expect(longestGap(model, 0, 3)).toEqual({ gap: { row: 0, request: 0, fromUs: 30, toUs: 266 }, rows: 2 });
  expect(longestGap(model, 0, 3, 1)?.gap.row).toBe(1);
  expect(longestGap(model, 2, 3)).toBeNull();
  expect(marksOf(model, 2)).toContainEqual({ kind: MarkKind.prefill, request: 2, fromUs: 30, toUs: 266 });
});

test('waiting runs from arrival to the first step, and goes on for those still in the queue', () => {
  const frame = testFrame(
    steps([10, 10, 10], (i) => (i === 0 ? [] : [{ request: 0, tokens: 4, flags: i === 1 ? prompt : decode }])),
    {
      running: testRunning([{ request: 0 }]),
      queue: testQueue([
        { request: 1, promptTokens: 5, waitedUs: 12 },
        { request: 2, promptTokens: 5, waitedUs: 8 },
        { request: 3, promptTokens: 5, waitedUs: 1 },
      ]),
    },
  );
  const model = rowsModel(frame, {
    ...options,
    outcomes: outcomes([4, 18, 22, 29], [10, 90, 90, 90]),
    waitingRows: 1,
    selected: 3,
  });
  expect(Array.from(model.rowRequest)).toEqual([0, 1, 3]);
  expect(marksOf(model, 0)).toContainEqual({ kind: MarkKind.wait, request: 0, fromUs: 4, toUs: 10 });
  expect(marksOf(model, 1)).toEqual([{ kind: MarkKind.wait, request: 1, fromUs: 18, toUs: 30 }]);
  expect(model.moreWaiting).toBe(1);
});

test('a preemption leaves a marked gap, in the past and at the right edge', () => {
  const again = EntryFlag.prefill | EntryFlag.admitted | EntryFlag.recompute;
  const frame = testFrame(
    steps([10, 10, 10, 10], (i) => [
      ...(i === 0 ? [{ request: 0, tokens: 1, flags: decode }] : []),
      ...(i === 2 ? [{ request: 0, tokens: 30, flags: again }] : []),
      ...(i < 3 ? [{ request: 1, tokens: 1, flags: decode }] : []),
    ]),
    {
      running: testRunning([{ request: 0 }]),
      queue: testQueue([{ request: 1, promptTokens: 9, waitedUs: 20, preempted: true }]),
    },
  );
  const model = rowsModel(frame, options);
  expect(marksOf(model, 0).filter((m) => m.kind !== MarkKind.seated)).toEqual([
    { kind: MarkKind.preempted, request: 0, fromUs: 10, toUs: 20 },
    { kind: MarkKind.recompute, request: 0, fromUs: 20, toUs: 30 },
  ]);
  expect(marksOf(model, 1)).toContainEqual({ kind: MarkKind.preempted, request: 1, fromUs: 30, toUs: 40 });
  expect(model.moreWaiting).toBe(0);
});

test('a request that ran and was preempted before the window is not called waiting', () => {
  const frame = testFrame(steps([10, 10], (i) => (i === 1 ? [{ request: 0, tokens: 4, flags: prompt }] : [])));
  const ran = { ...outcomes([-50], [-40]), preemptions: Int32Array.of(1) };
  const model = rowsModel(frame, { ...options, outcomes: ran });
  expect(marksOf(model, 0)).toContainEqual({ kind: MarkKind.preempted, request: 0, fromUs: 0, toUs: 10 });
});

test('a request scheduled a little before its step begins, or preempted later, waited', () => {
  const frame = testFrame(steps([10, 10], (i) => (i === 1 ? [{ request: 0, tokens: 4, flags: prompt }] : [])));
  const later = { ...outcomes([2], [7]), preemptions: Int32Array.of(1) };
  const model = rowsModel(frame, { ...options, outcomes: later });
  expect(marksOf(model, 0)[1]).toEqual({ kind: MarkKind.wait, request: 0, fromUs: 2, toUs: 10 });
});

test('idle places of a static batch are joined into one span and give no tokens', () => {
  const frame = testFrame(
    steps([10, 10, 10], (i) => [
      { request: 0, tokens: 1, flags: i === 0 ? decode : EntryFlag.idle | EntryFlag.samples },
    ]),
  );
  const model = rowsModel(frame, options);
  expect(marksOf(model, 0)).toContainEqual({ kind: MarkKind.idle, request: 0, fromUs: 10, toUs: 30 });
  expect(tokensOf(model).atUs.length).toBe(1);
});

test('seats are given again when they are free, and empty ones are shown', () => {
  const frame = testFrame(
    steps([10, 10, 10, 10], (i) => [
      { request: 0, tokens: 1, flags: decode },
      ...(i === 0 ? [{ request: 1, tokens: 1, flags: decode }] : []),
      ...(i === 2 ? [{ request: 2, tokens: 7, flags: prompt }] : []),
    ]),
    { running: testRunning([{ request: 0 }]) },
  );
  const model = rowsModel(frame, { ...options, by: 'seat', steps: 96, seats: 3 });
  expect(model.rowCount).toBe(3);
  expect(Array.from(model.rowRequest)).toEqual([0, -1, -1]);
  expect(marksOf(model, 1).filter((m) => m.kind === MarkKind.seated)).toEqual([
    { kind: MarkKind.seated, request: 1, fromUs: 0, toUs: 10 },
    { kind: MarkKind.seated, request: 2, fromUs: 20, toUs: 30 },
  ]);
});

test('requests of high numbers are told as those of low ones; who waits, or got tokens in another run alone, has no row', () => {
  const of = (first: number) => {
    const frame = testFrame(
      steps([10, 10], (i) => [
        { request: first, tokens: 1, flags: decode },
        ...(i === 1 ? [{ request: first + 2, tokens: 4, flags: prompt }] : []),
      ]),
      {
        running: testRunning([{ request: first }, { request: first + 2 }]),
        queue: testQueue([{ request: first + 9, promptTokens: 5, waitedUs: 12 }]),
      },
    );
    const beside = steps([10, 10], () =>
      [-1, 0, 1, 2, 3].map((each) => ({ request: first + each, tokens: 1, flags: decode })),
    );
    return rowsModel(frame, { ...options, waitingRows: 0, pinned: testFrame(beside) });
  };
  const [low, high] = [of(1), of(999_990)];
  expect(Array.from(high.rowRequest)).toEqual([999_990, 999_992]);
  expect(Array.from(high.pinnedTokens(0, 2).request)).toEqual([999_990, 999_990, 999_992, 999_992]);
  const seen = (model: RowsModel) => {
    const marks = model.marks(0, 2);
    const [tokens, pinned] = [tokensOf(model), model.pinnedTokens(0, 2)];
    return [
      [marks.start, marks.kind, marks.fromUs, marks.toUs],
      [tokens.start, tokens.atUs, pinned.start, pinned.atUs],
      model.moreWaiting,
    ];
  };
  expect(seen(high)).toEqual(seen(low));
  expect(low.moreWaiting).toBe(1);
});

test('only the last steps are in view; what happened before leaves no row', () => {
  const frame = testFrame(
    steps([10, 10, 10, 500, 10, 10], (i) => [
      { request: 0, tokens: 1, flags: decode },
      ...(i < 2 ? [{ request: 1, tokens: 1, flags: decode }] : []),
      ...(i === 3 ? [{ request: 2, tokens: 900, flags: prompt }] : []),
    ]),
  );
  const model = rowsModel(frame, { ...options, steps: 4 });
  expect([model.fromUs, model.toUs]).toEqual([20, 550]);
  expect(Array.from(model.rowRequest)).toEqual([0, 2]);
  expect(Array.from(tokensOf(model).atUs)).toEqual([30, 530, 540, 550, 530]);
  expect(model.stalls[0]).toMatchObject({ step: 3, request: 2 });
});

/** Any schedule: in each step some of eight requests get tokens, some of them as prompts. */
const anyFrame: fc.Arbitrary<Frame> = fc
  .array(
    fc.record({
      durationUs: fc.integer({ min: 1, max: 500 }),
      entries: fc.uniqueArray(
        fc.record({
          request: fc.integer({ min: 0, max: 7 }),
          flags: fc.constantFrom(
            decode,
            prompt,
            EntryFlag.prefill,
            EntryFlag.idle,
            EntryFlag.prefill | EntryFlag.recompute,
          ),
          tokens: fc.integer({ min: 1, max: 9000 }),
        }),
        { selector: (e) => e.request },
      ),
    }),
    { minLength: 1, maxLength: 20 },
  )
  .map((list) =>
    testFrame(
      steps(
        list.map((s) => s.durationUs),
        (i) => list[i].entries,
      ),
    ),
  );

test('no two stays share a seat, and every sampled token has exactly one tick', () => {
  fc.assert(
    fc.property(anyFrame, fc.constantFrom('request' as const, 'seat' as const), (frame, by) => {
      const model = rowsModel(frame, { ...options, by, steps: 96, seats: 2 });
      const flags = Array.from(frame.window.entryFlags);
      expect(tokensOf(model).atUs.length).toBe(flags.filter((f) => (f & EntryFlag.samples) !== 0).length);
      for (let row = 0; row < model.rowCount; row++) {
        const seated = marksOf(model, row)
          .filter((m) => m.kind === MarkKind.seated)
          .sort((a, b) => a.fromUs - b.fromUs);
        for (let i = 1; i < seated.length; i++) expect(seated[i].fromUs).toBeGreaterThanOrEqual(seated[i - 1].toUs);
        for (const mark of marksOf(model, row)) expect(mark.toUs).toBeGreaterThan(mark.fromUs);
      }
      for (const stall of model.stalls)
        expect(stall.toUs - stall.fromUs).toBeGreaterThan(stallFactor * model.medianStepUs);
    }),
  );
});

function gapsOf({ gaps: { request, fromUs, toUs } }: RowsModel) {
  return Array.from(request, (id, row) => ({ row, request: id, fromUs: fromUs[row], toUs: toUs[row] })).filter(
    (gap) => gap.request >= 0,
  );
}

/** The longest time between neighbouring tokens of one request in each row. */
function slowGaps(model: RowsModel) {
  const { start, request, atUs } = tokensOf(model);
  return Array.from({ length: model.rowCount }, (_, row) => {
    const between: { row: number; request: number; fromUs: number; toUs: number }[] = [];
    for (let i = start[row] + 1; i < start[row + 1]; i++) {
      if (request[i] === request[i - 1]) between.push({ row, request: request[i], fromUs: atUs[i - 1], toUs: atUs[i] });
    }
    return between.sort((a, b) => b.toUs - b.fromUs - (a.toUs - a.fromUs) || a.fromUs - b.fromUs).slice(0, 1);
  }).flat();
}

test('rows in view have the tokens that they have among all rows, and gaps are those between them', () => {
  fc.assert(
    fc.property(
      anyFrame,
      fc.option(anyFrame, { nil: null }),
      fc.constantFrom('request' as const, 'seat' as const),
      fc.nat(7),
      fc.nat(7),
      (frame, pinned, by, first, rows) => {
        const model = rowsModel(frame, { ...options, by, pinned, seats: 2 });
        expect(gapsOf(model)).toEqual(slowGaps(model));
        const last = Math.min(model.rowCount, first + rows);
        for (const of of [model.tokens, model.pinnedTokens]) {
          const [all, some] = [of(0, model.rowCount), of(first, last)];
          for (let row = 0; row < model.rowCount; row++) {
            const from = row >= first && row < last ? all : { ...all, start: new Int32Array(model.rowCount + 1) };
            const ticks = ({ start, request, atUs }: typeof all) => [
              request.slice(start[row], start[row + 1]),
              atUs.slice(start[row], start[row + 1]),
            ];
            expect(ticks(some)).toEqual(ticks(from));
          }
        }
        const [all, some] = [model.marks(0, model.rowCount), model.marks(first, last)];
        expect(some.kinds).toEqual(new Set(all.kind));
        const spans = ({ start, kind, fromUs, toUs }: typeof all) => [
          kind.slice(start[first], start[last]),
          fromUs.slice(start[first], start[last]),
          toUs.slice(start[first], start[last]),
        ];
        if (first < last) expect(spans(some)).toEqual(spans(all));
        expect(some.kind.length).toBe(first < last ? all.start[last] - all.start[first] : 0);
        expect(model.hasPinnedTokens).toBe(model.pinnedTokens(0, model.rowCount).atUs.length > 0);
        const { start } = tokensOf(model);
        expect(Array.from(model.tokenCount)).toEqual(Array.from(start.subarray(1), (to, row) => to - start[row]));
      },
    ),
  );
});
