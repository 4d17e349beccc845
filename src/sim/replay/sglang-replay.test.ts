import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { replaySglangAdmission, type SglangAdmissionRecording } from './sglang-admission.ts';
import { replaySglangLoop, type SglangLoopRecording } from './sglang-loop.ts';
import { replaySglangPolicy, type SglangPolicyRecording } from './sglang-policy.ts';

function read(suite: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../fixtures/recorded/sglang/${suite}.json`, import.meta.url), 'utf8'));
}

const policy = read('policy') as SglangPolicyRecording;
const admission = read('admission') as SglangAdmissionRecording;
const loop = read('loop') as SglangLoopRecording;

type Rows = readonly Readonly<Record<string, unknown>>[];

/** One case in which `change` was made to the first row that has `field`. */
function changed<Case extends object>(
  suite: { readonly format: 1; readonly suite: string; readonly cases: readonly Case[] },
  rowsOf: (one: Case) => Rows,
  field: string,
  value: unknown,
) {
  const found = suite.cases.find((one) => rowsOf(one).some((row) => field in row));
  if (found === undefined) throw new Error(`no case has ${field}`);
  const copy = structuredClone(found);
  const row = rowsOf(copy).find((each) => field in each);
  Object.assign(row ?? {}, { [field]: value });
  return { ...suite, cases: [copy] };
}

describe("recorded orders of SGLang's waiting queue", () => {
  it('replay without one difference', () => {
    const reports = replaySglangPolicy(policy);
    expect(reports.filter(({ verdict }) => verdict !== 'identical')).toEqual([]);
    expect(reports.length).toBe(30);
  });

  it.each<[string, unknown]>([
    ['prefix_computed', 7],
    ['order', ['r0']],
    ['matched', { r0: 12345 }],
    ['deprioritized', ['r12345']],
  ])('would differ if %s were another', (field, value) => {
    const rowsOf = (one: SglangPolicyRecording['cases'][number]) => one.results as unknown as Rows;
    const [report] = replaySglangPolicy(changed(policy, rowsOf, field, value));
    expect(report).toMatchObject({ verdict: 'different', first: { field } });
  });
});

describe('recorded attempts at a prefill', () => {
  it('replay without one difference', () => {
    const reports = replaySglangAdmission(admission);
    expect(reports.filter(({ verdict }) => verdict !== 'identical')).toEqual([]);
    expect(reports.length).toBe(120);
  });

  it.each(['matched', 'result', 'admitted', 'extend', 'chunked', 'rem_total', 'cur_rem', 'rem_input', 'rem_chunk'])(
    'would differ if %s were another',
    (field) => {
      const rowsOf = (one: SglangAdmissionRecording['cases'][number]) => one.steps as unknown as Rows;
      const [report] = replaySglangAdmission(changed(admission, rowsOf, field, 12345));
      expect(report).toMatchObject({ verdict: 'different', first: { field } });
    },
  );

  it('would differ if a budget were another at the start', () => {
    const copy = structuredClone(admission);
    Object.assign(copy.cases[4].start, { rem_total: 12345 });
    expect(replaySglangAdmission(copy)[4]).toMatchObject({
      verdict: 'different',
      first: { field: 'start: rem_total' },
    });
  });
});

describe("recorded runs of SGLang's scheduler loop", () => {
  it('replay without one difference', () => {
    const reports = replaySglangLoop(loop);
    expect(reports.filter(({ verdict }) => verdict !== 'identical')).toEqual([]);
    expect(reports.length).toBe(30);
  });

  it.each<[string, unknown]>([
    ['kind', 'idle'],
    ['run', ['r12345']],
    ['dec', ['r12345']],
    ['retracted', ['r12345']],
    ['finished', [['r12345', 1]]],
    ['wait', ['r12345']],
    ['chunked', 'r12345'],
    ['full', 'maybe'],
    ['ratio', 0.5],
    ['avail', 12345],
    ['evictable', 12345],
    ['protected', 12345],
  ])('would differ if %s were another', (field, value) => {
    const rowsOf = (one: SglangLoopRecording['cases'][number]) => one.steps;
    const [report] = replaySglangLoop(changed(loop, rowsOf, field, value));
    expect(report).toMatchObject({ verdict: 'different', first: { field } });
  });

  it('would differ if the tree at the end were another', () => {
    const [report] = replaySglangLoop({ ...loop, cases: [{ ...loop.cases[0], final_tree: [] }] });
    expect(report).toMatchObject({ verdict: 'different', first: { field: 'final_tree' } });
  });
});
