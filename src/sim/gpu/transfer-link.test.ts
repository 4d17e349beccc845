import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { transferLinks, transferUs } from './transfer-link.ts';

const MIB = 2 ** 20;

it('moves the keys and values of OPT-175B as the authors of DistServe work out', () => {
  // 2,048 tokens of 4.5 MiB over eight ranks' PCI Express 5.0: 17.6 ms.
  const paths = { setupUs: 0, perPieceUs: 0, bytesPerS: 64 * 2 ** 30 };
  expect(2 * 96 * 12288 * 2).toBe(4.5 * MIB);
  expect(transferUs(paths, 2048 * 4.5 * MIB, 1, 8)).toBeCloseTo(17_578, 0);
});

it('pays for pieces where blocks are copied one by one', () => {
  const bytes = 256 * MIB;
  const pieces = bytes / 65536;
  const us = (id: 'nvlink' | 'nvlink-batch' | 'nvlink-copies') => transferUs(transferLinks[id], bytes, pieces);
  expect(us('nvlink')).toBe(transferUs(transferLinks.nvlink, bytes));
  expect(us('nvlink-batch')).toBeGreaterThan(5 * us('nvlink'));
  expect(us('nvlink-copies')).toBeGreaterThan(2 * us('nvlink-batch'));
});

it('takes what blocks of 64 KiB took between two H200, within 15 %', () => {
  const file = new URL('../../../fixtures/measured/nvlink-h200.json', import.meta.url);
  const rows: [string, number, number, number][] = JSON.parse(readFileSync(file, 'utf8')).transfers.rows;
  const ways = {
    nvlink: 'peer blocks, kernel',
    'nvlink-batch': 'peer blocks, batch',
    'nvlink-copies': 'peer blocks, one stream',
  } as const;
  for (const id of ['nvlink', 'nvlink-batch', 'nvlink-copies'] as const) {
    const measured = rows.filter(([way, , block]) => way === ways[id] && block === 65536);
    expect(measured).toHaveLength(11);
    for (const [, bytes, block, us] of measured)
      expect(Math.abs(transferUs(transferLinks[id], bytes, bytes / block) / us - 1), `${id} ${bytes}`).toBeLessThan(
        0.15,
      );
  }
});
