/** What to do with a number of GPUs: every layout on the present traffic, ordered, and one taken. */

import { expect } from '@playwright/test';
import { idle, knobs, openPaused, patient, simulated, watchErrors } from './app.ts';
import { test } from './test.ts';

test.use({ viewport: { width: 1440, height: 900 } });

const title = 'Layouts of GPUs';
const small = '#/run?v=1&p=azure-chat&requests=60&rate=20';

test('layouts of four GPUs are compared, ordered by a column, and one is taken in one step', async ({ page }) => {
  const errors = watchErrors(page);
  await openPaused(page, small);
  const before = await knobs(page);
  await page.keyboard.press('y');
  const dialog = page.getByRole('dialog', { name: title });
  await dialog.getByRole('textbox', { name: 'GPUs' }).fill('4');
  await dialog.getByRole('textbox', { name: 'TTFT at most' }).fill('500');
  await dialog.getByRole('textbox', { name: 'TPOT at most' }).fill('50');
  await dialog.getByRole('textbox', { name: 'TPOT at most' }).press('Enter');
  const table = dialog.getByRole('table', { name: 'Layouts of 4 GPUs' });
  await expect(dialog.getByRole('progressbar')).toHaveCount(0, patient);
  await expect(dialog).toContainText('is best');
  const rows = table.locator('tbody tr');
  expect(await rows.count()).toBeGreaterThan(6);
  await expect(rows.first()).toHaveAttribute('data-best', 'true');
  await expect(table.locator('[data-layout-row="2-2-1-0"]')).toContainText('TP measured');
  await expect(table.locator('[data-layout-row="2-2-1-1"]')).toContainText('KV estimated');
  await expect(dialog.getByRole('img', { name: 'Goodput against TTFT P99' })).toBeVisible();

  const head = table.getByRole('columnheader', { name: 'KV tokens' });
  await head.getByRole('button').click();
  await expect(head).toHaveAttribute('aria-sort', 'descending');
  await head.getByRole('button').press('Enter');
  await expect(head).toHaveAttribute('aria-sort', 'ascending');
  await expect(table.getByRole('columnheader', { name: 'Goodput/s' })).not.toHaveAttribute('aria-sort');

  await dialog.getByRole('button', { name: 'Use this layout: 2 × TP2 × PP1', exact: true }).click();
  await expect(dialog).toHaveCount(0);
  await simulated(page);
  expect(await knobs(page)).toMatchObject({ replicas: 2, 'tensor-parallel-size': 2, requests: 60 });
  await page.evaluate(() => window.__tokenyard?.session.scenario.getState().undo());
  await simulated(page);
  expect(await knobs(page)).toEqual(before);
  expect(errors).toEqual([]);
});

test('what does not fit stands at the end with its reason, and a long traffic is cut, which is said', async ({
  page,
}) => {
  const errors = watchErrors(page);
  await openPaused(page, '#/run?v=1&p=azure-chat&model=llama-3.1-70b&requests=1100&rate=1&tensor-parallel-size=2');
  await page.keyboard.press('y');
  const dialog = page.getByRole('dialog', { name: title });
  await expect(dialog).toContainText('first 1,000 of the 1,100 requests');
  await dialog.getByRole('button', { name: 'Stop' }).click();
  await expect(dialog.getByRole('button', { name: 'Stop' })).toHaveCount(0);
  await dialog.getByRole('textbox', { name: 'GPUs' }).fill('2');
  await dialog.getByRole('button', { name: 'Compare' }).click();
  const rows = dialog.locator('tbody tr');
  await expect(dialog.getByRole('progressbar')).toHaveCount(0, patient);
  await expect(rows.last()).toContainText('Does not fit');
  await expect(rows.first()).toContainText('best');
  expect(errors).toEqual([]);
});

test('a number out of range cannot be asked for, and closing the dialog stops the work', async ({ page }) => {
  const errors = watchErrors(page);
  await openPaused(page, small);
  await page.keyboard.press('y');
  const dialog = page.getByRole('dialog', { name: title });
  const compare = dialog.getByRole('button', { name: 'Compare' });
  for (const wrong of ['0', '65', '2.5', 'many', '']) {
    await dialog.getByRole('textbox', { name: 'GPUs' }).fill(wrong);
    await expect(compare).toBeDisabled();
  }
  // Who leaves the field is told what it takes, though a comparison runs.
  await dialog.getByRole('textbox', { name: 'GPUs' }).fill('abc');
  await dialog.getByRole('textbox', { name: 'GPUs' }).press('Tab');
  await expect(dialog.getByRole('alert')).toHaveText('GPUs: a whole number from 1 to 64 is needed.');
  await dialog.getByRole('textbox', { name: 'GPUs' }).fill('64');
  await expect(dialog.getByRole('alert')).toHaveCount(0);
  await compare.click();
  await expect(dialog.getByRole('button', { name: 'Stop' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  await idle(page);
  expect(errors).toEqual([]);
});
