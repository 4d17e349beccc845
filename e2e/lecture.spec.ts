/** A lecture is one link: bookmarks, questions, the film strip, presenting, and locks. */

import { expect, type Page } from '@playwright/test';
import { atStep, idle, knobs, linkParts, move, notices, openPaused, panel, patient, slider } from './app.ts';
import { deepUnless, isSampleLook, lookName, looks, openAs } from './looks.ts';
import { test } from './test.ts';
import { violations } from './violations.ts';

const question = 'ask.20=2~What_happens_next%3F~sooner~later~the_same&because.20=One_step_computes_the_whole_prompt.';
const lecture = `#/run?v=1&p=tiny-paged&bm.4=Calm&${question}&bm.30=Calm_again&eng=1`;

const bar = (page: Page) => page.getByRole('region', { name: 'Lecture' });
const press = async (page: Page, key: string) => {
  await page.keyboard.press(key);
  await idle(page);
};

test('a step is marked, edited, undone and carried by the link', async ({ page }) => {
  await openPaused(page, '#/run?v=1&p=tiny-paged&t=6&eng=1');
  await page.keyboard.press('b');
  const editor = page.getByRole('form', { name: 'Bookmark of step 6' });
  await expect(editor.getByLabel('Caption')).toBeFocused();
  await editor.getByRole('button', { name: 'Keep' }).click();
  await expect(editor.getByRole('alert')).toHaveText('Write a sentence.');
  await editor.getByLabel('Caption').fill('The first block is full');
  await page.keyboard.press('Enter');
  await expect(bar(page)).toContainText('The first block is full');
  await expect.poll(async () => (await linkParts(page)).get('bm.6')).toBe('The_first_block_is_full');

  // As a question, at another step.
  await move(page, 'seekStep', 9);
  await page.getByRole('button', { name: 'Edit the bookmark of step 6' }).click();
  await editor.getByLabel('Step', { exact: true }).fill('9');
  await editor.getByText('Ask before the next step is shown').click();
  await editor.getByRole('textbox', { name: 'Choice 1' }).fill('yes');
  await editor.getByRole('textbox', { name: 'Choice 2' }).fill('no');
  await editor.getByRole('radio', { name: 'Choice 2 is right' }).check();
  await editor.getByRole('button', { name: 'Keep' }).click();
  await expect(bar(page)).toContainText('The right answer is “no”.');
  await expect.poll(async () => (await linkParts(page)).get('ask.9')).toBe('2~The_first_block_is_full~yes~no');

  await page.keyboard.press('Control+z');
  await expect.poll(async () => (await linkParts(page)).get('bm.6')).toBe('The_first_block_is_full');
  await page.keyboard.press('Control+z');
  await expect(bar(page)).toHaveCount(0);
  await page.keyboard.press('Control+Shift+z');
  await expect(bar(page)).toContainText('The first block is full');
});

test('a question is asked when playing reaches it, and answered before the next step', async ({ page }) => {
  await openPaused(page, lecture);
  // A lecture begins at its first bookmark, and waits.
  await atStep(page, 4);
  await expect(bar(page)).toContainText('Calm');
  await page.evaluate(() => window.__tokenyard?.session.setSpeed(1000));
  await page.keyboard.press(' ');
  await atStep(page, 20);
  const asked = page.getByRole('group', { name: 'What happens next?' });
  await expect(asked).toBeFocused();
  for (const key of ['ArrowRight', 'Shift+ArrowRight', 'n', 'End', ' ']) {
    await press(page, key);
    await atStep(page, 20);
  }
  await press(page, 'ArrowLeft');
  await atStep(page, 19);
  await press(page, 'ArrowRight');
  await asked.getByRole('button', { name: 'sooner' }).click();
  await expect(asked.getByRole('status')).toHaveText(
    'Not so. The right answer is “later”. One step computes the whole prompt.',
  );
  await press(page, 'ArrowRight');
  await atStep(page, 21);
  // Asked once more, it stops again.
  await press(page, '[');
  await atStep(page, 20);
  await bar(page).getByRole('button', { name: 'Ask again' }).click();
  await asked.getByRole('button', { name: 'later' }).click();
  await expect(asked.getByRole('status')).toContainText('Right: “later”.');
});

