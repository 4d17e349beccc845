/** The first minute: one sentence, one thing to try, what came of it; sent away for good, and never shown for links. */

import { expect, type Page } from '@playwright/test';
import { idle, knobs, openApp, openPaused, patient, pauseButton, simulated, slider } from './app.ts';
import { test } from './test.ts';

const guide = (page: Page) => page.getByRole('region', { name: 'Where to begin' });
const tryIt = (page: Page) => guide(page).getByRole('button', { name: 'Try a token budget of 512' });

for (const [name, viewport] of [
  ['wide', { width: 1440, height: 900 }],
  ['on a phone', { width: 390, height: 844 }],
] as const) {
  test(`says what there is to see, offers one thing, and tells what came of it: ${name}`, async ({ page }) => {
    await page.setViewportSize(viewport);
    await openApp(page);
    const says = guide(page).getByRole('status');
    await expect(says).toHaveText(/^One prompt of 8,192 tokens fills a whole step: .* stands still for \d+\sms\.$/);
    const pause = /(\d+)\sms/.exec((await says.textContent()) ?? '')?.[1];

    await tryIt(page).click();
    // The same moment again, playing, with the figures of both runs.
    await expect(says).toHaveText(
      /^Longest wait between two tokens: .* → [\d.]+\sms \(−\d+\s%\)\. The long prompt’s first token: .* → .*\.$/,
      patient,
    );
    await expect(says).toContainText(`: ${pause}`);
    expect(await knobs(page)).toMatchObject({ preset: 'long-prompt-stall', 'max-num-batched-tokens': 512 });
    await expect(pauseButton(page)).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);

    await guide(page).getByRole('button', { name: 'Back to 8,192' }).click();
    await expect(tryIt(page)).toBeVisible(patient);
    expect(await knobs(page)).toMatchObject({ 'max-num-batched-tokens': 8192 });
  });
}

test('the slider of the scenario does the same, and the gallery is one step further', async ({ page }) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await openPaused(page);
  await expect(guide(page)).toContainText('Press play to watch.');
  await slider(page, 'Token budget').focus();
  await page.keyboard.press('Home');
  await simulated(page);
  await expect(guide(page)).toContainText('Longest wait between two tokens', patient);
  await guide(page).getByRole('button', { name: 'More phenomena' }).click();
  await expect(page.getByRole('dialog', { name: 'Gallery: the map of the field' })).toBeVisible();
});

test('sent away, it stays away', async ({ page }) => {
  await openPaused(page);
  await guide(page).getByRole('button', { name: 'Dismiss' }).click();
  await expect(guide(page)).toHaveCount(0);
  await page.goto('about:blank');
  await openPaused(page);
  await idle(page);
  await expect(guide(page)).toHaveCount(0);
});

test('is not for links, nor for other scenarios', async ({ page }) => {
  await openPaused(page, '#/run?v=1&p=long-prompt-stall');
  await expect(guide(page)).toHaveCount(0);
  await page.goto('about:blank');
  await openPaused(page);
  await expect(guide(page)).toBeVisible();
  await page.getByRole('combobox', { name: 'Preset' }).selectOption('tiny-paged');
  await simulated(page);
  await expect(guide(page)).toHaveCount(0);
});
