/** The menu, which is also the palette: opened, searched, and what it does. */

import { expect, type Page } from '@playwright/test';
import {
  atStep,
  idle,
  knobs,
  linkParts,
  openPaused,
  panel,
  patient,
  shownStep,
  simulated,
  slider,
  watchErrors,
} from './app.ts';
import { deepUnless, isSampleLook, lookName, looks, openAs } from './looks.ts';
import { test } from './test.ts';
import { violations } from './violations.ts';

test.use({ viewport: { width: 1440, height: 900 } });

const field = (page: Page) => page.getByRole('combobox', { name: 'Menu and search' });
const dialog = (page: Page) => page.getByRole('dialog', { name: 'Menu and search' });
const options = (page: Page) => dialog(page).getByRole('option');
const active = (page: Page) => dialog(page).getByRole('option', { selected: true });
const group = (page: Page, name: string) => dialog(page).getByRole('group', { name, exact: true });

async function open(page: Page, key = '/'): Promise<void> {
  await page.keyboard.press(key);
  await expect(field(page)).toBeFocused();
}

/** Opens it, looks for something and chooses the best. */
async function run(page: Page, query: string): Promise<void> {
  await open(page);
  await field(page).fill(query);
  await page.keyboard.press('Enter');
  await expect(dialog(page)).toHaveCount(0);
  await idle(page);
}

test('opens by both keys and by its button, and gives the focus back', async ({ page }) => {
  const errors = watchErrors(page);
  await openPaused(page);
  const budget = slider(page, 'Token budget');
  await budget.focus();
  for (const key of ['/', 'Control+k']) {
    await open(page, key);
    const step = await shownStep(page);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Escape');
    await expect(dialog(page)).toHaveCount(0);
    await expect(budget).toBeFocused();
    expect(await shownStep(page)).toBe(step);
  }
  // From a field that takes letters for itself, and again to close.
  await page.getByLabel('Seed').focus();
  await open(page, 'Control+k');
  await page.keyboard.press('Control+k');
  await expect(dialog(page)).toHaveCount(0);
  await expect(page.getByLabel('Seed')).toBeFocused();

  const button = page.getByRole('button', { name: 'Menu and search' });
  await expect(button).toHaveAttribute('aria-keyshortcuts', '/ Control+K');
  await button.click();
  await expect(field(page)).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(button).toBeFocused();
  expect(errors).toEqual([]);
});

test('lists every command by group, says what cannot be done and why, and what was used last', async ({ page }) => {
  await openPaused(page);
  await open(page);
  for (const name of ['Scenario', 'Compare and measure', 'Look up', 'Lecture', 'Settings', 'View', 'Time', 'Panels'])
    await expect(group(page, name)).toBeVisible();
  await expect(group(page, 'Recently used')).toHaveCount(0);
  const undo = group(page, 'Scenario').getByRole('option', { name: /^Undo/ });
  await expect(undo).toHaveAttribute('aria-disabled', 'true');
  await expect(undo).toContainText('Nothing to undo');
  await undo.click({ force: true });
  await expect(dialog(page)).toBeVisible();
  await expect(group(page, 'Settings').getByRole('option', { name: /^Theme: as the system on/ })).toBeVisible();
  await group(page, 'Settings')
    .getByRole('option', { name: /^Theme: dark/ })
    .click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');

  await run(page, 'step 12');
  await atStep(page, 12);
  await page.reload();
  await simulated(page);
  await open(page);
  // A step is one of this run: it is not kept.
  await expect(group(page, 'Recently used').getByRole('option')).toHaveText([/^Theme: dark/]);
  await expect(active(page)).toHaveText(/^Theme: dark/);
});

