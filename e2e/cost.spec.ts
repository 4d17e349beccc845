/** What the cost model knows: the roofline, what limits a step, the band, the calibration and the devices. */

import { expect, type Page } from '@playwright/test';
import { atStep, banded, idle, move, openPaused, panel, patient, seekLongPrompt, watchErrors } from './app.ts';
import { test } from './test.ts';
import { violations } from './violations.ts';

test.use({ viewport: { width: 1440, height: 900 } });

const sentence = (page: Page) => panel(page, 'roofline').locator('.roofline-sentence');
const picture = (page: Page) =>
  panel(page, 'roofline')
    .locator('canvas')
    .evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());

test('the roofline: decodes under the slanted roof, the long prompt under the flat one', async ({ page }) => {
  const errors = watchErrors(page);
  await openPaused(page);
  await move(page, 'seekTime', 9_000_000);
  await expect(panel(page, 'roofline')).toHaveCount(0);
  await panel(page, 'strip').getByText('Roofline', { exact: true }).click();
  await expect(sentence(page)).toContainText(/^Decode: .* memory decides\. .* of the slanted roof\.$/, patient);
  await seekLongPrompt(page);
  await expect(sentence(page)).toContainText(/arithmetic decides\. .* of the flat roof\.$/);

  await idle(page);
  const alone = await picture(page);
  await panel(page, 'roofline').getByLabel('Compare with').selectOption({ label: 'Apple M4 (10-core GPU, 16 GB)' });
  await expect.poll(() => picture(page)).not.toBe(alone);
  await expect(panel(page, 'roofline').getByRole('option', { name: /H200/ })).toHaveCount(0);

  await panel(page, 'roofline').getByText('Table', { exact: true }).click();
  const row = panel(page, 'roofline').locator('tr[data-operator="gate-up"]');
  await expect(row).toContainText(/arithmetic.*TFLOP\/s/);
  await expect(panel(page, 'roofline').locator('tr[data-operator="all"]')).toContainText('100');
  expect(await violations(page)).toEqual([]);
  expect(errors).toEqual([]);
});

test('the roofline by keyboard: to it, through its points, to an older step', async ({ page }) => {
  await openPaused(page);
  await move(page, 'seekStep', 1500);
  await page.keyboard.press('8');
  const focused = () =>
    page.evaluate(() => document.activeElement?.closest<HTMLElement>('section[data-panel]')?.dataset.panel);
  await expect.poll(focused, patient).toBe('roofline');
  const words = panel(page, 'roofline').locator('.surface .visually-hidden');
  await page.keyboard.press('ArrowRight');
  await expect(words).toContainText(/of the step, .* operations a byte, .* waits for/);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  await expect(words).toContainText('step 1,498');
  await page.keyboard.press('Enter');
  await atStep(page, 1498);
  await page.keyboard.press('f');
  await expect(page.locator('section[data-panel]')).toHaveCount(1);
  await page.keyboard.press('f');
  await page.keyboard.press('7');
  await expect.poll(focused).toBe('strip');
});

test('a step says what set its speed, and lists its operators, linked with the roofline', async ({ page }) => {
  await openPaused(page);
  await move(page, 'seekTime', 9_000_000);
  await page.keyboard.press('8');
  await expect(sentence(page)).toBeVisible(patient);
  const step = panel(page, 'step');
  await expect(step).toContainText(/Speed set by: memory \d+.% of the time/);
  await step.getByText('Where the time goes').click();
  const operator = step.locator('tr[data-operator="down"]');
  await expect(operator).toContainText('memory', patient);
  await idle(page);
  const before = await picture(page);
  await operator.hover();
  await expect(operator).toHaveAttribute('data-hovered', 'true');
  await expect.poll(() => picture(page)).not.toBe(before);
  expect(await violations(page)).toEqual([]);
});

test('the band comes after the run, and a new run ends it', async ({ page }) => {
  await openPaused(page);
  await banded(page);
  const line = panel(page, 'latency').locator('.band-line');
  await expect(line).toContainText(
    /^Load ρ [\d.]+ to [\d.]+ · an error of [\d.]+.% in step times stays small/,
    patient,
  );
  await expect(panel(page, 'strip')).toContainText(/±.[\d.]+.%/);
  await page.evaluate(() => window.__tokenyard?.session.scenario.getState().set('rate', 80));
  await expect(line).toHaveCount(0);
  await banded(page);
  await expect(line).toContainText(/near saturation|saturated at times|overloaded/);
  await page.evaluate(() => window.__tokenyard?.session.scenario.getState().set('device', 'l4'));
  await expect(line).toHaveCount(0);
  await banded(page);
  await expect(line).toContainText(/no band: the step error of this device is not known|overloaded: the queue grows/);
  expect(await violations(page)).toEqual([]);
});

test('the calibration: fit and residuals of a file, its roofline, and every device with its evidence', async ({
  page,
}) => {
  const errors = watchErrors(page);
  await openPaused(page);
  await page.getByRole('button', { name: 'Measure this GPU' }).click();
  const dialog = page.getByRole('dialog', { name: 'Measure this GPU' });
  await dialog.getByText('Fit and residuals').click();
  await expect(dialog).toContainText('Nothing is measured on this device yet', patient);
  await dialog.getByText('Measure', { exact: true }).click();
  await dialog.locator('input[type=file]').setInputFiles('src/calibrate/testdata/synthetic.json');
  await expect(dialog.getByRole('heading', { name: /synthetic/ })).toBeVisible(patient);
  await dialog.getByText('Fit and residuals').click();
  await expect(dialog).toContainText(/On the \d+ that the fit has not seen the prediction is off by/);
  await dialog.getByLabel('Kernels', { exact: true }).selectOption({ label: 'decode attention' });
  await expect(dialog).toContainText(/Decode attention: \d+ shapes measured/);
  await expect(dialog.locator('.fit-table tbody tr')).not.toHaveCount(0);
  await dialog.locator('canvas').first().focus();
  await page.keyboard.press('ArrowRight');
  await expect(dialog.locator('.surface .visually-hidden').first()).toContainText(/measured, .* predicted/);
  await dialog.getByLabel('beside').selectOption({ label: 'NVIDIA L4 24 GB' });
  expect(await violations(page)).toEqual([]);

  await dialog.getByText('All devices').click();
  const h200 = dialog.locator('[data-device="h200"]');
  await expect(h200).toContainText('Operators measured for this project on one H200', patient);
  await expect(h200).toContainText(/median [\d.]+.%, P95 [\d.]+.%, \d+ compared:/);
  await expect(dialog.locator('[data-device="phone"]')).toContainText(
    'Error: not known; compared with nothing: no step',
  );
  expect(await dialog.locator('[data-device]').count()).toBeGreaterThanOrEqual(12);
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  expect(errors).toEqual([]);
});
