/** Learned scheduling: predictors and the bandit judged on the present traffic, and what each user got. */

import { expect } from '@playwright/test';
import { idle, openPaused, patient, watchErrors } from './app.ts';
import { test } from './test.ts';

test.use({ viewport: { width: 1440, height: 900 } });

const title = 'Learned scheduling';

test('predictors are run one after the other and judged against the oracle', async ({ page }) => {
  const errors = watchErrors(page);
  await openPaused(page, '#/run?v=1&p=learned-lengths&requests=600');
  await page.getByRole('button', { name: title }).click();
  const dialog = page.getByRole('dialog', { name: title });
  await expect(dialog.getByRole('button', { name: 'Run again' })).toBeVisible(patient);
  const rows = dialog.getByRole('row');
  await expect(rows).toHaveCount(5);
  await expect(rows.nth(1)).toContainText('No prediction');
  // The oracle is right, and loses nothing against itself.
  await expect(rows.nth(4)).toContainText('×1');
  await expect(rows.nth(4).getByRole('cell').last()).toHaveText(/^0\s?s$/);
  await expect(dialog.getByRole('img', { name: 'Curves over simulated time' })).toBeVisible();
  expect(errors).toEqual([]);
});

test('the bandit is judged against each of its arms', async ({ page }) => {
  const errors = watchErrors(page);
  await openPaused(page, '#/run?v=1&p=bandit-budget&requests=800');
  await page.keyboard.press('l');
  const dialog = page.getByRole('dialog', { name: title });
  await expect(dialog.getByRole('row')).toHaveCount(5, patient);
  await expect(dialog).toContainText('(best)');
  expect(errors).toEqual([]);
});

test('judging can be stopped, and closing the dialog stops it too', async ({ page }) => {
  const errors = watchErrors(page);
  await openPaused(page, '#/run?v=1&p=azure-chat');
  await page.keyboard.press('l');
  const dialog = page.getByRole('dialog', { name: title });
  await dialog.getByRole('button', { name: 'Stop' }).click();
  await expect(dialog.getByRole('row')).toHaveCount(0);
  await dialog.getByRole('button', { name: 'Run', exact: true }).click();
  await expect(dialog.getByRole('button', { name: 'Stop' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  await idle(page);
  expect(errors).toEqual([]);
});

test('what cannot be judged says why, and users are told apart', async ({ page }) => {
  const errors = watchErrors(page);
  await openPaused(page, '#/run?v=1&p=static-against-continuous&users=2');
  await page.keyboard.press('l');
  const dialog = page.getByRole('dialog', { name: title });
  await dialog.getByText('Bandit: token budget').click();
  await expect(dialog.getByRole('alert')).toContainText('Cannot run', patient);
  await dialog.getByText('Users', { exact: true }).click();
  await expect(dialog.getByRole('row')).toHaveCount(3);
  await expect(dialog).toContainText('User 2');
  expect(errors).toEqual([]);
});