test('is a combobox: arrows, announcement, and how many were found', async ({ page }) => {
  await openPaused(page);
  await open(page);
  await field(page).fill('undo');
  await expect(dialog(page).getByRole('status')).toHaveText(/^\d+ results?$/);
  await field(page).fill('step');
  const first = await active(page).getAttribute('id');
  await expect(field(page)).toHaveAttribute('aria-activedescendant', first ?? '');
  await page.keyboard.press('ArrowDown');
  await expect(active(page)).not.toHaveAttribute('id', first ?? '');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  // Round to the last one.
  await expect(active(page)).toHaveAttribute('id', (await options(page).last().getAttribute('id')) ?? '');
  await expect(active(page)).toBeInViewport();
  await page.keyboard.press('ArrowDown');
  await expect(active(page)).toHaveAttribute('id', first ?? '');
  await page.keyboard.press('PageDown');
  await expect(active(page)).not.toHaveAttribute('id', first ?? '');

  await field(page).fill('qqqzzz');
  await expect(options(page)).toHaveCount(0);
  await expect(field(page)).toHaveAttribute('aria-expanded', 'false');
  await expect(dialog(page).getByRole('status')).toHaveText('Nothing here is called “qqqzzz”.');
  await page.keyboard.press('Enter');
  await expect(dialog(page)).toBeVisible();
});

test('runs commands, also those that act on what had the focus', async ({ page }) => {
  await openPaused(page);
  await run(page, 'help');
  await expect(page.getByRole('dialog', { name: 'Keys and meanings' })).toBeVisible();
  await page.keyboard.press('Escape');

  await run(page, 'go to the roofline');
  await expect(panel(page, 'roofline')).toBeVisible(patient);
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.closest<HTMLElement>('[data-panel]')?.dataset.panel))
    .toBe('roofline');
  await run(page, 'maximise');
  await expect(page.locator('section[data-panel]')).toHaveCount(1);
  // Another panel takes the place of the one that fills the stage.
  await run(page, 'go to the queue');
  await expect(panel(page, 'queue')).toBeVisible();
  await page.keyboard.press('f');
  await expect(panel(page, 'batch')).toBeVisible();

  await slider(page, 'Token budget').focus();
  await run(page, 'sweep');
  await expect(page.getByRole('region', { name: /^Token budget: the same scenario/ })).toBeVisible(patient);
});

test('goes to a knob by its flag, chooses presets and engines', async ({ page }) => {
  await openPaused(page);
  await run(page, '--max_num_seqs');
  await expect(slider(page, 'Seats')).toBeFocused();
  await expect(slider(page, 'Seats')).toBeInViewport();
  await run(page, 'seed');
  await expect(page.getByLabel('Seed')).toBeFocused();
  await page.keyboard.press('Tab');

  await run(page, 'sglang');
  expect((await knobs(page)).engine).toBe('sglang');
  await simulated(page);
  await run(page, 'tiny-paged');
  expect((await knobs(page)).preset).toBe('tiny-paged');
  await simulated(page);
});

test('selects a request and seeks a step', async ({ page }) => {
  await openPaused(page);
  await run(page, 'r117');
  await expect.poll(async () => (await linkParts(page)).get('sel')).toBe('r117');
  await run(page, '1,412');
  await atStep(page, 1412);
  await open(page);
  await field(page).fill('step 999999');
  await expect(options(page).first()).toContainText('The run has steps 0 to');
  await expect(options(page).first()).toHaveAttribute('aria-disabled', 'true');
});

test('goes to bookmarks, to cards of the gallery and to terms', async ({ page }) => {
  await openPaused(page, '#/run?v=1&p=tiny-paged&bm.4=Calm&bm.30=Six_are_there&eng=1');
  await run(page, 'six are there');
  await atStep(page, 30);
  await run(page, 'prefill computes');
  await expect(page.locator('[data-leaf="prefill-computes"]')).toBeFocused();
  await expect(page.locator('[data-leaf="prefill-computes"]')).toBeInViewport();
  await page.keyboard.press('Escape');
  await run(page, 'time to first token');
  await expect(page.getByRole('heading', { name: /^Time to first token/ })).toBeVisible();
});

