/** The round trip of a link, and links that are damaged. */

import { type Browser, expect, type Page } from '@playwright/test';
import {
  atStep,
  idle,
  knobs,
  latencyWords,
  linkParts,
  move,
  notices,
  openApp,
  openPaused,
  panel,
  patient,
  pauseButton,
  pictures,
  shownStep,
  simulated,
  slider,
  watchErrors,
} from './app.ts';
import { test } from './test.ts';

/** Everything that a link has to carry over. */
async function state(page: Page) {
  const { step: _, ...others } = await pictures(page);
  return {
    knobs: await knobs(page),
    step: await shownStep(page),
    fingerprint: (await linkParts(page)).get('fp'),
    selected: (await linkParts(page)).get('sel'),
    // Of the step panel the life alone: beside it stand a change's chain and what is still being measured.
    life: await panel(page, 'step').locator('dl.step-life').textContent(),
    latency: await latencyWords(page),
    pictures: others,
  };
}

async function inFreshContext(browser: Browser, link: string, look: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.goto(link);
  await simulated(page);
  await look(page);
  await context.close();
}

test.use({ viewport: { width: 1440, height: 900 }, permissions: ['clipboard-read', 'clipboard-write'] });

test('a shared link shows the same scenario, step, selection and results elsewhere', async ({ browser, page }) => {
  const errors = watchErrors(page);
  await openPaused(page);
  await slider(page, 'Token budget').press('PageDown');
  await slider(page, 'Token budget').press('PageDown');
  await slider(page, 'Request rate').press('ArrowRight');
  await page.getByRole('switch', { name: 'Prefix caching' }).click();
  await page.getByRole('combobox', { name: 'Model' }).selectOption({ index: 1 });
  await page.getByLabel('Seed').fill('11');
  await page.getByLabel('Seed').press('Enter');
  await simulated(page);
  await idle(page);
  await move(page, 'seekTime', 9_000_000);

  // The first of the rows that are running.
  const rows = panel(page, 'rows').locator('canvas');
  await rows.focus();
  await rows.press('ArrowDown');
  await rows.press('Enter');
  await expect(panel(page, 'step')).toContainText(/Life of r\d+/);
  await idle(page);
  const step = await shownStep(page);

  await page.getByRole('button', { name: 'Share', exact: true }).click();
  await expect(notices(page)).toContainText('Link copied.');
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(link).toBe(page.url());
  expect(link).toContain('max-num-batched-tokens=2048');
  expect(link).toContain('seed=11');
  expect(link).toContain(`t=${step}`);
  expect(link).toMatch(/[?&]sel=r\d+&/);
  const made = await state(page);

  await inFreshContext(browser, link, async (other) => {
    await atStep(other, step);
    const opened = await state(other);
    expect(opened.knobs).toEqual(made.knobs);
    expect(opened.fingerprint).toBe(made.fingerprint);
    expect(opened.selected).toBe(made.selected);
    expect(opened.life).toBe(made.life);
    await expect(notices(other).locator('.notice')).toHaveCount(0);
    await expect(pauseButton(other)).toHaveCount(0);

    await other.reload();
    await simulated(other);
    await atStep(other, step);
    expect(await state(other)).toEqual(opened);
  });
  expect(errors).toEqual([]);
});

test('a link pasted into an open page is opened, even if the page writes its own in that moment', async ({ page }) => {
  await openPaused(page);
  await page.evaluate(() => {
    // Before the page hears of the new address.
    addEventListener('popstate', () => history.replaceState(null, '', '#/run?v=1&p=azure-chat&eng=1'));
  });
  await page.goto('/#/run?v=1&p=tiny-paged&t=12&eng=1');
  await expect(page.getByRole('combobox', { name: 'Preset' })).toHaveValue('tiny-paged', patient);
  await simulated(page);
  await atStep(page, 12);
});

for (const { name, link, says, keeps } of [
  {
    name: 'an unknown key',
    link: '#/run?v=1&p=long-prompt-stall&rate=9&max-coffee=3&seed=5&eng=1',
    says: [/max-coffee.*not known.*kept/],
    keeps: { rate: 9, seed: 5 },
  },
  {
    name: 'a value out of range',
    link: '#/run?v=1&p=long-prompt-stall&rate=9&max-num-seqs=99999&seed=5&eng=1',
    says: [/max-num-seqs.*99999.*out of range.*1\.\.8192.*Used instead: 1024/],
    keeps: { rate: 9, seed: 5, 'max-num-seqs': 1024 },
  },
  {
    name: 'a value that is none',
    link: '#/run?v=1&p=long-prompt-stall&rate=9&engine=orka&seed=5&eng=1',
    says: [/engine.*orka.*not possible.*Did you mean orca\?.*Used instead: vllm/],
    keeps: { rate: 9, seed: 5, engine: 'vllm' },
  },
  {
    name: 'a preset that does not exist',
    link: '#/run?v=1&p=coffee-break&rate=9&seed=5&eng=1',
    says: [/p: .*coffee-break.*Used instead: long-prompt-stall/],
    keeps: { rate: 9, seed: 5, preset: 'long-prompt-stall' },
  },
  {
    name: 'a link cut within a number',
    link: '#/run?v=1&p=long-prompt-stall&rate=9&max-num-batched-tokens=51',
    says: [/cut off at .*max-num-batched-tokens/],
    keeps: { rate: 9, 'max-num-batched-tokens': 51 },
  },
  {
    name: 'a link cut within a key',
    link: '#/run?v=1&p=long-prompt-stall&rate=9&max-num-ba',
    says: [/cut off at .*max-num-ba/],
    keeps: { rate: 9 },
  },
  {
    name: 'results that differ from those of the sender',
    link: '#/run?v=1&p=long-prompt-stall&rate=9&t=100&eng=1&fp=zzzz',
    says: [/Results differ.*zzzz there/],
    keeps: { rate: 9 },
  },
]) {
  test(`${name} is named and nothing else is lost`, async ({ page }) => {
    const errors = watchErrors(page);
    await openPaused(page, link);
    for (const words of says) await expect(notices(page)).toContainText(words);
    await expect(notices(page).locator('.notice')).toHaveCount(says.length);
    expect(await knobs(page)).toMatchObject(keeps);

    await notices(page).getByRole('button', { name: 'Dismiss' }).first().click();
    await expect(notices(page).locator('.notice')).toHaveCount(says.length - 1);
    expect(errors).toEqual([]);
  });
}

test('an unknown key is still in the link after a change', async ({ page }) => {
  await openPaused(page, '#/run?v=1&p=long-prompt-stall&max-coffee=3&eng=1');
  await slider(page, 'Token budget').press('PageDown');
  await simulated(page);
  await expect(page).toHaveURL(/max-num-batched-tokens=4096&.*max-coffee=3/);
  await page.reload();
  await openApp(page, new URL(page.url()).hash);
  await expect(notices(page)).toContainText('max-coffee');
  expect(await knobs(page)).toMatchObject({ 'max-num-batched-tokens': 4096 });
});