test('flags, the list and the film strip lead to bookmarks', async ({ page }) => {
  await openPaused(page, lecture);
  await page.getByRole('button', { name: 'Step 30: Calm again' }).click();
  await atStep(page, 30);
  await page.keyboard.press('v');
  const film = page.getByRole('dialog', { name: 'Film strip of the bookmarks' });
  await expect(film.getByText(/KV blocks in use/)).toHaveCount(3, patient);
  // The shown step has stayed.
  await atStep(page, 30);
  await film.getByRole('button', { name: /^Calm Step 4/ }).click();
  await atStep(page, 4);
  await page.keyboard.press('m');
  const dialog = page.getByRole('dialog', { name: 'Make a lecture' });
  await dialog.getByRole('button', { name: 'Remove the bookmark of step 4' }).click();
  await expect(dialog.getByRole('listitem')).toHaveCount(2);
  await dialog.getByRole('button', { name: /^Go to step 30/ }).click();
  await atStep(page, 30);
});

test('a lecture link sets the page for whoever opens it', async ({ page }) => {
  await openPaused(page, lecture);
  await page.keyboard.press('m');
  const dialog = page.getByRole('dialog', { name: 'Make a lecture' });
  await dialog.getByLabel(/Begin as a presentation/).check();
  await dialog.getByLabel('Latency').check();
  await dialog.getByLabel('All knobs').check();
  const link = await dialog.getByLabel('Link of the lecture').inputValue();
  // Here nothing has changed.
  await page.keyboard.press('Escape');
  await expect(page.getByRole('banner')).toBeVisible();

  await page.goto('about:blank');
  await openPaused(page, new URL(link).hash);
  await expect(page.getByRole('banner')).toHaveCount(0);
  await expect(panel(page, 'latency')).toHaveCount(0);
  await expect(panel(page, 'kv')).toBeVisible();
  await atStep(page, 4);
  await expect(bar(page)).toContainText('Calm');
  await press(page, 'PageDown');
  await atStep(page, 20);
  // A presenter's remote shows the answer, then goes on.
  await press(page, 'PageDown');
  await expect(bar(page)).toContainText('The right answer is “later”.');
  await press(page, 'PageDown');
  await atStep(page, 30);
  await press(page, 'PageUp');
  await atStep(page, 20);
  await press(page, 'Escape');
  await expect(page.getByRole('banner')).toBeVisible();
  await expect(panel(page, 'latency')).toBeVisible();
  // The knobs stay locked, and say why.
  await expect(page.getByText('This lecture has locked the knob').first()).toBeVisible();
  await expect(page.getByLabel('Seed')).toBeDisabled();
  const before = await knobs(page);
  await page.evaluate(() => window.__tokenyard?.session.scenario.getState().set('seed', 99));
  expect(await knobs(page)).toEqual(before);
  await expect(notices(page)).toContainText('seed is locked by this lecture');
});

test('what a lecture link holds too much or wrongly is reported, and the rest is kept', async ({ page }) => {
  await openPaused(page, '#/run?v=1&p=tiny-paged&bm.4=Calm&bm.x=What&hide=kv,nothing&lock=warp&eng=1');
  await expect(notices(page)).toContainText('bm.x');
  await expect(notices(page)).toContainText('nothing');
  await expect(notices(page)).toContainText('warp');
  await expect(bar(page)).toContainText('Calm');
  await expect(panel(page, 'kv')).toHaveCount(0);
  await expect(panel(page, 'queue')).toBeVisible();
});

test('the scenario file holds the lecture', async ({ page }) => {
  await openPaused(page, lecture);
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save the scenario as a file' }).click();
  const path = await (await download).path();
  await openPaused(page);
  await expect(bar(page)).toHaveCount(0);
  await page.locator('input[type=file]').setInputFiles(path);
  await expect(bar(page)).toBeVisible(patient);
  await expect.poll(async () => (await linkParts(page)).get('bm.30')).toBe('Calm_again');
  await expect(notices(page).locator('.notice')).toHaveCount(0);
});