test('keeps the locks of a lecture', async ({ page }) => {
  await openPaused(page, '#/run?v=1&p=tiny-paged&bm.4=Calm&hide=rail,latency&lock=all&eng=1');
  await open(page);
  const before = await knobs(page);
  const refused = async (query: string, why: string) => {
    await field(page).fill(query);
    const option = options(page).first();
    await expect(option).toContainText(why);
    await expect(option).toHaveAttribute('aria-disabled', 'true');
    await option.click({ force: true });
    await page.keyboard.press('Enter');
    await expect(dialog(page)).toBeVisible();
  };
  await refused('sglang', 'Locked by this lecture');
  await refused('one long prompt stalls everybody', 'Locked by this lecture');
  await refused('max-num-seqs', 'Locked by this lecture');
  await refused('describe a model of your own', 'Locked by this lecture');
  await refused('go to the latencies', 'Left out of this lecture');
  await page.keyboard.press('Escape');
  await page.keyboard.press('6');
  await idle(page);
  await expect(panel(page, 'latency')).toHaveCount(0);
  expect(await knobs(page)).toEqual(before);
});

test('in Chinese it is found by English terms, and in English by Chinese ones', async ({ page }) => {
  await page.addInitScript(() => {
    if (localStorage.getItem('tokenyard.preferences') === null)
      localStorage.setItem('tokenyard.preferences', JSON.stringify({ language: 'zh' }));
  });
  await openPaused(page);
  const chinese = page.getByRole('combobox', { name: '菜单与搜索' });
  await page.keyboard.press('/');
  await chinese.fill('chunked pre');
  const option = page.getByRole('dialog').getByRole('option', { selected: true });
  await expect(option).toContainText('分块预填充');
  await expect(option).toContainText('Chunked prefill');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('switch', { name: '分块预填充' })).toBeFocused();

  await page.keyboard.press('/');
  await chinese.fill('language');
  await page.keyboard.press('Enter');
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  await page.reload();
  await simulated(page);
  await open(page);
  await field(page).fill('分块预填充');
  await expect(group(page, 'Knobs').getByRole('option').first()).toContainText('Chunked prefill');
});

test('on a phone: from the bar to a knob in its sheet', async ({ browser }) => {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  const page = await context.newPage();
  await openPaused(page);
  await page.getByRole('button', { name: 'Menu and search' }).tap();
  // The keyboard would cover the menu: it comes with a tap on the field.
  await expect(dialog(page).getByRole('listbox')).toBeFocused();
  await expect(dialog(page).getByRole('option', { name: 'Import a trace or scenario file' })).toBeVisible();
  expect(await dialog(page).evaluate((element) => element.scrollWidth - element.clientWidth)).toBeLessThanOrEqual(0);
  await field(page).tap();
  await field(page).fill('max-num-seqs');
  await options(page).first().tap();
  const sheet = page.getByRole('dialog', { name: 'Scenario' });
  await expect(sheet.getByRole('slider', { name: 'Seats' })).toBeFocused();
  await expect(sheet.getByRole('slider', { name: 'Seats' })).toBeInViewport();
  await expect(sheet.getByRole('heading', { name: 'Scenario' })).toBeInViewport();
  await context.close();
});

test('imports from the menu', async ({ page }) => {
  // Listening all along, so that the browser is not yet to be told to ask for choosers when the key is pressed.
  page.on('filechooser', () => {});
  await openPaused(page);
  // Under load it may answer a press with a chooser that nobody hears of all the same: once more then.
  await expect(async () => {
    await open(page);
    await field(page).fill('import');
    const chooser = page.waitForEvent('filechooser', { timeout: 10_000 });
    await page.keyboard.press('Enter');
    await (await chooser).setFiles({
      name: 'azure.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from(['TIMESTAMP,ContextTokens,GeneratedTokens', '2023-11-16 18:00:00.0000000,100,5'].join('\n')),
    });
  }).toPass(patient);
  await expect(page.getByRole('combobox', { name: 'Preset' })).toHaveValue('trace', patient);
});

