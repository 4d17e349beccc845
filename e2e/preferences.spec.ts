/** Theme and language: chosen on the page, kept on the device. */

import { expect } from '@playwright/test';
import { openPaused, simulated } from './app.ts';
import { test } from './test.ts';

test('theme and language outlive a reload, and are not in the link', async ({ page }) => {
  await openPaused(page);
  // The page is told of the system's change when it is drawn next.
  const background = () =>
    page.evaluate(async () => {
      await new Promise(requestAnimationFrame);
      return getComputedStyle(document.documentElement).backgroundColor;
    });
  const light = await background();

  await page.getByRole('button', { name: 'Theme: as the system' }).click();
  await page.getByRole('button', { name: 'Theme: light' }).click();
  await expect(page.getByRole('button', { name: 'Theme: dark' })).toBeVisible();
  expect(await background()).not.toBe(light);
  await page.getByRole('button', { name: '切换到中文' }).click();
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh-CN');
  await expect(page).toHaveTitle(/大模型推理调度/);
  const dark = await background();
  expect(page.url()).not.toMatch(/theme|dark|lang|zh/);

  await page.reload();
  await simulated(page);
  expect(await background()).toBe(dark);
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh-CN');
  await page.getByRole('button', { name: 'Switch to English' }).click();
  await expect(page.getByRole('button', { name: 'Share', exact: true })).toBeVisible();
});

test('follows the system while it is told to', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'light' });
  await openPaused(page);
  // The page is told of the system's change when it is drawn next.
  const background = () =>
    page.evaluate(async () => {
      await new Promise(requestAnimationFrame);
      return getComputedStyle(document.documentElement).backgroundColor;
    });
  const light = await background();
  await page.emulateMedia({ colorScheme: 'dark' });
  await expect.poll(background).not.toBe(light);
});
