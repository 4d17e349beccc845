import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type RecordedOp, writeRuns } from './radix-recording.ts';
import { replaySglangRadix, type SglangRadixRecording } from './radix-sglang.ts';
import { replayTgiRadix, type TgiRadixRecording } from './radix-tgi.ts';

function read(path: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../fixtures/recorded/${path}`, import.meta.url), 'utf8'));
}

const sglang = read('sglang/radix.json') as SglangRadixRecording;
const tgi = read('tgi/radix.json') as TgiRadixRecording;

/** A copy in which `change` was made to the first operation that has `field`. */
function changed<T extends { readonly cases: readonly { readonly ops: readonly RecordedOp[] }[] }>(
  recording: T,
  field: string,
  value: unknown,
): T {
  const copy = structuredClone(recording);
  const op = copy.cases[3].ops.find((o) => field in o);
  if (op === undefined) throw new Error(`no operation has ${field}`);
  Object.assign(op, { [field]: value });
  return copy;
}

describe("recorded operations on SGLang's radix cache", () => {
  it('replay without one difference', () => {
    const reports = replaySglangRadix(sglang);
    expect(reports.filter(({ verdict }) => verdict !== 'identical')).toEqual([]);
    expect(reports[2]).toEqual({ verdict: 'identical', name: 'radix radix 3', steps: sglang.cases[2].ops.length });
    expect(reports.length).toBe(60);
  });

  it.each(['slots', 'matched', 'len', 'freed', 'evicted', 'avail', 'evictable', 'protected', 'tree'])(
    'would differ if %s were another',
    (field) => {
      const report = replaySglangRadix(changed(sglang, field, 12345))[3];
      expect(report).toMatchObject({ verdict: 'different', first: { field, recorded: '12345' } });
    },
  );

  it('would differ if the last tree were another', () => {
    const copy = structuredClone(sglang);
    Object.assign(copy.cases[1], { final_tree: [] });
    expect(replaySglangRadix(copy)[1]).toMatchObject({ verdict: 'different', first: { field: 'end' } });
  });
});

describe("recorded operations on TGI's block allocator", () => {
  it('replay without one difference', () => {
    expect(replayTgiRadix(tgi)).toEqual({ verdict: 'identical', name: 'TGI radix allocator', steps: 2400 });
  });

  it.each(['prefix', 'blocks', 'free', 'cached', 'tree', 'free_list'])('would differ if %s were another', (field) => {
    const report = replayTgiRadix(changed(tgi, field, 12345));
    expect(report).toMatchObject({ verdict: 'different', first: { field: `case 4: ${field}`, recorded: '12345' } });
  });
});

it('ids are written in ascending runs', () => {
  expect(writeRuns([5, 6, 7, 3, 2, 9])).toEqual([
    [5, 3],
    [3, 1],
    [2, 1],
    [9, 1],
  ]);
});
