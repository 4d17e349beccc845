/** Every engine: chosen from the menu, compared on the same traffic, described. */

import { expect } from '@playwright/test';
import { idle, knobs, openPaused, patient, simulated, watchErrors } from './app.ts';
import { test } from './test.ts';

test.use({ viewport: { width: 1440, height: 900 } });

test('the menu offers every engine, and each one runs the scenario', async ({ page }) => {
  test.slow();
  const errors = watchErrors(page);
  await openPaused(page, '#/run?v=1&p=tiny-paged');
  const menu = page.getByRole('combobox', { name: 'Engine', exact: true });
  const ids = await menu.locator('option').evaluateAll((options) => options.map((o) => (o as HTMLOptionElement).value));
  expect(ids.length).toBeGreaterThan(5);
  for (const id of ids) {
    await menu.selectOption(id);
    await simulated(page);
    await idle(page);
    expect((await knobs(page)).engine).toBe(id);
    await expect(page.locator('.notices')).not.toContainText('cannot');
  }
  await menu.selectOption('vllm');
  await simulated(page);
  expect(errors).toEqual([]);
});

test('the engines are compared on the present traffic, and one is taken', async ({ page }) => {
  const errors = watchErrors(page);
  await openPaused(page, '#/run?v=1&p=tiny-paged');
  await page.getByRole('button', { name: 'Compare the engines' }).click();
  const dialog = page.getByRole('dialog', { name: 'Engines on the same traffic' });
  const row = (id: string) => dialog.locator(`[data-engine="${id}"]`);
  await expect(dialog.getByRole('button', { name: 'Compare again' })).toBeVisible(patient);
  // Six requests, all of them served, whoever decides.
  await expect(row('vllm').locator('td').last()).toHaveText('6');
  await expect(row('static').locator('td').last()).toHaveText('6');
  await expect(row('vllm')).toContainText('present');
  await expect(dialog).not.toContainText('not run yet');
  await expect(dialog.locator('details[open]')).toContainText('Not modelled');
  await row('sarathi').getByRole('button').click();
  await simulated(page);
  expect((await knobs(page)).engine).toBe('sarathi');
  await expect(dialog).toHaveCount(0);
  expect(errors).toEqual([]);
});

test('a comparison can be stopped, and closing the dialog stops it too', async ({ page }) => {
  const errors = watchErrors(page);
  await openPaused(page, '#/run?v=1&p=azure-chat&requests=6000');
  await page.keyboard.press('e');
  const dialog = page.getByRole('dialog', { name: 'Engines on the same traffic' });
  await dialog.getByRole('button', { name: 'Stop' }).click();
  await expect(dialog).toContainText('not run yet');
  await dialog.getByRole('button', { name: 'Compare again' }).click();
  await expect(dialog.getByRole('button', { name: 'Stop' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  await idle(page);
  expect(errors).toEqual([]);
});
