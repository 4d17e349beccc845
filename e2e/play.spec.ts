/** What a first visit shows, and playing with and without motion. */

import { expect, test } from '@playwright/test';
import { longPromptSentence, openApp, panel, patient, pauseButton, playButton, shownStep, watchErrors } from './app.ts';

test('opens, simulates and plays to the long prompt by itself', async ({ page }) => {
  const errors = watchErrors(page);
  await openApp(page);
  await expect(pauseButton(page)).toBeVisible();
  const first = await shownStep(page);
  await expect.poll(() => shownStep(page), patient).toBeGreaterThan(first);
  await expect(panel(page, 'step')).toContainText(longPromptSentence, patient);
  for (const id of ['queue', 'rows', 'batch', 'kv', 'step', 'latency', 'strip'])
    await expect(panel(page, id)).toBeVisible();
  expect(errors).toEqual([]);
});

test('with reduced motion it waits to be played', async ({ browser }) => {
  const context = await browser.newContext({ reducedMotion: 'reduce' });
  const page = await context.newPage();
  await openApp(page);
  await expect(playButton(page)).toBeEnabled();
  await expect(pauseButton(page)).toHaveCount(0);
  // A paused page writes its step into the link; one that plays does not.
  await expect(page).toHaveURL(/[?&]t=\d+/);
  await page.evaluate(() => window.__tokenyard?.idle());
  const before = await shownStep(page);
  await playButton(page).click();
  await expect.poll(() => shownStep(page), patient).toBeGreaterThan(before);
  await context.close();
});
