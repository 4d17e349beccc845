/** The page: every contender at every size, one after the other. The results are also in `window.rows`, for whoever drives it. */

import { patternValue } from '../../src/calibrate/reference.ts';
import { type Contender, measure, type Row } from './contender.ts';
import { jax } from './jax.ts';
import { onnx } from './onnx.ts';
import { ours } from './ours.ts';

const sizes = (new URLSearchParams(location.search).get('sizes') ?? '256,512,1024,2048').split(',').map(Number);
const rows: Row[] = [];
const element = (id: string) => document.getElementById(id) as HTMLElement;

function show(row: Row): void {
  rows.push(row);
  const line = document.createElement('tr');
  const rate = row.us === 0 ? '' : ((2 * row.n ** 3) / row.us / 1e3).toFixed(2);
  for (const cell of [row.who, String(row.n), `${(row.us / 1000).toFixed(3)} ms`, rate, row.outcome]) {
    line.append(Object.assign(document.createElement('td'), { textContent: cell }));
  }
  element('rows').append(line);
}

async function main(): Promise<void> {
  const largest = Math.max(...sizes);
  const host = { gpu: navigator.gpu, isSecureContext, now: () => performance.now() };
  // Both operands in one buffer of the pool, which is a power of two.
  const poolBytes = Math.max(2 ** 20, 2 ** Math.ceil(Math.log2(8 * largest * largest)));
  const contenders: Contender[] = [await ours(host, poolBytes), onnx, jax];
  for (const n of sizes) {
    const a = Float32Array.from({ length: n * n }, (_, i) => patternValue(i));
    const b = Float32Array.from({ length: n * n }, (_, i) => patternValue(n * n + i));
    for (const contender of contenders) {
      element('status').textContent = `Measuring ${contender.name}, ${n}`;
      show(await measure(contender, n, a, b));
    }
  }
}

main().then(
  () => {
    Object.assign(window, { rows });
    element('status').textContent = 'Done';
  },
  (thrown) => {
    element('status').textContent = `Failed: ${thrown}`;
  },
);
