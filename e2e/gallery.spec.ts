/** The gallery: cards of two runs, ways in, and links that open the very runs. */

import { expect } from '@playwright/test';
import { idle, knobs, openPaused, simulated, watchErrors } from './app.ts';
import { prefer } from './looks.ts';
import { test } from './test.ts';

test.use({ viewport: { width: 1440, height: 900 } });

test('a card says what happens, and each of its sides opens that run', async ({ page }) => {
  test.slow();
  const errors = watchErrors(page);
  await openPaused(page);
  await page.keyboard.press('g');
  const dialog = page.getByRole('dialog', { name: 'Gallery: the map of the field' });
  const card = dialog.locator('[data-leaf="static-batching"]');
  await expect(card).toContainText('A static batch computes for nothing until its longest answer is done');
  // Nothing on the page is a number of its own: the card shows what the run then has.
  await Promise.all([page.waitForEvent('load'), card.getByRole('link', { name: /^continuous/ }).click()]);
  await simulated(page);
  await idle(page);
  expect(await knobs(page)).toMatchObject({ preset: 'static-against-continuous', engine: 'vllm' });
  expect(errors).toEqual([]);
});

test('a card of a split fleet and one of a pipeline open their runs', async ({ page }) => {
  test.slow();
  const errors = watchErrors(page);
  for (const [leaf, side, expected] of [
    ['kv-by-layer', /^layer by layer/, { preset: 'splitwise', 'kv-transfer': 'per-layer' }],
    ['pipeline-bubbles', /^budget 512/, { preset: 'many-gpus', 'max-num-batched-tokens': 512 }],
  ] as const) {
    await openPaused(page);
    await page.keyboard.press('g');
    const card = page.locator(`[data-leaf="${leaf}"]`);
    await Promise.all([page.waitForEvent('load'), card.getByRole('link', { name: side }).click()]);
    await simulated(page);
    await idle(page);
    expect(await knobs(page)).toMatchObject(expected);
  }
  expect(errors).toEqual([]);
});

test('causes, years and systems lead to cards', async ({ page }) => {
  await openPaused(page);
  await page.getByRole('button', { name: 'Gallery: the map of the field' }).click();
  const gallery = page.locator('.gallery');
  const causes = gallery.locator('section', { has: page.getByRole('heading', { name: 'What leads to what' }) });
  const years = gallery.locator('section', { has: page.getByRole('heading', { name: 'What came when' }) });
  const systems = gallery.getByRole('region', { name: 'Five systems' });
  for (const [way, name, leaf] of [
    [causes.last(), 'Preemption storm', 'preemption-storm'],
    [years.last(), 'Radix tree', 'radix-tree'],
    [systems, 'Tensor parallelism and AllReduce', 'all-reduce'],
  ] as const) {
    await way.getByRole('button', { name }).click();
    await expect(page.locator(`[data-leaf="${leaf}"]`)).toBeFocused();
    await expect(page.locator(`[data-leaf="${leaf}"]`)).toBeInViewport();
  }
  await expect(systems).toContainText('As usually quoted; nobody here verified it.');
  await expect(systems.getByRole('row', { name: /^vLLM/ })).toContainText('P99 down 50 %');
});

test('in Chinese, and on a phone, where it stays within the screen', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await prefer(page, { language: 'zh' });
  await openPaused(page);
  await page.keyboard.press('g');
  await expect(page.locator('[data-leaf=chunked-prefill]')).toContainText('分块预填充');
  // The ways in are folded: the first card is not far.
  await page.getByText('因果关系').click();
  await expect(page.locator('.gallery-chain').first()).toBeVisible();
  const body = page.locator('.dialog-body');
  expect(await body.evaluate((element) => element.scrollWidth - element.clientWidth)).toBeLessThanOrEqual(0);
});
