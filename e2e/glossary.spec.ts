/** The glossary: found by key, searched in both languages and by flag, and a way from and to what it explains. */

import { expect, type Page } from '@playwright/test';
import { idle, knobs, openPaused, panel, simulated, slider, watchErrors } from './app.ts';
import { deepUnless, isSampleLook, lookName, looks, openAs, prefer } from './looks.ts';
import { test } from './test.ts';
import { violations } from './violations.ts';

test.use({ viewport: { width: 1440, height: 900 } });

const dialog = (page: Page) => page.locator('dialog.dialog');
const name = (page: Page) => dialog(page).getByRole('heading', { level: 3 });
const search = (page: Page) => dialog(page).getByRole('combobox').first();
/** Of the list, not of the choice of an area. */
const list = (page: Page) => dialog(page).locator('.glossary-list');
const options = (page: Page) => list(page).getByRole('option');

async function openGlossary(page: Page): Promise<void> {
  await page.keyboard.press('d');
  await expect(name(page)).toBeVisible();
}

test('opens by key and finds terms in both languages, by another name and by flag', async ({ page }) => {
  const errors = watchErrors(page);
  await openPaused(page);
  await openGlossary(page);
  await expect(name(page)).toHaveText('Scheduling system');
  await expect(search(page)).toBeFocused();
  for (const [typed, found] of [
    ['chunked pre', 'Chunked prefill'],
    ['分块预填充', 'Chunked prefill'],
    ['投机解码', 'Speculative decoding'],
    ['first-token latency', 'Time to first token (TTFT)'],
    ['--max-num-seqs', 'Seats'],
    ['mem fraction static', 'Static memory'],
  ]) {
    await search(page).fill(typed);
    await expect(name(page)).toHaveText(found);
    await expect(options(page).first()).toHaveAttribute('aria-selected', 'true');
  }
  await search(page).fill('xyzzy');
  await expect(options(page)).toHaveCount(0);
  await expect(dialog(page)).toContainText('Nothing is called “xyzzy”.');
  // As in any search field, the first Escape clears it.
  await page.keyboard.press('Escape');
  await expect(search(page)).toHaveValue('');
  await expect(name(page)).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog(page)).toHaveCount(0);
  expect(errors).toEqual([]);
});

test('is read with the keyboard alone: arrows move, Enter reads, links lead on and back', async ({ page }) => {
  await openPaused(page);
  await openGlossary(page);
  await search(page).fill('paged attention');
  await expect(name(page)).toHaveText('PagedAttention');
  await page.keyboard.press('ArrowDown');
  await expect(name(page)).not.toHaveText('PagedAttention');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await expect(name(page)).toBeFocused();
  // The field tells assistive technology where it is.
  const active = await search(page).getAttribute('aria-activedescendant');
  await expect(page.locator(`[id="${active}"]`)).toContainText('PagedAttention');

  await dialog(page).getByRole('button', { name: 'Block table', exact: true }).press('Enter');
  await expect(name(page)).toHaveText('Block table');
  await expect(name(page)).toBeFocused();
  // What the search had left out is listed again, and in sight.
  await expect(search(page)).toHaveValue('');
  await expect(list(page).getByRole('option', { selected: true })).toBeInViewport();
  await dialog(page).getByRole('button', { name: 'Back' }).press('Enter');
  await expect(name(page)).toHaveText('PagedAttention');
});

test('an area shows its terms, and a term its knobs', async ({ page }) => {
  await openPaused(page);
  await openGlossary(page);
  await dialog(page).getByLabel('Area').selectOption('metrics');
  await expect(name(page)).toHaveText('Latency');
  await expect(options(page).filter({ hasText: 'Goodput' })).toHaveCount(1);
  await expect(options(page).filter({ hasText: 'Chunked prefill' })).toHaveCount(0);
  await options(page).filter({ hasText: 'TTFT' }).click();
  await dialog(page).getByRole('button', { name: 'Token budget', exact: true }).click();
  await expect(dialog(page).getByRole('article')).toContainText('--max-num-batched-tokens');
  await expect(dialog(page).getByRole('article')).toContainText('16 tokens to 131,072 tokens');
});

test('leads to a preset, a card, a panel and a knob', async ({ page }) => {
  test.slow();
  await openPaused(page);
  await openGlossary(page);
  await search(page).fill('preemption');
  await dialog(page).getByRole('button', { name: 'Preset: Six requests in 63 blocks' }).click();
  await expect(dialog(page)).toHaveCount(0);
  await simulated(page);
  await idle(page);
  expect(await knobs(page)).toMatchObject({ preset: 'tiny-paged' });

  await openGlossary(page);
  await search(page).fill('preemption');
  await dialog(page).getByRole('button', { name: 'Gallery: Dynamic growth' }).click();
  await expect(page.locator('[data-leaf="dynamic-growth"]')).toBeFocused();
  await page.keyboard.press('Escape');

  await openGlossary(page);
  await search(page).fill('roofline');
  await dialog(page).getByRole('button', { name: 'Panel: Go to the roofline' }).click();
  await expect(panel(page, 'roofline').locator(':focus')).toHaveCount(1);

  await page.locator('body').press('d');
  await expect(name(page)).toHaveText('Roofline');
  await search(page).fill('--max-num-seqs');
  await dialog(page).getByRole('button', { name: 'Go to the knob' }).click();
  await expect(slider(page, 'Seats')).toBeFocused();
});

