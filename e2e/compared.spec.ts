/** Two runs in the panels: A in each panel's words and text, the ways to link their moments, and the difference of the pools. */

import { expect, type Page } from '@playwright/test';
import { crowded, descriptionOf, idle, move, openPaused, panel, patient, simulated, watchErrors } from './app.ts';
import { test } from './test.ts';

test.use({ viewport: { width: 1440, height: 900 } });

const bothRuns = `${crowded}&b.max-num-batched-tokens=512&b.from=500`;

/** The run of the link's second scenario is there, and what goes with it of the first. */
async function bothThere(page: Page): Promise<void> {
  await expect(page.getByRole('region', { name: 'Comparison of two runs' })).toContainText('Same until', patient);
  await simulated(page);
  await idle(page);
}

const line = (page: Page, id: string) => page.locator(`[data-compared="${id}"]`);

test('a run is kept, a knob is moved, and every panel says in its line and in its text what A does', async ({
  page,
}) => {
  test.slow();
  const errors = watchErrors(page);
  await openPaused(page, crowded);
  await move(page, 'seekStep', 900);
  await page.keyboard.press('a');
  await page.evaluate(() => window.__tokenyard?.session.scenario.getState().set('max-num-batched-tokens', 512));
  await bothThere(page);
  for (const key of ['1', '2', '3', '4', '5', '6', '7', '8', '9', '0', 'i']) {
    await page.keyboard.press(key);
    const focused = page.locator('section[data-panel]:focus-within').or(page.locator('section[data-panel]:focus'));
    await expect(focused).toHaveCount(1, patient);
    const id = (await focused.getAttribute('data-panel')) ?? '';
    await expect(line(page, id), id).toContainText(/^A .+ B .+/, patient);
    const shown = panel(page, id);
    await shown.locator('.panel-sheet').click();
    await shown.getByText('Text', { exact: true }).click();
    await expect(shown.locator('.sheet-text'), id).toContainText(/^A: .+\. B: .+/, patient);
    await shown.locator('.panel-sheet').click();
  }
  await page.getByRole('button', { name: 'Keep B' }).click();
  await expect(page.locator('[data-compared]')).toHaveCount(0);
  expect(errors).toEqual([]);
});

test('the moments of both runs are linked by time, by step or by a request', async ({ page }) => {
  test.slow();
  await openPaused(page, bothRuns);
  await bothThere(page);
  await move(page, 'seekStep', 2000);
  const steps = async () => /A step ([\d,]+),.* B step ([\d,]+),/.exec((await line(page, 'batch').textContent()) ?? '');
  const link = page.getByRole('combobox', { name: 'Which moment of A is shown with B' });
  await expect(line(page, 'batch')).toContainText('B step 2,000,', patient);
  const byTime = (await steps())?.[1];
  expect(byTime).toBeDefined();
  expect(byTime).not.toBe('2,000');
  await link.selectOption('step');
  await expect.poll(async () => (await steps())?.slice(1), patient).toEqual(['2,000', '2,000']);
  await link.selectOption('time');
  await expect.poll(async () => (await steps())?.[1], patient).toBe(byTime);
  // With nobody selected there is nobody to follow.
  await link.selectOption('request');
  await panel(page, 'rows').locator('canvas').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(link.locator('option:checked')).toHaveText(/^A where r\d+ is as far$/);
  await expect
    .poll(async () => {
      const found = await steps();
      return found !== null && ![byTime, '2,000'].includes(found[1]) && found[2] === '2,000';
    }, patient)
    .toBe(true);
});

test('the pool shows B over A, A alone, or the difference; a block says what it is in both', async ({ page }) => {
  await openPaused(page, bothRuns);
  await bothThere(page);
  const pool = panel(page, 'kv');
  await expect(line(page, 'kv')).toContainText(/in use.*in both, .* only in A, .* only in B/, patient);
  const picture = () => pool.locator('canvas').evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
  const seen = new Set([await picture()]);
  for (const name of ['A', 'B − A']) {
    await pool.locator('.segments').getByText(name, { exact: true }).click();
    await idle(page);
    seen.add(await picture());
  }
  expect(seen.size).toBe(3);
  await pool.locator('canvas').focus();
  await page.keyboard.press('ArrowRight');
  await expect(pool.locator('.panel-facts')).toContainText(/Block 0: .*; in A: /);
  // The tree has no difference, but a side.
  await pool.locator('.segments').getByText('Prefix tree', { exact: true }).click();
  await expect(pool.locator('.segments').getByText('B − A', { exact: true })).toHaveCount(0);
});

test('a block that only A’s larger pool has is reached by keys in the difference, and says so', async ({ page }) => {
  await openPaused(page, `${crowded}&b.num-gpu-blocks-override=1000`);
  await bothThere(page);
  const pool = panel(page, 'kv');
  await pool.locator('.segments').getByText('B − A', { exact: true }).click();
  await pool.locator('canvas').focus();
  for (let row = 0; row <= 40; row++) await page.keyboard.press('ArrowDown');
  await expect(pool.locator('.panel-facts')).toContainText(/Block 1,198: not in B’s pool; in A: /);
});

test('where A lasts longer, a time after the end of B says when B ended', async ({ page }) => {
  test.slow();
  const errors = watchErrors(page);
  await openPaused(page, `${crowded}&b.num-gpu-blocks-override=4000`);
  await bothThere(page);
  for (const [id, bring] of [
    ['strip', '7'],
    ['memory', '9'],
  ] as const) {
    await page.keyboard.press(bring);
    const canvas = panel(page, id).locator('canvas').first();
    await expect(canvas).toBeFocused(patient);
    const { width } = (await canvas.boundingBox()) ?? { width: 0 };
    await canvas.hover({ position: { x: width - 6, y: 20 } });
    await expect.poll(() => descriptionOf(page, id), id).toMatch(/^At [\d.]+.s: B had ended at [\d.]+.s\.$/);
    await canvas.hover({ position: { x: width / 2, y: 20 } });
    await expect.poll(() => descriptionOf(page, id), id).toMatch(/^At [\d.]+.s: .*%/);
  }
  expect(errors).toEqual([]);
});

test('who waits in A only has a hollow card', async ({ page }) => {
  await openPaused(page, bothRuns);
  await bothThere(page);
  await expect(line(page, 'queue')).toContainText(/only in A: r\d+/, patient);
  const names =
    /only in A: ([r\d ]+)/
      .exec((await line(page, 'queue').textContent()) ?? '')?.[1]
      .trim()
      .split(' ') ?? [];
  const cards = panel(page, 'queue').locator('.queue-card[data-pinned]');
  await expect(cards).toHaveCount(names.length);
  await cards.first().hover();
  await expect(cards.first()).toHaveAttribute('data-hovered', 'true');
});

test('on a phone a panel shows A on the same spot', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await openPaused(page, bothRuns);
  await bothThere(page);
  await page.getByRole('tab', { name: 'KV', exact: true }).click();
  await expect(line(page, 'kv')).toContainText('A 1', patient);
  const picture = () =>
    panel(page, 'kv')
      .locator('canvas')
      .evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
  await idle(page);
  const ofBoth = await picture();
  await panel(page, 'kv').locator('.segments').getByText('A', { exact: true }).click();
  await idle(page);
  expect(await picture()).not.toBe(ofBoth);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});
