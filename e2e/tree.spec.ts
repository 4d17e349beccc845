/** The prefix tree beside the blocks. */

import { expect } from '@playwright/test';
import { idle, openPaused, watchErrors } from './app.ts';
import { test } from './test.ts';

test.use({ viewport: { width: 1440, height: 900 } });

test('the tree of cached prefixes stands beside the blocks, and says what is pointed at', async ({ page }) => {
  const errors = watchErrors(page);
  await openPaused(
    page,
    '#/run?v=1&p=azure-chat&workload=sessions&rate=6&requests=120&turns=4&prefix-tokens=512&t=400',
  );
  const panel = page.locator('[data-panel="kv"]');
  await panel.getByText('Prefix tree', { exact: true }).click();
  const picture = panel.locator('canvas');
  await expect(panel.locator('.panel-facts')).toContainText(/\d+ branches; tokens shared/);
  // The keyboard goes along the branches: the first is what every prompt begins with.
  await picture.focus();
  await page.keyboard.press('ArrowRight');
  await expect(panel.locator('.panel-facts')).toContainText('512 tokens, held by');
  await page.keyboard.press('Escape');
  await expect(panel.locator('.panel-facts')).toContainText('branches');
  await panel.getByText('Blocks', { exact: true }).click();
  await expect(panel.locator('.panel-facts')).toContainText('in use');
  await idle(page);
  expect(errors).toEqual([]);
});

test('a memory that finds nothing says so', async ({ page }) => {
  await openPaused(page, '#/run?v=1&p=static-against-continuous');
  await page.locator('[data-panel="kv"]').getByText('Prefix tree', { exact: true }).click();
  await expect(page.locator('[data-panel="kv"] .panel-facts')).toContainText('This memory has no prefix cache');
});