test('is one press away from a knob and from a panel', async ({ page }) => {
  await openPaused(page);
  await slider(page, 'Token budget').focus();
  await openGlossary(page);
  await expect(name(page)).toHaveText('Token budget');
  await expect(dialog(page).getByRole('article')).toContainText('max-num-batched-tokens');
  await page.keyboard.press('Escape');
  await expect(slider(page, 'Token budget')).toBeFocused();

  const budget = page.locator('[data-knob="max-num-batched-tokens"]');
  await budget.getByRole('button', { name: 'What Token budget does' }).click();
  await budget.getByRole('button', { name: 'Token budget in the glossary' }).click();
  await expect(name(page)).toHaveText('Token budget');
  await page.keyboard.press('Escape');

  await page.keyboard.press('?');
  await dialog(page).getByRole('button', { name: 'Glossary', exact: true }).click();
  await expect(name(page)).toHaveText('Scheduling system');
  await page.keyboard.press('Escape');

  await panel(page, 'kv').getByRole('button', { name: 'KV pool in the glossary' }).click();
  await expect(name(page)).toHaveText('KV pool');
});

test('a link opens an entry, and an unknown one the beginning', async ({ page }) => {
  await openPaused(page, '#/glossary/goodput');
  await expect(name(page)).toHaveText('Goodput');
  await page.goto('about:blank');
  await openPaused(page, '#/glossary/no-such-term');
  await expect(name(page)).toHaveText('Scheduling system');
  await page.goto('about:blank');
  await openPaused(page, '#/glossary/KV%20pool');
  await expect(search(page)).toHaveValue('KV pool');
  // Half an escape says nothing.
  await page.goto('about:blank');
  await openPaused(page, '#/glossary/good%put');
  await expect(name(page)).toHaveText('Scheduling system');
  await expect(search(page)).toHaveValue('');
});

test('leads to no knob where a lecture has left the knobs out', async ({ page }) => {
  const seats = async () => {
    await openGlossary(page);
    await search(page).fill('--max-num-seqs');
    await expect(name(page)).toHaveText('Seats');
  };
  const place = dialog(page).getByRole('button', { name: 'Go to the knob' });
  const heading = dialog(page).getByRole('heading', { name: 'See it', exact: true });
  await openPaused(page, '#/run?v=1&p=tiny-paged&lock=seed&eng=1');
  await seats();
  await expect(place).toBeVisible();
  await expect(heading).toBeVisible();
  for (const staging of ['hide=rail', 'present=1']) {
    await page.goto('about:blank');
    await openPaused(page, `#/run?v=1&p=tiny-paged&${staging}&eng=1`);
    await seats();
    await expect(place).toHaveCount(0);
    await expect(heading).toBeHidden();
  }
});

test('on a phone list and entry take turns, in Chinese', async ({ browser }) => {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  const page = await context.newPage();
  await prefer(page, { language: 'zh' });
  await openPaused(page);
  await page.keyboard.press('d');
  await expect(options(page).first()).toBeVisible();
  await expect(name(page)).toHaveCount(0);
  await search(page).fill('首字延迟');
  await options(page).first().click();
  await expect(name(page)).toHaveText('首 token 延迟（TTFT）');
  await expect(search(page)).toHaveCount(0);
  const entry = dialog(page).getByRole('article');
  expect(await entry.evaluate((element) => element.scrollWidth - element.clientWidth)).toBeLessThanOrEqual(0);
  await dialog(page).getByRole('button', { name: '排队时间', exact: true }).click();
  await expect(name(page)).toHaveText('排队时间');
  await dialog(page).getByRole('button', { name: '返回', exact: true }).click();
  await expect(name(page)).toHaveText('首 token 延迟（TTFT）');
  await dialog(page).getByRole('button', { name: '返回列表' }).click();
  await search(page).fill('--max-num-seqs');
  await options(page).first().click();
  await dialog(page).getByRole('button', { name: '转到该旋钮' }).click();
  await expect(slider(page, '席位')).toBeFocused();
  await context.close();
});

for (const look of looks) {
  test(`has no violations, ${lookName(look)}`, deepUnless(isSampleLook(look)), async ({ browser }) => {
    const page = await openAs(browser, look);
    await openPaused(page);
    await page.keyboard.press('d');
    await expect(options(page).first()).toBeVisible();
    expect(await violations(page)).toEqual([]);
    await search(page).fill('--max-num-batched');
    await options(page).first().click();
    await expect(name(page)).toBeVisible();
    expect(await violations(page)).toEqual([]);
    await page.context().close();
  });
}
