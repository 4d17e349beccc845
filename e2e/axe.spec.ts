/** No barrier that axe-core finds: both themes, both languages, wide and phone, in the states that a visitor meets. */

import { expect, test } from '@playwright/test';
import { banded, move, notices, openPaused, patient, slider } from './app.ts';
import { violations } from './violations.ts';

const sizes = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } } as const;
const help = { en: 'Keys and meanings', zh: '按键与含义' } as const;
const policy = { en: 'Your policy', zh: '你的策略' } as const;
const close = { en: 'Close', zh: '关闭' } as const;
const scenario = { en: 'Scenario', zh: '场景' } as const;
const share = { en: 'GPU memory share', zh: 'GPU 显存比例' } as const;

for (const [size, viewport] of Object.entries(sizes)) {
  for (const language of ['en', 'zh'] as const) {
    for (const theme of ['light', 'dark'] as const) {
      test(`no violations, ${size}, ${language}, ${theme}`, async ({ browser }) => {
        const context = await browser.newContext({ viewport, hasTouch: size === 'phone', isMobile: size === 'phone' });
        const page = await context.newPage();
        await page.addInitScript(
          (preferences) => localStorage.setItem('tokenyard.preferences', preferences),
          JSON.stringify({ theme, language }),
        );
        await openPaused(page);
        await move(page, 'seekTime', 10_000_000);
        expect(await violations(page)).toEqual([]);

        await page.keyboard.press('?');
        await expect(page.getByRole('dialog', { name: help[language] })).toBeVisible();
        expect(await violations(page)).toEqual([]);
        await page.keyboard.press('Escape');
        await expect(page.getByRole('dialog')).toHaveCount(0);

        await page.keyboard.press('w');
        await expect(page.getByRole('dialog', { name: policy[language] })).toBeVisible();
        await expect(page.locator('.policy-outcome progress, .policy-pending')).toHaveCount(0, { timeout: 60_000 });
        expect(await violations(page)).toEqual([]);
        await page.getByRole('dialog').getByRole('radio').nth(1).check({ force: true });
        expect(await violations(page)).toEqual([]);
        await page.getByRole('dialog').getByRole('button', { name: close[language], exact: true }).click();
        await expect(page.getByRole('dialog')).toHaveCount(0);

        await page.keyboard.press('e');
        // The whole table is there.
        await expect(page.locator('.engine-table [data-engine="static"] .engine-bar').first()).toBeVisible(patient);
        expect(await violations(page)).toEqual([]);
        await page.keyboard.press('Escape');
        await expect(page.getByRole('dialog')).toHaveCount(0);

        await page.keyboard.press('p');
        await expect(page.locator('.headline-table')).toBeVisible();
        expect(await violations(page)).toEqual([]);
        await page.keyboard.press('Escape');
        await expect(page.getByRole('dialog')).toHaveCount(0);

        await page.keyboard.press('8');
        await expect(page.locator('.roofline-sentence')).toBeVisible(patient);
        await banded(page);
        expect(await violations(page)).toEqual([]);

        if (size === 'phone') {
          await page.getByRole('button', { name: scenario[language], exact: true }).click();
          await expect(page.getByRole('dialog')).toBeVisible();
          expect(await violations(page)).toEqual([]);
          await page.keyboard.press('Escape');
          for (const tab of await page.getByRole('tab').all()) {
            await tab.click();
            expect(await violations(page)).toEqual([]);
          }
        }

        await page.goto('about:blank');
        await openPaused(
          page,
          '#/run?v=1&p=tiny-paged&num-gpu-blocks-override=16&max-coffee=1&max-num-seqs=99999&eng=1',
        );
        await expect(notices(page).locator('.notice')).toHaveCount(3);
        if (size === 'wide') {
          await slider(page, share[language]).press('Home');
          await expect(page.locator('.notice.failure')).toBeVisible();
        }
        expect(await violations(page)).toEqual([]);
        await context.close();
      });
    }
  }
}