test('one knob is swept beside it, and a point sets it', async ({ page }) => {
  await openPaused(page, '#/run?v=1&p=tiny-paged&eng=1');
  await slider(page, 'Token budget').focus();
  await page.keyboard.press('s');
  const sweep = page.getByRole('region', { name: /^Token budget: the same scenario/ });
  await expect(sweep.getByRole('progressbar')).toHaveCount(0, patient);
  await sweep.getByRole('button', { name: 'As table' }).click();
  const rows = sweep.getByRole('row');
  const count = await rows.count();
  expect(count).toBeGreaterThanOrEqual(10);
  // Every setting has been simulated.
  await expect(sweep.getByRole('cell', { name: '–' })).toHaveCount(0, patient);
  const set = sweep.getByRole('button', { name: /^Set / }).first();
  const value = Number(((await set.textContent()) ?? '').replace(/[^\d]/g, ''));
  await set.click();
  expect((await knobs(page))['max-num-batched-tokens']).toBe(value);
  // The runs are the same whatever the knob is set to now: nothing is measured again.
  await expect(rows).toHaveCount(count);
  await expect(sweep.getByRole('progressbar')).toHaveCount(0);

  await sweep.getByRole('button', { name: 'As chart' }).click();
  await sweep.getByRole('application').focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  expect((await knobs(page))['max-num-batched-tokens']).toBeGreaterThan(value);
  await sweep.getByRole('button', { name: /^Close the sweep/ }).click();
  await expect(sweep).toHaveCount(0);
});

test('a sweep is stopped and goes on, and the rate that keeps a promise is searched', async ({ page }) => {
  await openPaused(page, '#/run?v=1&p=azure-chat&requests=200&eng=1');
  await slider(page, 'Request rate').focus();
  await page.keyboard.press('s');
  const sweep = page.getByRole('region', { name: /^Request rate: the same scenario/ });
  await sweep.getByRole('button', { name: 'Stop' }).click();
  await sweep.getByRole('button', { name: 'Go on' }).click();
  await expect(sweep.getByRole('progressbar')).toHaveCount(0, patient);
  await sweep.getByRole('button', { name: 'Search' }).click();
  await expect(sweep.getByText(/keep it \(95 % confidence/)).toBeVisible(patient);
  await sweep.getByRole('button', { name: 'Set this rate' }).click();
  const text = ((await sweep.getByText(/keep it \(95 % confidence/).textContent()) ?? '').replaceAll('\u00a0', ' ');
  expect(text).toContain(`${(await knobs(page)).rate} requests/s`);
});

for (const look of looks) {
  test(`no violations, ${lookName(look)}`, deepUnless(isSampleLook(look)), async ({ browser }) => {
    const page = await openAs(browser, look);
    await openPaused(page, lecture.replace('&eng', '&lock=all&eng'));
    await expect(page.locator('.lecture-caption')).toBeVisible();
    expect(await violations(page)).toEqual([]);
    await press(page, ']');
    await expect(page.locator('.lecture-asked')).toBeVisible();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press(']');
    await page.keyboard.press('b');
    await expect(page.locator('.lecture-editor')).toBeVisible();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.evaluate(() => {
      const { scenario } = window.__tokenyard?.session ?? {};
      scenario?.setState(({ staging }) => ({ staging: { ...staging, isPresenting: true, locked: [] } }));
    });
    expect(await violations(page)).toEqual([]);
    await press(page, 'Escape');
    if (look.size === 'wide') {
      await page.locator('[data-knob="max-num-batched-tokens"] input[type=range]').focus();
      await page.keyboard.press('s');
      await expect(page.locator('.sweep')).toBeVisible();
      expect(await violations(page)).toEqual([]);
    }
    await page.context().close();
  });
}