test('letters, digits and signs can be turned off as keys, also after a reload', async ({ page }) => {
  await openPaused(page);
  await page.keyboard.press('?');
  const help = page.getByRole('dialog', { name: 'Keys and meanings' });
  const bookmark = help.locator('.help-keys > div', { hasText: 'Mark this step' }).locator('kbd');
  await expect(bookmark).toHaveAttribute('aria-hidden', 'false');
  await help.getByRole('switch', { name: /^Single keys/ }).click();
  await expect(bookmark).toHaveAttribute('aria-hidden', 'true');
  await expect(bookmark.locator('s')).toHaveText('B');
  await expect(help.locator('.help-keys kbd', { hasText: 'Space' })).toHaveAttribute('aria-hidden', 'false');
  await page.keyboard.press('Escape');

  await page.reload();
  await simulated(page);
  await page.evaluate(() => window.__tokenyard?.session.pause());
  await idle(page);
  const step = await shownStep(page);
  for (const key of ['?', '/', 'g', 'p', 'n', 'b', '4', ']']) await page.keyboard.press(key);
  await idle(page);
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(page.locator('.lecture-editor')).toHaveCount(0);
  expect(await shownStep(page)).toBe(step);
  // The rest works.
  await page.keyboard.press('ArrowRight');
  await atStep(page, step + 1);
  await page.keyboard.press('PageUp');
  await atStep(page, step);
  await page.keyboard.press('Home');
  await atStep(page, 0);

  // Nothing promises a dead key.
  const button = page.getByRole('button', { name: 'Menu and search' });
  await expect(button).toHaveAttribute('aria-keyshortcuts', 'Control+K');
  await expect(page.getByRole('button', { name: 'KV pool in the glossary' })).not.toHaveAttribute('aria-keyshortcuts');
  await button.focus();
  await expect(page.locator('.tooltip')).toContainText('Ctrl+K');
  await page.getByRole('button', { name: 'Gallery: the map of the field' }).focus();
  await expect(page.locator('.tooltip')).toHaveText('Gallery: the map of the field');
  await open(page, 'Control+k');
  const time = group(page, 'Time').locator('kbd');
  await expect(time).toHaveText(['Space', '←', 'PgUp', '→', 'PgDn', 'Shift+←', 'Shift+→', 'Home', 'End']);
  await field(page).fill('make a lecture');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: 'Make a lecture' })).toContainText('“Mark this step” in the menu');
  await page.keyboard.press('Escape');

  await open(page, 'Control+k');
  await field(page).fill('single keys');
  await page.keyboard.press('Enter');
  await page.keyboard.press('?');
  await expect(help).toBeVisible();
});

for (const look of looks) {
  test(`no violations, ${lookName(look)}`, deepUnless(isSampleLook(look)), async ({ browser }) => {
    const page = await openAs(browser, look, { characterKeys: false });
    await openPaused(page, '#/run?v=1&p=tiny-paged&lock=engine&eng=1');
    await page.keyboard.press('Control+k');
    await expect(page.getByRole('dialog').getByRole('option').first()).toBeVisible();
    expect(await violations(page)).toEqual([]);
    // Many results; one that is locked; one with facts; none. Each query is waited for by what it alone brings.
    const first = page.locator('.palette [role=option][aria-selected=true]');
    const status = page.locator('.palette [role=status]');
    for (const [query, place, words] of [
      ['prefill', first, 'Prefill apart from decode'],
      ['sglang', first, 'SGLang'],
      ['r3', first, 'r3'],
      ['qqqzzz', status, 'qqqzzz'],
    ] as const) {
      await page.locator('.palette input').fill(query);
      await expect(place).toContainText(words);
      expect(await violations(page)).toEqual([]);
    }
    await page.locator('.palette input').fill(look.language === 'en' ? 'keys and meanings' : '按键与含义');
    await page.keyboard.press('Enter');
    await expect(page.locator('.help')).toBeVisible();
    expect(await violations(page)).toEqual([]);
    await page.context().close();
  });
}
