import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runCommandLine } from '../main.ts';
import { pairsOf } from './engine-run-pairs.ts';
import type { RunComparison, Validation } from './format.ts';

const folder = mkdtempSync(join(tmpdir(), 'tokenyard-engine-runs-'));
afterAll(() => rmSync(folder, { recursive: true }));

const path = 'fixtures/recorded/transformers/h200-engine.json';
const recorded = JSON.parse(readFileSync(path, 'utf8'));
const { all_at_once: base } = recorded.cases;

function file(name: string, cases: unknown): string {
  const at = join(folder, name);
  writeFileSync(at, JSON.stringify({ ...recorded, cases }));
  return at;
}

async function validate(...args: string[]) {
  let out = '';
  const notes: string[] = [];
  const code = await runCommandLine(['validate', ...args], {
    out: (text) => (out += text),
    note: (line) => notes.push(line),
  });
  return { code, out, notes };
}

const quantityOf = (run: RunComparison, name: string) => run.quantities.find(({ quantity }) => quantity === name);

describe("validate on runs of transformers' engine", () => {
  it('prints every run with its differences, and pairs with the sign of the change', async () => {
    const { code, out } = await validate(path);
    expect(code).toBe(0);
    expect(out).toMatch(/replayed +8 of 8 runs with every iteration identical/);
    expect(out).toMatch(/\npoisson_50pct\n[^\n]+\nidentical iterations +4332 +4332 +\+0\.00 %\n/);
    for (const label of ['TTFT P50', 'TTFT P95', 'TPOT mean', 'TPOT P99', 'E2E P90', 'makespan']) {
      expect(out).toContain(`\n${label} `);
    }
    expect(out).toContain('hardly any waiting: proves latency');
    expect(out).toMatch(
      /all_at_once -> all_at_once_async: changes use_async_batching\n[^\n]+\nmakespan +-12\.\d+ % +-1\d\.\d+ % +right\n/,
    );
    expect(out).toContain('changes nothing, a repetition');
  });

  it('gives programs the same numbers', async () => {
    const { out } = await validate(path, '--json');
    const { runs, pairs = [] } = JSON.parse(out) as Validation;
    expect(runs.map(({ name }) => name)).toEqual(Object.keys(recorded.cases));
    expect(quantityOf(runs[0], 'iterations')).toMatchObject({ measured: 833, simulated: 833 });
    expect(runs.every(({ queueingShare }) => queueingShare > 0 && queueingShare < 1)).toBe(true);
    const [first] = runs[0].quantities.filter(({ quantity }) => quantity === 'ttft.mean');
    expect(first.measured).toBeCloseTo(base.summary.ttft_s.mean, 5);
    expect(pairs.map(({ to, differsIn }) => [to, ...differsIn])).toEqual([
      ['all_at_once_repeat'],
      ['all_at_once_memory_limited', 'num_blocks'],
      ['all_at_once_prefill_first', 'max_batch_tokens', 'scheduler_type'],
      ['all_at_once_async', 'use_async_batching'],
      ['all_at_once_eager', 'use_cuda_graph'],
    ]);
  });

  it('knows static batches of the engine and of model.generate, which needs no settings', async () => {
    const few = base.requests.slice(0, 6);
    const at = file('static.json', {
      static_engine_bs2: { ...base, requests: few, iterations: [] },
      static_generate_bs3: { note: 'eager', engine: null, requests: few },
    });
    const { code, out } = await validate(at);
    expect(code).toBe(0);
    expect(out).toContain('replayed   0 of 0 runs');
    expect(out).toContain('\nstatic_generate_bs3\n');
  });

  it('names what is wrong with a file', async () => {
    const wrong = file('wrong.json', { all_at_once: { ...base, engine: { ...base.engine, num_blocks: 'many' } } });
    expect(await validate(wrong)).toMatchObject({
      code: 2,
      notes: [`tokenyard: ${wrong}: cases.all_at_once.engine.num_blocks: found "many", expected number`],
    });
    const shared = file('shared.json', { x: { ...base, engine: { ...base.engine, allow_block_sharing: true } } });
    expect((await validate(shared)).notes[0]).toContain('cases.x.engine.allow_block_sharing: found true');
    const torn = join(folder, 'torn.json');
    writeFileSync(torn, '{"schema": "llm-sim-engine-runs/1",\n "cases": ');
    expect((await validate(torn)).notes[0]).toContain(`${torn}:2: not JSON`);
  });
});

describe('pairs of runs', () => {
  const compared = (name: string, measured: number, simulated: number): RunComparison => ({
    name,
    settings: {},
    quantities: [{ quantity: 'makespan', unit: 's', measured, simulated }],
    queueingShare: 0,
    preemptions: 0,
  });

  it('leave out runs of other requests, and those that differ in more', () => {
    const slow = { ...base, engine: { ...base.engine, use_cuda_graph: [false, false] } };
    const both = { ...slow, engine: { ...slow.engine, num_blocks: 10, block_size: 8 } };
    const other = { ...base, requests: base.requests.slice(1) };
    const cases = { a: base, slow, both, other, static_engine_bs8: base };
    const runs = [
      compared('a', 10, 10),
      compared('slow', 20, 18),
      compared('both', 1, 1),
      compared('other', 1, 1),
      compared('static_engine_bs8', 40, 30),
    ];
    expect(pairsOf(cases, runs)).toEqual([
      {
        from: 'a',
        to: 'slow',
        differsIn: ['use_cuda_graph'],
        changes: [{ quantity: 'makespan', measured: 1, simulated: 0.8 }],
      },
      {
        from: 'a',
        to: 'static_engine_bs8',
        differsIn: ['static batches'],
        changes: [{ quantity: 'makespan', measured: 3, simulated: 2 }],
      },
    ]);
  });
});
