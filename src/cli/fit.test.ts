import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { devices } from '../sim/gpu/device.ts';
import { nvlink4 } from '../sim/gpu/profiles/links.ts';
import { lowPrecisionRates } from '../sim/gpu/profiles/low-precision.ts';
import { type TransferLinkId, transferLinks } from '../sim/gpu/transfer-link.ts';
import { search } from './fit/search.ts';
import { fitCommand } from './fit.ts';
import type { ErrorSummary } from './measured/errors.ts';
import { FOLDS, foldOf } from './measured/held-out.ts';

const fixtures = fileURLToPath(new URL('../../fixtures/measured', import.meta.url));
const data = process.env.TOKENYARD_DATA;

interface Fitted {
  readonly coefficients: unknown;
  readonly errors: readonly { readonly group: string; readonly summary: ErrorSummary }[];
}

async function fitted(folder: string, device: string): Promise<Fitted> {
  let text = '';
  await fitCommand.run([folder, device, '--json'], { out: (piece) => (text += piece), note: () => {} });
  return JSON.parse(text)[device];
}

function summaryOf({ errors }: Fitted, group: string): ErrorSummary {
  const found = errors.find((entry) => entry.group === group);
  if (found === undefined) throw new Error(`no group ${group}`);
  return found.summary;
}

describe('the split', () => {
  it('puts about a fifth into each part, by the name of a row alone', () => {
    const parts = new Array(FOLDS).fill(0);
    for (let tokens = 0; tokens < 5000; tokens++) parts[foldOf(`table qkv_proj ${tokens}`)]++;
    for (const rows of parts) expect(Math.abs(rows - 1000)).toBeLessThan(120);
    expect(foldOf('table qkv_proj 16')).toBe(foldOf('table qkv_proj 16'));
  });
});

describe('the search', () => {
  it('finds the coefficients that made the times', () => {
    const truth = { fixedUs: 7, usPerRow: 0.3 };
    const predict = (c: typeof truth, { rows }: { rows: number }) => c.fixedUs + c.usPerRow * rows;
    const table = [1, 3, 10, 40, 100, 400].map((rows) => ({ rows, us: predict(truth, { rows }) }));
    const found = search(table, predict, { fixedUs: 1, usPerRow: 1 }, ['fixedUs', 'usPerRow']);
    expect(found.fixedUs).toBeCloseTo(truth.fixedUs, 2);
    expect(found.usPerRow).toBeCloseTo(truth.usPerRow, 3);
  });

  it('keeps what is not free, and gives one odd row little say', () => {
    const predict = (c: { a: number; b: number }, { x }: { x: number }) => c.a * x + c.b;
    const table = [1, 2, 3, 4, 5, 6, 7].map((x) => ({ x, us: x === 4 ? 100 : 2 * x + 1 }));
    const found = search(table, predict, { a: 1, b: 1 }, ['a']);
    expect(found.b).toBe(1);
    expect(found.a).toBeCloseTo(2, 1);
  });
});

describe('profiles are what the command fits', () => {
  it('the H200, and the error that it states', async () => {
    const found = await fitted(fixtures, 'h200');
    const { fp8 } = lowPrecisionRates.h200;
    expect(found.coefficients).toEqual({ operators: devices.h200.operators, fp8: fp8?.gemm });
    const { error } = devices.h200;
    const kinds = [
      { ...error, group: 'all' },
      ...(error.byKind ?? []).map((kind) => ({ ...kind, group: `every ${kind.kind}` })),
    ];
    expect(kinds).toHaveLength(4);
    for (const { group, median, p95, count } of kinds) {
      const summary = summaryOf(found, `never seen, ${group}`);
      expect(summary.count, group).toBe(count);
      expect(summary.median, group).toBeCloseTo(median, 3);
      expect(summary.p95, group).toBeCloseTo(p95, 3);
    }
    // On steps that no constant was fitted to.
    expect(error.median).toBeLessThanOrEqual(0.03);
    expect(error.p95).toBeLessThanOrEqual(0.08);
  }, 60_000);

  it('NVLink 4, transfers over it, and the errors that it states', async () => {
    const found = await fitted(fixtures, 'nvlink');
    const { evidence, source, ...link } = nvlink4;
    expect(evidence).toBe('measured');
    expect(found.coefficients).toMatchObject({ link });
    for (const [id, times] of Object.entries((found.coefficients as { transfers: object }).transfers))
      expect(transferLinks[id as TransferLinkId]).toMatchObject(times);
    // The second host, at sizes between those that were fitted: by operation and group, as the source says.
    const library = found.errors.filter(({ group }) => /^(all-|reduce-scatter|send)/.test(group));
    expect(library).toHaveLength(13);
    for (const { group, summary } of library) {
      expect(summary.count, group).toBe(16);
      expect(summary.median, group).toBeLessThan(0.105);
      expect(summary.p95, group).toBeLessThan(0.345);
    }
    const behind = summaryOf(found, 'behind a product, NCCL');
    expect([behind.median, behind.p95].map((error) => Math.round(100 * error))).toEqual([4, 10]);
    expect(source).toContain('off by 1 to 10 %, P95 9 to 34 %');
    for (const ranks of [2, 4, 8])
      expect(summaryOf(found, `fastest all-reduce behind a product, ${ranks}`).median).toBeLessThan(0.04);
  });

  it.skipIf(data === undefined)('A100 and H100, but for what no table shows', async () => {
    for (const id of ['a100-80', 'h100'] as const) {
      const found = await fitted(join(data ?? '', 'profiles'), id);
      expect(devices[id].operators).toMatchObject(found.coefficients as object);
      const { error } = devices[id];
      const summary = summaryOf(found, 'layers put together, all');
      expect(summary.count).toBe(error.count);
      expect(summary.median).toBeCloseTo(error.median, 3);
      expect(summary.p95).toBeCloseTo(error.p95, 3);
    }
  });

  // The RTX PRO 6000's fit is the same code and takes a minute; its errors are held against the tables in `predict.test.ts`.
  it.skipIf(data === undefined)(
    'the RTX 4090, and the errors that it states',
    async () => {
      const found = await fitted(join(data ?? '', 'profiles'), 'rtx-4090');
      expect(found.coefficients).toEqual(devices['rtx-4090'].operators);
      const { error } = devices['rtx-4090'];
      for (const { group, median, p95, count } of [
        { ...error, group: 'step' },
        ...(error.byKind ?? []).map((kind) => ({ ...kind, group: `step ${kind.kind}` })),
      ]) {
        const summary = summaryOf(found, `held out, ${group}`);
        expect(summary.count, group).toBe(count);
        expect(summary.median, group).toBeCloseTo(median, 3);
        expect(summary.p95, group).toBeCloseTo(p95, 3);
      }
    },
    120_000,
  );
});
