/** Two runs side by side: A is kept, B leaves it at a step or from the start. */

import { expect } from '@playwright/test';
import { idle, knobs, move, openPaused, patient, simulated, watchErrors } from './app.ts';
import { test } from './test.ts';

test.use({ viewport: { width: 1440, height: 900 } });

const bar = 'Comparison of two runs';

test('a knob moved while A is kept makes a fork at the shown step: what differs, since when, and by how much', async ({
  page,
}) => {
  test.slow();
  const errors = watchErrors(page);
  await openPaused(page);
  await move(page, 'seekStep', 1980);
  await page.keyboard.press('a');
  const comparison = page.getByRole('region', { name: bar });
  await expect(comparison).toContainText('A is kept, in outline. Move any knob');
  await page.evaluate(() => window.__tokenyard?.session.scenario.getState().set('max-num-batched-tokens', 512));
  await simulated(page);
  await expect(comparison).toContainText('Token budget: 8,192 tokens → 512 tokens');
  // The long prompt comes at 10 s.
  await expect(comparison).toContainText(/Same until step [\d,]+ \(10\.0\d\d\ss\)/);
  const parting = /Same until step ([\d,]+)/.exec(await comparison.innerText())?.[1] ?? '';
  await expect(comparison).toContainText(/Longest wait between tokens 2\d\d\sms → 2\d\.?\d?\sms, −9\d\s%/);
  // Whole runs with five seeds, B from their start.
  await expect(comparison).toContainText(/5 seeds, B from the start: −9\d\s%/, patient);

  // The link holds both; B leaves A where it did.
  await expect.poll(() => new URL(page.url()).hash, patient).toContain('b.max-num-batched-tokens=512&b.from=1981');
  await comparison.getByRole('button', { name: 'Go there' }).click();
  await idle(page);
  await expect(page.locator('.position')).toContainText(`Step ${parting}`);

  // From the start it is another run from the first prompt on that is longer than the budget.
  await comparison.getByText('From the start', { exact: true }).click();
  await simulated(page);
  await expect(comparison).toContainText(/Same until step \d+ /);
  await expect(comparison).not.toContainText(`Same until step ${parting} `);
  await comparison.getByRole('button', { name: 'Back to A' }).click();
  await simulated(page);
  await expect(comparison).toHaveCount(0);
  expect(await knobs(page)).toMatchObject({ 'max-num-batched-tokens': 8192 });
  expect(errors).toEqual([]);
});

test('a link opens both runs, and what cannot change while the engine runs is said', async ({ page }) => {
  test.slow();
  await openPaused(page, '#/run?v=1&p=long-prompt-stall&b.engine=sglang&b.from=100&t=300');
  const comparison = page.getByRole('region', { name: bar });
  await expect(comparison).toContainText('Engine: vLLM (continuous batching) → SGLang', patient);
  await expect(comparison).toContainText(
    /Engine.* cannot change while the engine runs, so all of B is under the new setting/,
    patient,
  );
  await comparison.getByRole('button', { name: 'Keep B' }).click();
  await expect(comparison).toHaveCount(0);
  expect(await knobs(page)).toMatchObject({ engine: 'sglang' });
});

test('a trace is what it is with every seed, and another file is another scenario', async ({ page }) => {
  const rows = Array.from({ length: 40 }, (_, i) =>
    JSON.stringify({ timestamp: 100 * i, input_length: 3000, output_length: 20 }),
  );
  const trace = { name: 'mine.jsonl', mimeType: 'application/json', buffer: Buffer.from(rows.join('\n')) };
  await openPaused(page);
  await page.locator('input[type=file]').setInputFiles(trace);
  await expect(page.getByRole('combobox', { name: 'Preset' })).toHaveValue('trace', patient);
  await simulated(page);
  await page.keyboard.press('a');
  await page.evaluate(() => window.__tokenyard?.session.scenario.getState().set('max-num-batched-tokens', 256));
  await simulated(page);
  const comparison = page.getByRole('region', { name: bar });
  await expect(comparison).toContainText(/\d\s%/, patient);
  await expect(comparison).not.toContainText('seeds');
  await page.locator('input[type=file]').setInputFiles(trace);
  await expect(comparison).toHaveCount(0);
});

test('on a phone the bar stays within the screen', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await openPaused(page, '#/run?v=1&p=tiny-paged&b.num-gpu-blocks-override=96&b.from=start');
  await expect(page.getByRole('region', { name: bar })).toContainText('KV blocks', patient);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
});
