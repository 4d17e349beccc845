/** What a first visit shows, and playing with and without motion. */

import { expect, type Route } from '@playwright/test';
import {
  longPromptSentence,
  openApp,
  panel,
  patient,
  pauseButton,
  playButton,
  shownStep,
  simulated,
  slider,
  watchErrors,
} from './app.ts';
import { test } from './test.ts';

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

test('simulates while the words of its engine come, plays nothing unseen, and goes on where they do not come', async ({
  page,
}) => {
  const held: Route[] = [];
  await page.route('**/assets/sglang-*', (route) => void held.push(route));
  await page.goto('/#/run?p=long-prompt-stall&engine=sglang');
  const playback = () =>
    page.evaluate(() => {
      const { isPlaying, frame } = window.__tokenyard?.playback.getState() ?? {};
      return { isPlaying, us: frame?.nowUs };
    });
  await expect.poll(async () => (await playback()).isPlaying, patient).toBe(true);
  await page.evaluate(() => window.__tokenyard?.idle());
  const before = await playback();
  expect(before.us).toBeGreaterThan(0);
  for (let frames = 0; frames < 20; frames++)
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
  expect(await playback()).toEqual(before);
  await expect(page.locator('.app')).toHaveCount(0);
  expect(held.length).toBeGreaterThan(0);

  for (const route of held) await route.abort();
  await simulated(page);
  await expect.poll(async () => (await playback()).us, patient).toBeGreaterThan(before.us ?? 0);
  // Called as in links.
  await expect(slider(page, 'chunked-prefill-size')).toBeVisible();
});
