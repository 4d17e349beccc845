/** What is pointed at in one panel lights up in the others: a time in all that have one, a request in all that show it. */

import { expect, type Locator, type Page } from '@playwright/test';
import { crowded, idle, openPaused, panel, patient, watchErrors } from './app.ts';
import { test } from './test.ts';

test.use({ viewport: { width: 1440, height: 900 } });

async function picture(page: Page, canvas: Locator): Promise<string> {
  await idle(page);
  return canvas.evaluate((element: HTMLCanvasElement) => element.toDataURL());
}

/** Panels with a time, the key that brings each in front, and the key that points at something in it. */
const timed = [
  ['batch', '3', 'ArrowLeft'],
  ['timeline', '0', 'ArrowLeft'],
  ['strip', '7', 'ArrowLeft'],
  ['memory', '9', 'ArrowLeft'],
  ['events', 'i', 'ArrowRight'],
  ['roofline', '8', 'ArrowUp'],
] as const;

test('a time that is pointed at in a panel is marked on the whole run, and in the other panels', async ({ page }) => {
  test.slow();
  const errors = watchErrors(page);
  await openPaused(page, crowded);
  const overview = page.locator('.transport-overview canvas');
  for (const [id, bring, point] of timed) {
    await page.keyboard.press(bring);
    await expect(panel(page, id).locator('canvas').first()).toBeFocused(patient);
    const plain = await picture(page, overview);
    await page.keyboard.press(point);
    expect(await picture(page, overview), id).not.toBe(plain);
    await page.keyboard.press('Escape');
    expect(await picture(page, overview), id).toBe(plain);
  }
  // The other way round: the overview marks the panels that show the whole run or the steps around.
  for (const [id, bring] of timed.filter(([each]) => each === 'strip' || each === 'memory' || each === 'events')) {
    await page.keyboard.press(bring);
    const canvas = panel(page, id).locator('canvas').first();
    await expect(canvas).toBeFocused(patient);
    await page.mouse.move(5, 5);
    const plain = await picture(page, canvas);
    await overview.hover({ position: { x: 700, y: 30 } });
    expect(await picture(page, canvas), id).not.toBe(plain);
  }
  expect(errors).toEqual([]);
});

test('a request that is pointed at lights up in rows, pool and queue', async ({ page }) => {
  test.slow();
  await openPaused(page, crowded);
  const [rows, pool] = ['rows', 'kv'].map((id) => panel(page, id).locator('canvas').first());
  const plainRows = await picture(page, rows);
  const plainPool = await picture(page, pool);
  await rows.focus();
  // The first rows may be of requests that have ended: they hold no blocks any more.
  await expect(async () => {
    await page.keyboard.press('ArrowDown');
    expect(await picture(page, pool)).not.toBe(plainPool);
  }).toPass(patient);
  await page.keyboard.press('Escape');
  expect(await picture(page, pool)).toBe(plainPool);
  // A block's owner, then somebody who waits.
  await pool.focus();
  await page.keyboard.press('ArrowRight');
  expect(await picture(page, rows)).not.toBe(plainRows);
  await page.keyboard.press('Escape');
  const card = panel(page, 'queue').locator('.queue-card').first();
  await card.hover();
  await expect(card).toHaveAttribute('data-hovered', 'true');
  expect(await picture(page, rows)).not.toBe(plainRows);
});

test('the hashes of a request stand beside tree and blocks, are read as a table, and say what is pointed at', async ({
  page,
}) => {
  const errors = watchErrors(page);
  await openPaused(
    page,
    '#/run?v=1&p=azure-chat&workload=sessions&rate=6&requests=120&turns=4&prefix-tokens=512&t=300',
  );
  const shown = panel(page, 'kv');
  await shown.getByText('Hashes', { exact: true }).click();
  await expect(shown).toContainText('Select a request that runs or waits', patient);
  await panel(page, 'rows').locator('canvas').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(shown.locator('.panel-facts')).toContainText(/r\d+, \d+ blocks: .*\d+ (hit|computed)/, patient);
  await shown.locator('canvas').focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await expect(shown.locator('.readout')).toContainText(
    /block 1: hash\([0-9a-f]{6}, tokens 16–31\) = [0-9a-f]{6}.*in pool block \d+, reference count \d/,
  );
  await shown.locator('.panel-sheet').click();
  await expect(shown.locator('thead th')).toHaveCount(9, patient);
  await expect(shown.locator('tbody tr').first()).toContainText('0–15');
  await shown.getByText('Prefix tree', { exact: true }).click();
  await expect(shown.locator('thead th')).toHaveCount(5, patient);
  await expect(shown.locator('tbody tr').first()).toContainText('512');
  expect(errors).toEqual([]);
});
