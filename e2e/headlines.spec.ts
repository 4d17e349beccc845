/** Published results: the table, its words in both languages, and its links, which open the very runs. */

import { expect } from '@playwright/test';
import { idle, knobs, openPaused, patient, simulated, watchErrors } from './app.ts';
import { prefer } from './looks.ts';
import { test } from './test.ts';

test.use({ viewport: { width: 1440, height: 900 } });

test('the table says what was published, what we have, and how the two differ', async ({ page }) => {
  const errors = watchErrors(page);
  await openPaused(page);
  await page.keyboard.press('p');
  const dialog = page.getByRole('dialog', { name: 'Published results' });
  const row = dialog.locator('[data-headline="H1a-oracle"]');
  await expect(row).toContainText('1.7–2.7×');
  await expect(row).toContainText('within the published range');
  await expect(row.locator('abbr')).toHaveText('V');
  await expect(row.locator('abbr')).toHaveAttribute('title', 'read in a primary source');
  await row.getByText('Assumptions and remarks').click();
  await expect(row).toContainText('0.55 ms to launch a layer');
  // Everything that was not simulated says why.
  await expect(dialog.locator('[data-headline="H10"]')).toContainText('no constants of either were published');
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  expect(errors).toEqual([]);
});

test('a link of the table opens the very run', async ({ page }) => {
  test.slow();
  await openPaused(page);
  await page.getByRole('button', { name: 'Published results and ours' }).click();
  const link = page.locator('[data-headline="H5b-prefill"] a');
  const target = await link.getAttribute('href');
  await Promise.all([page.waitForEvent('load'), link.click()]);
  await simulated(page);
  await idle(page);
  const shown = await knobs(page);
  expect(shown).toMatchObject({ preset: 'published', engine: 'vllm-2023', model: 'opt-13b', device: 'a100-80' });
  // Another result than the sender's would be told.
  await expect(page.locator('.notices')).not.toContainText('differ');
  await expect.poll(() => new URL(page.url()).hash, patient).toContain(`fp=${/fp=(\w+)/.exec(target ?? '')?.[1]}`);
});

test('in Chinese, and on a phone, where it stays within the screen', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await prefer(page, { language: 'zh' });
  await openPaused(page);
  await page.keyboard.press('p');
  const row = page.locator('[data-headline="H1b"]');
  await expect(row).toContainText('最高 22×');
  await expect(row).toContainText('低于已发表的最大值');
  const body = page.locator('.dialog-body');
  expect(await body.evaluate((element) => element.scrollWidth - element.clientWidth)).toBeLessThanOrEqual(0);
});
