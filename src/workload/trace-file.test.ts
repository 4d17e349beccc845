import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFile } from '../scenario/file.ts';
import { type Trace, traceOf } from './trace.ts';
import { encodeTraceFile } from './trace-file.ts';
import { decodeColumn, encodeColumn } from './varint.ts';

const TOKENS = 512;
const decode = (bytes: Uint8Array) => decodeFile(new TextDecoder().decode(bytes), 'x');

const anyTrace: fc.Arbitrary<Trace> = fc
  .record({
    rows: fc.array(
      fc.record({
        gapUs: fc.oneof(fc.nat(5_000_000), fc.nat(2 ** 40)),
        prompt: fc.integer({ min: 1, max: 200_000 }),
        output: fc.integer({ min: 1, max: 4000 }),
        isShared: fc.boolean(),
      }),
      { minLength: 1, maxLength: 30 },
    ),
    hasBlocks: fc.boolean(),
    droppedCount: fc.nat(1000),
  })
  .map(({ rows, hasBlocks, droppedCount }) => {
    const arrivalUs = new Float64Array(rows.length);
    for (let i = 1; i < rows.length; i++) arrivalUs[i] = arrivalUs[i - 1] + rows[i].gapUs;
    const ids: number[] = [];
    const start = [0];
    for (const row of rows) {
      if (row.isShared) for (let b = 0; b < Math.ceil(row.prompt / TOKENS); b++) ids.push((b * 7) % 400);
      start.push(ids.length);
    }
    const numbers = new Map<number, number>();
    const id = Int32Array.from(ids, (n) => {
      const known = numbers.get(n) ?? numbers.size;
      numbers.set(n, known);
      return known;
    });
    return traceOf({
      name: 'каменный мост.csv',
      format: hasBlocks ? 'mooncake' : 'azure',
      arrivalUs,
      promptTokens: Int32Array.from(rows, (row) => row.prompt),
      outputTokens: Int32Array.from(rows, (row) => row.output),
      blocks: hasBlocks ? { tokens: TOKENS, start: Int32Array.from(start), id, distinct: numbers.size } : null,
      droppedCount,
      problems: [],
    });
  });

describe('columns of varints', () => {
  it('come back exactly', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -(2 ** 50), max: 2 ** 50 })), (values) => {
        const into = new Float64Array(values.length);
        expect(decodeColumn(encodeColumn(values), into)).toBe(true);
        expect([...into]).toEqual(values.map((v) => v + 0));
      }),
    );
  });
  it('are refused when they are too short, too long or too large', () => {
    const bytes = encodeColumn([5, 1000, 3]);
    expect(decodeColumn(bytes, new Float64Array(2))).toBe(false);
    expect(decodeColumn(bytes, new Float64Array(4))).toBe(false);
    expect(decodeColumn(encodeColumn([2 ** 40]), new Int32Array(1))).toBe(false);
    expect(decodeColumn(new Uint8Array(20).fill(255), new Float64Array(1))).toBe(false);
  });
});

describe('trace files', () => {
  const [example] = fc.sample(
    anyTrace.filter((t) => t.blocks !== null && t.blocks.id.length > 0 && t.rows > 5),
    { numRuns: 1, seed: 4 },
  );
  it('bring back the trace and the knobs', () => {
    fc.assert(
      fc.property(anyTrace, fc.nat(2 ** 32 - 1), (trace, seed) => {
        const result = decode(encodeTraceFile(trace, { seed }));
        if (!result.ok) throw new Error(JSON.stringify(result.problems));
        expect(result.value.trace).toEqual(trace);
        expect(result.value.knobs.seed).toBe(seed);
      }),
    );
  });
  it('are the same bytes for the same trace', () => {
    expect(encodeTraceFile(example, { seed: 7 })).toEqual(encodeTraceFile(example, { seed: 7 }));
  });

  const edited = (edit: (file: { version: unknown; knobs: unknown; trace: Record<string, unknown> }) => void) => {
    const file = JSON.parse(new TextDecoder().decode(encodeTraceFile(example, {})));
    edit(file);
    return decode(new TextEncoder().encode(JSON.stringify(file)));
  };
  it.each([
    ['version', 'newer-version', (f) => (f.version = 2)],
    ['version', 'invalid-value', (f) => (f.version = 'one')],
    ['trace', 'invalid-value', (f) => Object.assign(f, { trace: 5 })],
    ['trace.rows', 'invalid-value', (f) => (f.trace.rows = -1)],
    ['trace.rows', 'invalid-value', (f) => (f.trace.rows = 1e12)],
    ['trace.arrivalUs', 'invalid-value', (f) => (f.trace.rows = example.rows + 1)],
    ['trace.source', 'invalid-value', (f) => (f.trace.source = 'somewhere')],
    ['trace.promptTokens', 'invalid-value', (f) => (f.trace.promptTokens = 'not base64!')],
    ['trace.outputTokens', 'invalid-value', (f) => (f.trace.outputTokens = 'AAAA')],
    ['trace.checksum', 'invalid-value', (f) => (f.trace.checksum = 1)],
    ['trace.blocks.distinct', 'invalid-value', (f) => Object.assign(f.trace.blocks as object, { distinct: 1e8 })],
    ['trace.blocks.id', 'invalid-value', (f) => Object.assign(f.trace.blocks as object, { distinct: 1 })],
    ['trace.blocks.count', 'invalid-value', (f) => Object.assign(f.trace.blocks as object, { tokens: 3 })],
  ] as [string, string, (f: { version: unknown; knobs: unknown; trace: Record<string, unknown> }) => void][])(
    'broken at %s are answered with %s',
    (field, code, edit) => {
      expect(edited(edit)).toMatchObject({ ok: false, problems: [{ code, field, where: 'x' }] });
    },
  );
  it('that are cut off, empty or something else are answered, never thrown', () => {
    const bytes = encodeTraceFile(example, {});
    for (let cut = 0; cut < bytes.length - 2; cut += 13) {
      expect(decode(bytes.subarray(0, cut)).ok).toBe(false);
    }
    for (const text of ['[]', '{}', '7', '{"format":"other"}']) {
      expect(decode(new TextEncoder().encode(text))).toMatchObject({ problems: [{ code: 'unknown-file' }] });
    }
  });
  it('with a flipped bit never bring back other numbers', () => {
    const bytes = encodeTraceFile(example, {});
    let refused = 0;
    for (let at = 0; at < bytes.length; at++) {
      const broken = bytes.slice();
      broken[at] ^= 1;
      const result = decode(broken);
      // One whose trace is no longer called so is a scenario without one.
      if (!result.ok || result.value.trace === undefined) refused++;
      else {
        const { arrivalUs, promptTokens, outputTokens, blocks } = example;
        expect(result.value.trace).toMatchObject({ arrivalUs, promptTokens, outputTokens, blocks });
      }
    }
    expect(refused).toBeGreaterThan(bytes.length * 0.8);
  });
});
